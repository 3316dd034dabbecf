package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Ban keeps an operator out of the next ban_eras elections (protocol §4). The first is that at the end of the current era, or, while the work of
// the era's change goes on, that at the end of the era before, where it can still cost the operator its seat. A longer ban stays as it is.
func (k Keeper) Ban(ctx context.Context, operator string) error {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return types.ErrCandidateNotFound.Wrapf("%q: %s", operator, err)
	}
	return k.ban(ctx, raw, operator)
}

func (k Keeper) ban(ctx context.Context, raw sdk.ValAddress, operator string) error {
	params, err := k.GetParams(ctx)
	if err != nil || params.BanEras == 0 {
		return err
	}
	era, err := k.nextElection(ctx, operator)
	if err != nil {
		return err
	}
	until, _, err := maybe(ctx, k.Bans, raw)
	if err != nil {
		return err
	}
	return k.Bans.Set(ctx, raw, max(until, era+params.BanEras-1))
}

// nextElection returns the era at whose end the next election is that an operator can be kept out of. An era begins before its committees are
// elected and seated, which may take blocks: until the election is held, and after it for who was drawn and has not taken its seat, that is the
// one at the end of the era before. A ban reaches it and not the next one too.
func (k Keeper) nextElection(ctx context.Context, operator string) (uint64, error) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return 0, err
	}
	transition, found, err := maybeItem(ctx, k.Transition)
	if err != nil || !found || transition.Era != era.Number {
		return era.Number, err
	}
	open := slices.Contains(transition.Pending, types.TRANSITION_STEP_ELECT)
	if !open {
		open, err = k.waitsForSeat(ctx, operator)
	}
	if err != nil || !open {
		return era.Number, err
	}
	return era.Number - 1, nil
}

// waitsForSeat says whether an operator is a member of a committee that is not seated yet, and in which a standby would take its seat.
func (k Keeper) waitsForSeat(ctx context.Context, operator string) (bool, error) {
	committees, err := k.electedCommittees(ctx)
	return slices.ContainsFunc(committees, func(committee types.Committee) bool {
		return !undemanded(committee) && committee.MemberIndex(operator) >= 0
	}), err
}

// barred says whether a ban reaches the election that seated the committees of an era: that at the end of the era before.
func (k Keeper) barred(ctx context.Context, operator sdk.ValAddress, era uint64) (bool, error) {
	until, found, err := maybe(ctx, k.Bans, operator)
	return found && until+1 >= era, err
}

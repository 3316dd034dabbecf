package keeper

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// seat makes a contract's elected committee its present one, after those who can't serve were replaced from its standbys
// (protocol §5), and tells the contract.
func (k Keeper) seat(ctx context.Context, contract uint64) error {
	committee, found, err := maybe(ctx, k.Elected, contract)
	if err != nil || !found {
		return err
	}
	if ended, err := k.ended(ctx, committee); err != nil || ended {
		return err
	}
	if committee, err = k.fit(ctx, committee); err != nil {
		return err
	}
	if err := k.letResignedGo(ctx, committee); err != nil {
		return err
	}
	if err := k.Elected.Remove(ctx, contract); err != nil {
		return err
	}
	if len(committee.Members) == 0 {
		return nil
	}
	if err := k.setCommittee(ctx, committee); err != nil {
		return err
	}
	k.emit(ctx, &types.EventCommitteeSeated{
		Contract: contract, Era: committee.Era, Origin: committee.Origin, Reason: committee.Reason,
	})
	return k.hooks.AfterCommitteeSeated(ctx, committee)
}

// fit replaces the members that can't serve. Where the standbys don't suffice, incumbents keep their seats, for the vault has
// no other signers, and so do those of a contract that asked for no election; an elected committee shrinks or gives way to the incumbents, or to nobody.
// Standbys that were called for a committee that gives way stay on every list.
func (k Keeper) fit(ctx context.Context, committee types.Committee) (types.Committee, error) {
	if undemanded(committee) {
		return committee, nil
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	committee, unfit, err := k.replaceUnfit(cached, committee)
	if err != nil {
		return committee, err
	}
	if len(unfit) == 0 {
		write()
		return committee, nil
	}
	reason := fmt.Sprintf("%d members can't serve and no standby can be called: %s", len(unfit), unfit[0].why)
	committee.Reason = joinReasons(committee.Reason, reason)
	if committee.Origin == types.COMMITTEE_ORIGIN_INCUMBENT {
		write()
		return committee, nil
	}
	shrunk, possible, err := k.shrink(cached, committee, unfit)
	if err != nil {
		return shrunk, err
	}
	if possible {
		write()
		return shrunk, nil
	}
	return k.giveWay(ctx, committee)
}

// unfitMember is one that can't serve and could not be replaced.
type unfitMember struct {
	operator, why string
}

func (k Keeper) replaceUnfit(ctx context.Context, committee types.Committee) (types.Committee, []unfitMember, error) {
	taken, err := k.taken(ctx, committee)
	if err != nil {
		return committee, nil, err
	}
	var unfit []unfitMember
	var standbys *roster // read once one is called
	for seat, member := range committee.Members {
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return committee, nil, err
		}
		why, err := k.unfitness(ctx, operator, committee.Era, taken[member.Operator])
		if err != nil {
			return committee, nil, err
		}
		if why == "" {
			continue
		}
		if standbys == nil {
			if standbys, err = k.newRoster(ctx, committee.Contract); err != nil {
				return committee, nil, err
			}
		}
		replaced, err := k.callFrom(ctx, standbys, committee, seat, why)
		switch {
		case errors.Is(err, types.ErrNoStandby):
			unfit = append(unfit, unfitMember{operator: member.Operator, why: member.Operator + " is " + why})
		case err != nil:
			return committee, nil, err
		default:
			committee = replaced
		}
	}
	return committee, unfit, nil
}

// shrink drops the unfit members while the contract's least size allows it (protocol §5, shortfall).
func (k Keeper) shrink(ctx context.Context, committee types.Committee, unfit []unfitMember) (types.Committee, bool, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return committee, false, err
	}
	demand, found, err := k.demand(ctx, committee.Era-1, committee.Contract)
	size := uint32(len(committee.Members) - len(unfit))
	if err != nil || !found || size < demand.MinSize {
		return committee, false, err
	}
	for _, member := range unfit {
		i := committee.MemberIndex(member.operator)
		committee.Members = append(append([]types.Member(nil), committee.Members[:i]...), committee.Members[i+1:]...)
	}
	committee.Origin = types.COMMITTEE_ORIGIN_SHRUNK
	committee.Threshold = election.ShrunkThreshold(demand.Threshold, demand.Size_, size, params.MinThresholdRatio)
	return committee, true, nil
}

func (k Keeper) demand(ctx context.Context, era, contract uint64) (types.Demand, bool, error) {
	freeze, _, err := maybe(ctx, k.Freezes, era)
	for _, demand := range freeze.Demands {
		if demand.Contract == contract {
			return demand, true, err
		}
	}
	return types.Demand{}, false, err
}

// giveWay has the incumbents serve on; a contract without any goes without a committee.
func (k Keeper) giveWay(ctx context.Context, failed types.Committee) (types.Committee, error) {
	present, found, err := k.PresentCommittee(ctx, failed.Contract)
	if err != nil {
		return failed, err
	}
	if !found {
		k.emit(ctx, &types.EventStepFailed{
			Era: failed.Era, Step: fmt.Sprintf("%s of contract %d", stepSeat, failed.Contract), Error: failed.Reason,
		})
		return types.Committee{}, nil
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return failed, err
	}
	committee, _, err := k.replaceUnfit(ctx, incumbents(present, era, failed.Reason))
	if err != nil {
		return committee, err
	}
	return k.withoutTaken(ctx, committee)
}

func joinReasons(first, second string) string {
	if first == "" {
		return second
	}
	return first + "; " + second
}

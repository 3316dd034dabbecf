package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Committee returns the committee that an era's election, or what stood in for it, seated for a contract.
func (k Keeper) Committee(ctx context.Context, era, contract uint64) (types.Committee, bool, error) {
	return maybe(ctx, k.Committees, collections.Join(era, contract))
}

// PresentCommittee returns a contract's newest seated committee; there is none once that was dissolved.
func (k Keeper) PresentCommittee(ctx context.Context, contract uint64) (types.Committee, bool, error) {
	era, found, err := maybe(ctx, k.Seats, contract)
	if err != nil || !found {
		return types.Committee{}, false, err
	}
	committee, found, err := k.Committee(ctx, era, contract)
	return committee, found && len(committee.Members) > 0, err
}

// PresentCommittees returns every contract's newest seated committee that was not dissolved, in order of contract.
func (k Keeper) PresentCommittees(ctx context.Context) ([]types.Committee, error) {
	var seats []collections.KeyValue[uint64, uint64]
	err := k.Seats.Walk(ctx, nil, func(contract, era uint64) (bool, error) {
		seats = append(seats, collections.KeyValue[uint64, uint64]{Key: contract, Value: era})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	committees := make([]types.Committee, 0, len(seats))
	for _, seat := range seats {
		committee, found, err := k.Committee(ctx, seat.Value, seat.Key)
		if err != nil {
			return nil, err
		}
		if found && len(committee.Members) > 0 {
			committees = append(committees, committee)
		}
	}
	return committees, nil
}

// ContractsOf returns the contracts that an operator serves now, in order of id.
func (k Keeper) ContractsOf(ctx context.Context, operator string) ([]uint64, error) {
	committees, err := k.PresentCommittees(ctx)
	if err != nil {
		return nil, err
	}
	var contracts []uint64
	for _, committee := range committees {
		if committee.MemberIndex(operator) >= 0 {
			contracts = append(contracts, committee.Contract)
		}
	}
	return contracts, nil
}

// setCommittee makes a committee its contract's present one and its members the excluded operators that the one before were.
func (k Keeper) setCommittee(ctx context.Context, committee types.Committee) error {
	before, _, err := k.PresentCommittee(ctx, committee.Contract)
	if err != nil {
		return err
	}
	if err := k.Committees.Set(ctx, collections.Join(committee.Era, committee.Contract), committee); err != nil {
		return err
	}
	if err := k.Seats.Set(ctx, committee.Contract, committee.Era); err != nil {
		return err
	}
	if err := k.snapshotStakes(ctx, committee, sdk.UnwrapSDKContext(ctx).BlockHeight()); err != nil {
		return err
	}
	return k.exchangeExcluded(ctx, before, committee)
}

// ExchangeMember gives the seat of the member drawn last to the first standby in good standing and returns the new committee.
// It is nobody's fault: the member leaves the excluded set and produces again. ErrNoStandby if none can be called,
// ErrCommitteeNotFound if the contract has no committee.
func (k Keeper) ExchangeMember(ctx context.Context, contract uint64, reason string) (types.Committee, error) {
	committee, found, err := k.PresentCommittee(ctx, contract)
	if err != nil {
		return committee, err
	}
	if !found || len(committee.Members) == 0 {
		return committee, types.ErrCommitteeNotFound.Wrapf("contract %d", contract)
	}
	committee, err = k.callStandby(ctx, committee, len(committee.Members)-1, reason)
	if err != nil {
		return committee, err
	}
	return committee, k.setCommittee(ctx, committee)
}

// Alive says whether an operator gave a sign of life within heartbeat_window.
func (k Keeper) Alive(ctx context.Context, operator string) (bool, error) {
	return k.alive(ctx, operator)
}

// ReplaceSilent gives the seats of a contract's members that give no sign of life to the next
// standbys in good standing that do, and returns the new committee, of which at least the threshold
// are alive. They are not banned: who is silent meets no criterion 6, and answers for its
// heartbeats. ErrNoStandby if there are not enough such standbys, ErrCommitteeNotFound if the
// contract has no committee; the caller discards what was written then.
func (k Keeper) ReplaceSilent(ctx context.Context, contract uint64, reason string) (types.Committee, error) {
	committee, found, err := k.PresentCommittee(ctx, contract)
	if err != nil {
		return committee, err
	}
	if !found || len(committee.Members) == 0 {
		return committee, types.ErrCommitteeNotFound.Wrapf("contract %d", contract)
	}
	living := uint32(0)
	for seat, member := range committee.Members {
		alive, err := k.alive(ctx, member.Operator)
		if err != nil {
			return committee, err
		}
		if !alive {
			committee, err = k.callLiveStandby(ctx, committee, seat, reason)
		}
		if err == nil {
			living++
		} else if !errors.Is(err, types.ErrNoStandby) {
			return committee, err
		}
	}
	if living < committee.Threshold {
		return committee, types.ErrNoStandby.Wrapf(
			"contract %d: %d of %d members are alive, standbys that can be called included, wanted %d",
			contract, living, len(committee.Members), committee.Threshold,
		)
	}
	committee.Reason = joinReasons(committee.Reason, reason)
	return committee, k.setCommittee(ctx, committee)
}

func (k Keeper) electedCommittees(ctx context.Context) ([]types.Committee, error) {
	var committees []types.Committee
	err := k.Elected.Walk(ctx, nil, func(_ uint64, committee types.Committee) (bool, error) {
		committees = append(committees, committee)
		return false, nil
	})
	return committees, err
}

// badStanding says in a word why an operator can't serve in an era: gone, jailed, unbonded, resigned or banned; empty if it can.
func (k Keeper) badStanding(ctx context.Context, operator sdk.ValAddress, era uint64) (string, error) {
	validator, found, err := k.validator(ctx, operator)
	if err != nil {
		return "", err
	}
	switch {
	case !found:
		return "gone", nil
	case validator.IsJailed():
		return "jailed", nil
	case !validator.IsBonded():
		return "unbonded", nil
	}
	candidate, found, err := maybe(ctx, k.Candidates, operator)
	if err != nil {
		return "", err
	}
	if !found || candidate.Resigned {
		return "resigned", nil
	}
	banned, err := k.barred(ctx, operator, era)
	if err != nil || !banned {
		return "", err
	}
	return "banned", nil
}

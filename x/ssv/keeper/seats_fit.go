package keeper

import (
	"context"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// CheckSeats checks that the heaviest candidates, as many as all contracts together have seats, stay within max_excluded_power of
// the bonded power: a contract that would break that is refused, and a tier not grown into (protocol §5). It goes by the newest
// complete pool, and refuses nothing before there is one. ErrTooManySeats names the powers.
func (k Keeper) CheckSeats(ctx context.Context, seats uint32) error {
	freeze, found, err := k.newestFreeze(ctx)
	if err != nil || !found {
		return err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	weights, err := k.greatestWeights(ctx, freeze, seats)
	if err != nil {
		return err
	}
	heaviest := math.NewIntFromUint64(election.HeaviestWeight(weights, int(seats)))
	allowed := params.MaxExcludedPower.MulInt(math.NewIntFromUint64(freeze.BondedPower)).TruncateInt()
	if heaviest.GT(allowed) {
		return types.ErrTooManySeats.Wrapf(
			"the %d heaviest candidates of era %d hold power %s, want at most %s of %d bonded",
			seats, freeze.Era, heaviest, allowed, freeze.BondedPower,
		)
	}
	return nil
}

// greatestWeights returns the pool's greatest weights, at least as many as there are seats if there are so many; those that are kept
// beside the pool nearly always suffice.
func (k Keeper) greatestWeights(ctx context.Context, freeze types.Freeze, seats uint32) ([]uint64, error) {
	top, _, err := maybe(ctx, k.PoolTops, freeze.Era)
	if err != nil || int(seats) <= len(top.Weights) || int(freeze.Admitted) <= len(top.Weights) {
		return top.Weights, err
	}
	frozen, err := k.frozenPool(ctx, freeze)
	weights := make([]uint64, frozen.count)
	for i := range weights {
		weights[i] = frozen.weight(i)
	}
	return weights, err
}

// newestFreeze returns the newest complete freeze that still has its entries.
func (k Keeper) newestFreeze(ctx context.Context) (types.Freeze, bool, error) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return types.Freeze{}, false, err
	}
	for _, number := range []uint64{era.Number, era.Number - 1} {
		freeze, found, err := maybe(ctx, k.Freezes, number)
		if err != nil {
			return freeze, false, err
		}
		if found && freeze.Status == types.FREEZE_STATUS_DONE {
			return freeze, true, nil
		}
	}
	return types.Freeze{}, false, nil
}

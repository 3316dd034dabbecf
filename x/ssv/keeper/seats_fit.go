package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

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
	var weights []uint64
	ranger := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](freeze.Era)
	err = k.Pool.Walk(ctx, ranger, func(_ collections.Pair[uint64, sdk.ValAddress], entry types.PoolEntry) (bool, error) {
		weights = append(weights, entry.Weight)
		return false, nil
	})
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

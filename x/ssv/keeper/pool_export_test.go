package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// MeasureAll measures every standing, as genesis does.
func (k Keeper) MeasureAll(ctx context.Context) error { return k.measureAll(ctx) }

// MeasureStanding measures an operator's standing from the modules that it comes from.
func (k Keeper) MeasureStanding(ctx context.Context, operator sdk.ValAddress) (types.Standing, error) {
	return k.measureStanding(ctx, operator)
}

// MissedBlocks returns x/slashing's counter for an operator's validator.
func (k Keeper) MissedBlocks(ctx context.Context, operator sdk.ValAddress) (int64, error) {
	return k.missedBlocks(ctx, operator)
}

// Freeze returns the freeze of an era and whether there is one.
func (k Keeper) Freeze(ctx context.Context, era uint64) (types.Freeze, bool, error) {
	return maybe(ctx, k.Freezes, era)
}

// FreezeWithoutMeasuring begins the current era's freeze before marked standings are measured.
func (k Keeper) FreezeWithoutMeasuring(ctx context.Context) error {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	return k.freezePool(ctx, era, params)
}

// CheckOdds refuses pools that are too large for odds.
var CheckOdds = checkOdds

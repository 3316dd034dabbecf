package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Ban keeps an operator out of the next ban_eras elections, that at the end of the current era being the first (protocol §4). A
// longer ban stays as it is.
func (k Keeper) Ban(ctx context.Context, operator string) error {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return types.ErrCandidateNotFound.Wrapf("%q: %s", operator, err)
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	return k.banFrom(ctx, raw, era.Number)
}

// banFrom keeps an operator out of ban_eras elections, that at the end of an era being the first.
func (k Keeper) banFrom(ctx context.Context, operator sdk.ValAddress, era uint64) error {
	params, err := k.GetParams(ctx)
	if err != nil || params.BanEras == 0 {
		return err
	}
	until, _, err := maybe(ctx, k.Bans, operator)
	if err != nil {
		return err
	}
	return k.Bans.Set(ctx, operator, max(until, era+params.BanEras-1))
}

// barred says whether a ban reaches the election that seated the committees of an era: that at the end of the era before.
func (k Keeper) barred(ctx context.Context, operator sdk.ValAddress, era uint64) (bool, error) {
	until, found, err := maybe(ctx, k.Bans, operator)
	return found && until+1 >= era, err
}

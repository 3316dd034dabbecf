package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// SetCommittee seats a committee as an era's change does.
func (k Keeper) SetCommittee(ctx context.Context, committee types.Committee) error {
	return k.setCommittee(ctx, committee)
}

// SetSeedSource replaces the source of seeds.
func (k *Keeper) SetSeedSource(seeds SeedSource) { k.seeds = seeds }

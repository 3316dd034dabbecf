package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Redemptions of a batch that failed are suspected until the one at fault is found: they are tried in ever smaller batches, and whoever
// fails alone is charged for all failed batches that it stood in (protocol §9). Those of one first failed batch belong together, so that each
// failed batch is paid for once: when one of them is found out, the others are cleared.

// suspect marks a redemption of a batch that failed, and adds the batch's fee to what it is charged if it fails alone.
func (k Keeper) suspect(ctx context.Context, r *types.Redemption, a again) error {
	r.FeesFailed = r.FeesFailed.Add(a.batch.Fee)
	r.Doubted = r.Doubted || a.doubted
	if r.Suspected != 0 {
		return nil
	}
	r.Suspected = a.batch.Root
	return k.suspects.Set(ctx, collections.Join3(r.Contract, r.Suspected, r.Id))
}

// unsuspect clears a redemption; the caller saves it.
func (k Keeper) unsuspect(ctx context.Context, r *types.Redemption) error {
	if r.Suspected != 0 {
		if err := k.suspects.Remove(ctx, collections.Join3(r.Contract, r.Suspected, r.Id)); err != nil {
			return err
		}
	}
	absolve(r)
	return nil
}

func absolve(r *types.Redemption) {
	r.MaxBatch, r.FeesFailed, r.Suspected, r.Doubted = 0, math.ZeroInt(), 0, false
}

// clearSuspects clears all redemptions that were suspected with one, that one's mark included: at most as many as a batch has outputs.
func (k Keeper) clearSuspects(ctx context.Context, found types.Redemption) error {
	if found.Suspected == 0 {
		return nil
	}
	iterator, err := k.suspects.Iterate(ctx, collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](found.Contract, found.Suspected))
	if err != nil {
		return err
	}
	keys, err := iterator.Keys()
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := k.suspects.Remove(ctx, key); err != nil {
			return err
		}
		if key.K3() == found.Id {
			continue
		}
		r, err := k.Redemption(ctx, key.K3())
		if err != nil {
			return err
		}
		absolve(&r)
		if err := k.redemptions.Set(ctx, r.Id, r); err != nil {
			return err
		}
	}
	return nil
}

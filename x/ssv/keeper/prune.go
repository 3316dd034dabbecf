package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// poolsKept is how many frozen pools keep their entries: the newest and the one before, for whoever checks an election.
const poolsKept = 2

// prune deletes history that is past its time, at most max_prunes_per_block records (protocol §2).
func (k Keeper) prune(ctx context.Context, era types.Era, params types.Params) error {
	left := int(params.MaxPrunesPerBlock)
	if err := k.pruneEndedRound(ctx, &left); err != nil {
		return err
	}
	if err := k.prunePools(ctx, era, &left); err != nil {
		return err
	}
	return k.pruneEras(ctx, era, params, &left)
}

// prunePools deletes the pages of pools older than the newest two; their headers stay with the era's history.
func (k Keeper) prunePools(ctx context.Context, era types.Era, left *int) error {
	oldest, found, err := maybeItem(ctx, k.OldestPool)
	if err != nil || !found || oldest+poolsKept > era.Number {
		return err
	}
	ranger := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](oldest)
	done, err := removeSome(ctx, k.PoolPages, ranger, left)
	if err != nil || !done {
		return err
	}
	if err := k.PoolTops.Remove(ctx, oldest); err != nil {
		return err
	}
	return k.OldestPool.Set(ctx, oldest+1)
}

// pruneEras deletes what is kept of eras older than history_eras.
func (k Keeper) pruneEras(ctx context.Context, era types.Era, params types.Params, left *int) error {
	oldest, found, err := maybeItem(ctx, k.OldestEra)
	if err != nil || !found || oldest+params.HistoryEras >= era.Number {
		return err
	}
	if waiting, err := k.judging(ctx, era.Number); err != nil || waiting {
		return err
	}
	done, err := k.pruneEra(ctx, oldest, left)
	if err != nil || !done {
		return err
	}
	return k.OldestEra.Set(ctx, oldest+1)
}

// judging says whether an era before one is not judged or not slashed: that reads members' stakes of the eras before it.
func (k Keeper) judging(ctx context.Context, era uint64) (bool, error) {
	due, err := firstBefore(ctx, k.DueVaults, era, 1)
	if err != nil || len(due) > 0 {
		return len(due) > 0, err
	}
	pending, err := firstBefore(ctx, k.PendingSlashes, era, 1)
	return len(pending) > 0, err
}

// pruneEra says whether nothing of the era is left but committees that still serve.
func (k Keeper) pruneEra(ctx context.Context, era uint64, left *int) (bool, error) {
	if pending, err := k.unsettled(ctx, era); err != nil || pending {
		return false, err
	}
	byOperator := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era)
	if done, err := removeSome(ctx, k.HeartbeatAccounts, byOperator, left); err != nil || !done {
		return false, err
	}
	byVault := collections.NewPrefixedTripleRange[uint64, sdk.ValAddress, uint64](era)
	if done, err := removeSome(ctx, k.DutyAccounts, byVault, left); err != nil || !done {
		return false, err
	}
	if done, err := removeSome(ctx, k.CallAccounts, byVault, left); err != nil || !done {
		return false, err
	}
	if done, err := removeSome(ctx, k.Stakes, byOperator, left); err != nil || !done {
		return false, err
	}
	if done, err := k.pruneSettlements(ctx, era, left); err != nil || !done {
		return false, err
	}
	if done, err := k.pruneRound(ctx, era, left); err != nil || !done {
		return false, err
	}
	if err := k.pruneCommittees(ctx, era); err != nil {
		return false, err
	}
	if err := k.Freezes.Remove(ctx, era); err != nil {
		return false, err
	}
	return true, k.EraRecords.Remove(ctx, era)
}

// pruneCommittees deletes an era's committees, one per contract at most, but those that are their contract's present ones.
func (k Keeper) pruneCommittees(ctx context.Context, era uint64) error {
	iterator, err := k.Committees.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](era))
	if err != nil {
		return err
	}
	keys, err := iterator.Keys()
	if err != nil {
		return err
	}
	for _, key := range keys {
		present, _, err := maybe(ctx, k.Seats, key.K2())
		if err != nil {
			return err
		}
		if present == era {
			continue
		}
		if err := k.Committees.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// removeSome removes up to left records of a range, takes them off left and says whether the range is empty.
func removeSome[K, V any](ctx context.Context, m collections.Map[K, V], ranger collections.Ranger[K], left *int) (bool, error) {
	iterator, err := m.Iterate(ctx, ranger)
	if err != nil {
		return false, err
	}
	var keys []K
	for ; iterator.Valid() && len(keys) < *left; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return false, err
		}
		keys = append(keys, key)
	}
	done := !iterator.Valid()
	if err := iterator.Close(); err != nil {
		return false, err
	}
	for _, key := range keys {
		if err := m.Remove(ctx, key); err != nil {
			return false, err
		}
	}
	*left -= len(keys)
	return done, nil
}

package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// prune deletes the records of series that are finished, settled and kept long enough, oldest first, at most max_prunes_per_block
// records. A series that is not done stays at the head of the queue, and the next block goes on from its first attempt left.
func (k Keeper) prune(ctx context.Context) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	head, found, err := k.pruneHead(ctx, height)
	if err != nil || !found {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	for budget := int(params.MaxPrunesPerBlock); found && budget > 0; {
		if budget, err = k.pruneSeries(ctx, head, budget); err != nil {
			return err
		}
		if head, found, err = k.pruneHead(ctx, height); err != nil {
			return err
		}
	}
	return nil
}

// pruneHead returns the oldest entry of the queue that is due.
func (k Keeper) pruneHead(ctx context.Context, height int64) (collections.Pair[int64, uint64], bool, error) {
	iterator, err := k.prunes.Iterate(ctx, new(collections.Range[collections.Pair[int64, uint64]]).
		EndExclusive(collections.Join(height+1, uint64(0))))
	if err != nil {
		return collections.Pair[int64, uint64]{}, false, err
	}
	keys, err := take(iterator, 1)
	if err != nil || len(keys) == 0 {
		return collections.Pair[int64, uint64]{}, false, err
	}
	return keys[0], true, nil
}

// pruneSeries deletes attempts of the series at the head until it or the budget is used up, and returns the budget left; the entry
// itself counts as one record. An attempt that is not settled yet (settlement is bounded too) sends the series one block on.
func (k Keeper) pruneSeries(ctx context.Context, head collections.Pair[int64, uint64], budget int) (int, error) {
	iterator, err := k.attempts.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](head.K2()))
	if err != nil {
		return 0, err
	}
	attempts, err := take(iterator, budget)
	if err != nil {
		return 0, err
	}
	for _, attempt := range attempts {
		tally, err := k.tallies.Get(ctx, attempt.K2())
		if err == nil && !tally.Settled {
			return budget - 1, k.postponePrune(ctx, head)
		}
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return 0, err
		}
		done := false
		if budget, done, err = k.pruneAttempt(ctx, attempt, budget); err != nil || !done {
			return 0, err
		}
	}
	if budget == 0 {
		return 0, nil
	}
	return budget - 1, k.prunes.Remove(ctx, head)
}

func (k Keeper) postponePrune(ctx context.Context, head collections.Pair[int64, uint64]) error {
	next := sdk.UnwrapSDKContext(ctx).BlockHeight() + 1
	return errors.Join(k.prunes.Remove(ctx, head), k.pruneAt(ctx, next, head.K2()))
}

// pruneAttempt deletes a session's fixed records together, so that no query meets half of them, then what its members sent, and
// its place in the series last, by which the next block finds it again.
func (k Keeper) pruneAttempt(ctx context.Context, attempt collections.Pair[uint64, uint64], budget int) (left int, done bool, err error) {
	id := attempt.K2()
	whole, err := k.sessions.Has(ctx, id)
	if err != nil {
		return 0, false, err
	}
	if whole {
		if budget < types.MinPrunes {
			return 0, false, nil
		}
		budget -= types.MinPrunes - 1
		if err := errors.Join(k.sessions.Remove(ctx, id), k.payloads.Remove(ctx, id), k.tallies.Remove(ctx, id)); err != nil {
			return 0, false, err
		}
	}
	if budget, err = pruneMembers(ctx, k.signatures, id, budget); err != nil {
		return 0, false, err
	}
	if budget, err = pruneMembers(ctx, k.wrongs, id, budget); err != nil || budget == 0 {
		return 0, false, err
	}
	return budget - 1, true, k.attempts.Remove(ctx, attempt)
}

// pruneMembers deletes a session's records of members within the budget and returns what is left of it.
func pruneMembers[V any](ctx context.Context, records collections.Map[collections.Pair[uint64, uint32], V], session uint64, budget int) (int, error) {
	iterator, err := records.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint32](session))
	if err != nil {
		return 0, err
	}
	defer iterator.Close()
	var keys []collections.Pair[uint64, uint32]
	for ; iterator.Valid() && len(keys) < budget; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return 0, err
		}
		keys = append(keys, key)
	}
	for _, key := range keys {
		if err := records.Remove(ctx, key); err != nil {
			return 0, err
		}
	}
	return budget - len(keys), nil
}

package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// EndBlock settles the sessions that are due and deletes records that are no longer kept, both within their bounds. It never fails:
// what can't be settled or deleted is logged. It runs before the modules that open sessions, so that they see what expired. Where
// nothing is due it reads one key.
func (k Keeper) EndBlock(ctx context.Context) error {
	logger := sdk.UnwrapSDKContext(ctx).Logger()
	next, err := k.nextDue.Get(ctx)
	switch {
	case errors.Is(err, collections.ErrNotFound), err == nil && next > sdk.UnwrapSDKContext(ctx).BlockHeight():
		return nil
	}
	if err := k.settleDue(ctx); err != nil {
		logger.Error("sessions not settled", "module", types.ModuleName, "error", err)
	}
	if err := k.prune(ctx); err != nil {
		logger.Error("records not pruned", "module", types.ModuleName, "error", err)
	}
	if err := k.setNextDue(ctx); err != nil {
		logger.Error("next due height not found", "module", types.ModuleName, "error", err)
	}
	return nil
}

// settleAt has a session settled at the end of a block.
func (k Keeper) settleAt(ctx context.Context, height int64, session uint64) error {
	return errors.Join(k.due.Set(ctx, collections.Join(height, session)), k.noteDue(ctx, height))
}

// pruneAt has a series deleted from the end of a block on.
func (k Keeper) pruneAt(ctx context.Context, height int64, root uint64) error {
	return errors.Join(k.prunes.Set(ctx, collections.Join(height, root)), k.noteDue(ctx, height))
}

func (k Keeper) noteDue(ctx context.Context, height int64) error {
	next, err := k.nextDue.Get(ctx)
	if err == nil && next <= height {
		return nil
	}
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	return k.nextDue.Set(ctx, height)
}

// setNextDue looks for what is due next, after a block did what it could.
func (k Keeper) setNextDue(ctx context.Context) error {
	if err := k.nextDue.Remove(ctx); err != nil {
		return err
	}
	for _, queue := range []collections.KeySet[collections.Pair[int64, uint64]]{k.due, k.prunes} {
		iterator, err := queue.Iterate(ctx, nil)
		if err != nil {
			return err
		}
		first, err := take(iterator, 1)
		if err != nil {
			return err
		}
		if len(first) == 0 {
			continue
		}
		if err := k.noteDue(ctx, first[0].K1()); err != nil {
			return err
		}
	}
	return nil
}

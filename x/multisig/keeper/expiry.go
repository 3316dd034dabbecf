package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// settleDue settles the sessions that take no more signatures after this block, oldest first, at most max_expiries_per_block. A
// session leaves the queue whatever happens, so that no record can hold back those behind it.
func (k Keeper) settleDue(ctx context.Context) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	iterator, err := k.due.Iterate(ctx, new(collections.Range[collections.Pair[int64, uint64]]).
		EndExclusive(collections.Join(height+1, uint64(0))))
	if err != nil {
		return err
	}
	if !iterator.Valid() {
		return iterator.Close()
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return errors.Join(err, iterator.Close())
	}
	keys, err := take(iterator, int(params.MaxExpiriesPerBlock))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := k.due.Remove(ctx, key); err != nil {
			return err
		}
		if err := inCache(ctx, func(ctx sdk.Context) error { return k.settle(ctx, key.K2()) }); err != nil {
			sdk.UnwrapSDKContext(ctx).Logger().Error("session not settled", "module", types.ModuleName, "session", key.K2(), "error", err)
		}
	}
	return nil
}

// take reads at most limit keys and closes the iterator, so that the caller may write.
func take[K any](iterator collections.KeySetIterator[K], limit int) ([]K, error) {
	defer iterator.Close()
	var keys []K
	for ; iterator.Valid() && len(keys) < limit; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// inCache runs a step whose writes and events are kept only if it neither fails nor panics.
func inCache(ctx context.Context, step func(sdk.Context) error) (err error) {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if err := step(cached); err != nil {
		return err
	}
	write()
	return nil
}

func (k Keeper) settle(ctx sdk.Context, id uint64) error {
	session, before, err := k.Session(ctx, id)
	if err != nil {
		return err
	}
	tally := before
	tally.Settle(session.Size_, session.Threshold)
	if err := k.saveTally(ctx, session, before, tally); err != nil {
		return err
	}
	if k.hooks == nil {
		return nil
	}
	if err := inCache(ctx, func(ctx sdk.Context) error { return k.reportResults(ctx, session, tally) }); err != nil {
		ctx.Logger().Error("hook failed after a session was settled", "module", types.ModuleName, "session", id, "error", err)
	}
	return nil
}

func (k Keeper) reportResults(ctx context.Context, session types.Session, tally types.Tally) error {
	vault, err := k.Vault(ctx, session.Vault)
	if err != nil {
		return err
	}
	signers, err := k.VaultSigners(ctx, vault.Id)
	if err != nil {
		return err
	}
	results := make([]types.MemberResult, len(signers))
	for i, signer := range signers {
		signature, wrong, err := k.MemberSignature(ctx, session.Id, signer.Index)
		if err != nil {
			return err
		}
		results[i] = types.MemberResult{Operator: signer.Operator, Signed: signature != nil, Wrong: wrong}
	}
	return k.hooks.AfterSessionSettled(ctx, vault, session, tally, results)
}

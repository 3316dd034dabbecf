package keeper

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// EndBlock does the module's work of a block, each part bounded by parameters and isolated for its contract: it fails proposals whose deadline
// passed, applies events of accepted observations, deletes those of dropped ones, mints waiting deposits, and takes the contracts that want
// attention one step on. It never returns an error for what a contract or a user did. While every contract rests it reads one key.
func (k Keeper) EndBlock(ctx context.Context) error {
	awake, err := k.awake.Has(ctx)
	if err != nil || !awake {
		return err
	}
	contracts, err := k.attention.Iterate(ctx, nil)
	if err != nil {
		return err
	}
	some := contracts.Valid()
	if err := contracts.Close(); err != nil {
		return err
	}
	if !some {
		return k.awake.Remove(ctx)
	}
	return k.work(ctx)
}

func (k Keeper) work(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	k.guard(ctx, 0, "retry starts of eras", k.retryEraStarts)
	k.expireProposals(ctx)
	left := k.applyAccepted(ctx, params.MaxEventsPerBlock)
	k.guard(ctx, 0, "delete dropped events", func(ctx context.Context) error { return k.clearTrash(ctx, left) })
	k.mintWaiting(ctx, params.MaxMintsPerBlock)
	k.guard(ctx, 0, "delete clients of past eras", func(ctx context.Context) error {
		return k.pruneCalls(ctx, int(params.MaxReceiptPrunesPerBlock))
	})
	iterator, err := k.attention.Iterate(ctx, nil)
	if err != nil {
		return err
	}
	contracts, err := iterator.Keys()
	if err != nil {
		return err
	}
	for _, contract := range contracts {
		k.guard(ctx, contract, "drive contract", func(ctx context.Context) error { return k.drive(ctx, params, contract) })
	}
	return nil
}

// guard runs a step in a cache context: one that fails or panics is undone and logged, and the next block tries it again. It says whether the
// step was done.
func (k Keeper) guard(ctx context.Context, contract uint64, step string, run func(context.Context) error) bool {
	cache, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := recovered(cache, run); err != nil {
		k.logger(ctx).Error("step undone", "step", step, "contract", contract, "error", err)
		return false
	}
	write()
	return true
}

func recovered(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return run(ctx)
}

// drive takes one contract a step on: its unfinished series, its handover, payments back, its payouts, its sweeps. A contract whose observation is only partly
// applied waits, for its books are between two heights. A contract with nothing left to do rests until something wakes it.
func (k Keeper) drive(ctx context.Context, params types.Params, id uint64) error {
	applying, err := k.applying.Has(ctx, id)
	if err != nil || applying {
		return err
	}
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	era, err := k.ssv.CurrentEra(ctx)
	if err != nil {
		return err
	}
	w := &work{contract: contract, state: state, params: params, era: era.Number}
	for _, step := range []func(context.Context, *work) error{k.upkeep, k.advance, k.reseat, k.refund, k.payouts, k.sweeps} {
		if err := step(ctx, w); err != nil {
			return err
		}
	}
	if err := k.setState(ctx, w.state); err != nil {
		return err
	}
	return k.rest(ctx, w)
}

// rest takes a contract without open work from the attention list; until the next message or era nothing can become due for it.
func (k Keeper) rest(ctx context.Context, w *work) error {
	if w.state.Handover != types.HANDOVER_STAGE_NONE || w.state.Reseat {
		return nil
	}
	for _, open := range []func(context.Context, *work) (bool, error){
		k.anySeries, k.anyQueued, k.anySweep, k.anyProposal, k.anyMint, k.anyTrash, k.anyPastCalls, k.anyEraStart, k.anyRefund,
	} {
		found, err := open(ctx, w)
		if err != nil || found {
			return err
		}
	}
	return k.attention.Remove(ctx, w.contract.Id)
}

func (k Keeper) anySeries(ctx context.Context, w *work) (bool, error) {
	iterator, err := k.openSeries.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](w.contract.Id))
	if err != nil {
		return false, err
	}
	return iterator.Valid(), iterator.Close()
}

func (k Keeper) anyProposal(ctx context.Context, w *work) (bool, error) {
	iterator, err := k.proposals.Iterate(ctx, collections.NewPrefixedPairRange[uint64, []byte](w.contract.Id))
	if err != nil {
		return false, err
	}
	return iterator.Valid(), iterator.Close()
}

func (k Keeper) anyMint(ctx context.Context, w *work) (bool, error) {
	iterator, err := k.mintWork.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](w.contract.Id))
	if err != nil {
		return false, err
	}
	return iterator.Valid(), iterator.Close()
}

// anyTrash says whether events of dropped proposals, of whatever contract, are still to be deleted.
func (k Keeper) anyTrash(ctx context.Context, _ *work) (bool, error) {
	iterator, err := k.trash.Iterate(ctx, nil)
	if err != nil {
		return false, err
	}
	return iterator.Valid(), iterator.Close()
}

func (k Keeper) anyQueued(ctx context.Context, w *work) (bool, error) {
	return k.queued(ctx, w.contract.Id)
}

// anySweep says whether a vault is to be looked at soon; one that is not for longer than two sweeps lie apart can wait for the next era's start.
func (k Keeper) anySweep(ctx context.Context, w *work) (bool, error) {
	iterator, err := k.sweepWork.Iterate(ctx, collections.NewPrefixedTripleRange[uint64, uint64, uint64](w.contract.Id))
	if err != nil {
		return false, err
	}
	if !iterator.Valid() {
		return false, iterator.Close()
	}
	key, err := iterator.Key()
	return int64(key.K2()) <= height(ctx)+int64(w.params.SweepInterval), errors.Join(err, iterator.Close())
}

package keeper

import (
	"context"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// maxEraStartsPerBlock bounds the contracts whose start of an era is tried again in one block.
	maxEraStartsPerBlock = 20
	// maxEraStartDelay is the longest time in blocks between two attempts, which doubles with each that failed.
	maxEraStartDelay = 1 << 10
)

func (k Keeper) startEra(ctx context.Context, id, era uint64, params ssvtypes.Params) error {
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	k.checkStuck(ctx, &state, era, params.MaxHandoverEras)
	if err := k.closeVaults(ctx, contract, &state, era, params.ClosingEras); err != nil {
		return err
	}
	if err := k.lookAgain(ctx, id); err != nil {
		return err
	}
	assets, err := k.assets(ctx, state)
	if err != nil {
		return err
	}
	state.Outflow = state.Outflow.Sub(state.Outflow)
	state.OutflowCap = payout.Cap(assets, contract.Limits.MaxOutflowPerEra, contract.Limits.MinOutflow)
	if err := k.wake(ctx, id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// tryEraStart starts an era for a contract, isolated. Where that fails it is written down to be tried again in the next block, then after two
// blocks, four, and so on, until it is done or the next era starts: until then the contract has the outflow cap of the era before.
func (k Keeper) tryEraStart(ctx context.Context, start types.EraStart, params ssvtypes.Params) {
	done := k.guard(ctx, start.Contract, "start era", func(ctx context.Context) error {
		if err := k.startEra(ctx, start.Contract, start.Era, params); err != nil {
			return err
		}
		return k.eraStarts.Remove(ctx, start.Contract)
	})
	if done {
		return
	}
	start.Next = height(ctx) + min(maxEraStartDelay, int64(1)<<min(start.Attempts, 32))
	start.Attempts++
	k.guard(ctx, start.Contract, "note the failed start of an era", func(ctx context.Context) error {
		if err := k.eraStarts.Set(ctx, start.Contract, start); err != nil {
			return err
		}
		return k.wake(ctx, start.Contract)
	})
}

// retryEraStarts tries starts of the current era that failed again, in order of contract, as many as are due and a block may try. One of a past
// era is given up: x/ssv tells of the current one, which replaces it.
func (k Keeper) retryEraStarts(ctx context.Context) error {
	due, err := k.dueEraStarts(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	params, err := k.ssv.GetParams(ctx)
	if err != nil {
		return err
	}
	for _, start := range due {
		k.tryEraStart(ctx, start, params)
	}
	return nil
}

func (k Keeper) dueEraStarts(ctx context.Context) (due []types.EraStart, err error) {
	era, err := k.ssv.CurrentEra(ctx)
	if err != nil {
		return nil, err
	}
	now := height(ctx)
	err = k.eraStarts.Walk(ctx, nil, func(_ uint64, start types.EraStart) (bool, error) {
		if start.Era == era.Number && start.Next <= now {
			due = append(due, start)
		}
		return len(due) == maxEraStartsPerBlock, nil
	})
	return due, err
}

// anyEraStart says whether a contract's start of an era is to be tried again.
func (k Keeper) anyEraStart(ctx context.Context, w *work) (bool, error) {
	return k.eraStarts.Has(ctx, w.contract.Id)
}

func (k Keeper) initEraStarts(ctx context.Context, g types.GenesisState) error {
	for _, start := range g.EraStarts {
		if err := k.eraStarts.Set(ctx, start.Contract, start); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportEraStarts(ctx context.Context, g *types.GenesisState) (err error) {
	g.EraStarts, err = values(ctx, k.eraStarts)
	return err
}

package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// freezeDue says whether the freeze of an era's pool is not done.
func (k Keeper) freezeDue(ctx context.Context, era types.Era) (bool, error) {
	freeze, found, err := maybe(ctx, k.Freezes, era.Number)
	return !found || freeze.Status == types.FREEZE_STATUS_RUNNING, err
}

// freezePool begins, goes on with or completes the freeze for the election at the era's end (protocol §3): the contracts that
// want an election, then the pool, at most max_candidates_per_block a block, with which the round of the seed is opened.
func (k Keeper) freezePool(ctx context.Context, era types.Era, params types.Params) error {
	freeze, found, err := maybe(ctx, k.Freezes, era.Number)
	if err != nil {
		return err
	}
	switch {
	case !found:
		return k.beginFreeze(ctx, era, params)
	case freeze.Status == types.FREEZE_STATUS_RUNNING:
		return k.freezeSome(ctx, freeze, params)
	}
	return nil
}

func (k Keeper) beginFreeze(ctx context.Context, era types.Era, params types.Params) error {
	demands, err := k.hooks.Demands(ctx)
	if err != nil {
		return err
	}
	demands = k.validDemands(ctx, era, params, demands)
	begun := sdk.UnwrapSDKContext(ctx).BlockHeight()
	freeze := types.Freeze{Era: era.Number, Begun: begun, Status: types.FREEZE_STATUS_RUNNING, Demands: demands}
	if err := k.setOldestPool(ctx, era.Number); err != nil {
		return err
	}
	return k.freezeSome(ctx, freeze, params)
}

// setOldestPool marks where pruning of pools begins, if nothing is marked yet.
func (k Keeper) setOldestPool(ctx context.Context, era uint64) error {
	set, err := k.OldestPool.Has(ctx)
	if err != nil || set {
		return err
	}
	return k.OldestPool.Set(ctx, era)
}

// validDemands drops demands that no election can meet, so that one contract's does not hold back the others. A threshold below
// min_threshold_ratio, which was raised since the contract was deployed, is raised with it: dropped, such a contract would keep its
// members for ever.
func (k Keeper) validDemands(ctx context.Context, era types.Era, params types.Params, demands []types.Demand) []types.Demand {
	var valid []types.Demand
	for _, demand := range demands {
		demand.Threshold = max(demand.Threshold, election.MinThreshold(demand.Size_, params.MinThresholdRatio))
		err := demand.Validate(params.MinThresholdRatio)
		if last := len(valid) - 1; err == nil && last >= 0 && valid[last].Contract >= demand.Contract {
			err = types.ErrInvalidDemand.Wrapf("contract %d after %d, want ascending ids", demand.Contract, valid[last].Contract)
		}
		if err != nil {
			k.emit(ctx, &types.EventStepFailed{Era: era.Number, Step: stepFreeze, Error: err.Error()})
			continue
		}
		valid = append(valid, demand)
	}
	return valid
}

// freezeSome judges the next operators, as many as max_candidates_per_block allows by their cost, and completes the freeze after the
// last.
func (k Keeper) freezeSome(ctx context.Context, freeze types.Freeze, params types.Params) error {
	freeze.Height = sdk.UnwrapSDKContext(ctx).BlockHeight()
	tally, err := k.newTally(ctx, freeze, params)
	if err != nil {
		return err
	}
	last, err := k.scanAfter(ctx, freeze, int(params.MaxCandidatesPerBlock), func(s scanned) error {
		return k.judge(ctx, tally, s)
	})
	if err != nil {
		return err
	}
	if err := k.writeTally(ctx, tally); err != nil {
		return err
	}
	if last {
		return k.completeFreeze(ctx, tally.freeze, params)
	}
	return k.Freezes.Set(ctx, freeze.Era, tally.freeze)
}

func (k Keeper) completeFreeze(ctx context.Context, freeze types.Freeze, params types.Params) error {
	freeze.Status, freeze.Cursor = types.FREEZE_STATUS_DONE, nil
	terms, err := k.electionTerms(ctx, params)
	if err != nil {
		return err
	}
	freeze.Terms = &terms
	k.emit(ctx, &types.EventPoolFrozen{Era: freeze.Era, Admitted: freeze.Admitted})
	return k.openRound(ctx, freeze, params)
}

// power is a bonded validator's as of staking's last EndBlock: ⌊tokens/10^6⌋.
type power struct {
	operator sdk.ValAddress
	power    int64
}

// lastPowers returns the bonded set in order of operator.
func (k Keeper) lastPowers(ctx context.Context) ([]power, error) {
	var powers []power
	err := k.staking.IterateLastValidatorPowers(ctx, func(operator sdk.ValAddress, tokens int64) bool {
		powers = append(powers, power{operator: slices.Clone(operator), power: tokens})
		return false
	})
	return powers, err
}

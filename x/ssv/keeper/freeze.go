package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// freezePool begins, goes on with or completes the freeze for the election at the era's end (protocol §3): the contracts that
// want an election, then the pool, at most max_candidates_per_block a block, then the seed.
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
	case len(freeze.Seed) == 0:
		return k.drawSeed(ctx, freeze)
	}
	return nil
}

func (k Keeper) beginFreeze(ctx context.Context, era types.Era, params types.Params) error {
	demands, err := k.hooks.Demands(ctx)
	if err != nil {
		return err
	}
	demands = k.validDemands(ctx, era, params, demands)
	freeze := types.Freeze{Era: era.Number, Status: types.FREEZE_STATUS_RUNNING, Demands: demands}
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

// freezeSome evaluates the next candidates in order of operator and completes the freeze after the last.
func (k Keeper) freezeSome(ctx context.Context, freeze types.Freeze, params types.Params) error {
	freeze.Height = sdk.UnwrapSDKContext(ctx).BlockHeight()
	s, err := k.newSurvey(ctx)
	if err != nil {
		return err
	}
	candidates, err := k.candidatesAfter(ctx, freeze.Cursor, int(params.MaxCandidatesPerBlock))
	if err != nil {
		return err
	}
	for _, candidate := range candidates {
		admitted, err := k.freezeCandidate(ctx, s, freeze.Era, candidate.Key, candidate.Value)
		if err != nil {
			return err
		}
		freeze.Cursor = candidate.Key
		freeze.Evaluated++
		if admitted {
			freeze.Admitted++
		}
	}
	if len(candidates) < int(params.MaxCandidatesPerBlock) {
		return k.completeFreeze(ctx, freeze)
	}
	return k.Freezes.Set(ctx, freeze.Era, freeze)
}

type registered = collections.KeyValue[sdk.ValAddress, types.Candidate]

// candidatesAfter returns up to count candidates after a cursor, in order of operator; from the first without one.
func (k Keeper) candidatesAfter(ctx context.Context, cursor []byte, count int) ([]registered, error) {
	var from collections.Ranger[sdk.ValAddress]
	if len(cursor) > 0 {
		from = new(collections.Range[sdk.ValAddress]).StartExclusive(cursor)
	}
	iterator, err := k.Candidates.Iterate(ctx, from)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var candidates []registered
	for ; iterator.Valid() && len(candidates) < count; iterator.Next() {
		candidate, err := iterator.KeyValue()
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, candidate)
	}
	return candidates, nil
}

// freezeCandidate puts a candidate that meets every criterion in the pool and says whether it does.
func (k Keeper) freezeCandidate(
	ctx context.Context, s survey, era uint64, operator sdk.ValAddress, candidate types.Candidate,
) (bool, error) {
	measured, err := k.measure(ctx, s, operator, candidate)
	if err != nil {
		return false, err
	}
	if !pool.Eligible(pool.Criteria(measured, s.params)) {
		return false, nil
	}
	return true, k.Pool.Set(ctx, collections.Join(era, operator), types.PoolEntry{
		Operator: candidate.Operator, Weight: measured.Weight, Resting: measured.Serving, Chains: candidate.Chains,
	})
}

// completeFreeze adds what the power guard reads: the bonded power, how many hold it and the greatest outside the pool.
func (k Keeper) completeFreeze(ctx context.Context, freeze types.Freeze) error {
	powers, err := k.lastPowers(ctx)
	if err != nil {
		return err
	}
	for _, producer := range powers {
		inPool, err := k.Pool.Has(ctx, collections.Join(freeze.Era, producer.operator))
		if err != nil {
			return err
		}
		if !inPool {
			freeze.LargestOther = max(freeze.LargestOther, uint64(producer.power))
		}
		freeze.BondedPower += uint64(producer.power)
	}
	freeze.Producers = uint32(len(powers))
	freeze.Status, freeze.Cursor = types.FREEZE_STATUS_DONE, nil
	k.emit(ctx, &types.EventPoolFrozen{Era: freeze.Era, Admitted: freeze.Admitted})
	return k.Freezes.Set(ctx, freeze.Era, freeze)
}

func (k Keeper) drawSeed(ctx context.Context, freeze types.Freeze) error {
	seed, known, err := k.seeds.Seed(ctx, freeze)
	if err != nil || !known {
		return err
	}
	freeze.Seed = seed
	return k.Freezes.Set(ctx, freeze.Era, freeze)
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

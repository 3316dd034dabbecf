package keeper

import (
	"context"
	"fmt"
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

const (
	// maxSeatsPerBlock bounds the contracts that are seated in one block.
	maxSeatsPerBlock = 4
	// maxAdmittedBesideSeats is the largest pool of an election in whose block contracts are seated too.
	maxAdmittedBesideSeats = 20_000
	// maxElectAttempts is after how many failures of the election the incumbents are seated instead.
	maxElectAttempts = 10
)

// advanceTransition tries every step of an era's change that is pending, each by itself: one that fails is undone and tried
// again in the next block, and holds back none but those that need it (protocol §2).
func (k Keeper) advanceTransition(ctx context.Context, era types.Era, transition types.Transition) error {
	var pending []types.TransitionStep
	electing := slices.Contains(transition.Pending, types.TRANSITION_STEP_ELECT)
	for _, step := range transition.Pending {
		full := step == types.TRANSITION_STEP_SEAT && electing && k.fillsBlock(ctx, era)
		if full || blocked(step, pending) || !k.tryStep(ctx, era, &transition, step) {
			pending = append(pending, step)
		}
	}
	if len(pending) == 0 {
		return k.Transition.Remove(ctx)
	}
	transition.Pending = pending
	return k.Transition.Set(ctx, transition)
}

// fillsBlock says whether an era's election is from so large a pool that no contract is seated in the same block.
func (k Keeper) fillsBlock(ctx context.Context, era types.Era) bool {
	freeze, _, err := maybe(ctx, k.Freezes, era.Number-1)
	return err == nil && freeze.Admitted > maxAdmittedBesideSeats
}

// needs are the steps that have to be done before a step: who is withdrawn is not seated, what is forfeit is not divided, and a fault is
// slashed before anything is paid.
func needs(step types.TransitionStep) []types.TransitionStep {
	switch step {
	case types.TRANSITION_STEP_SLASH, types.TRANSITION_STEP_ELECT:
		return []types.TransitionStep{types.TRANSITION_STEP_JUDGE}
	case types.TRANSITION_STEP_REWARD:
		return []types.TransitionStep{types.TRANSITION_STEP_JUDGE, types.TRANSITION_STEP_SLASH}
	case types.TRANSITION_STEP_SEAT:
		return []types.TransitionStep{types.TRANSITION_STEP_ELECT}
	}
	return nil
}

func blocked(step types.TransitionStep, pending []types.TransitionStep) bool {
	return slices.ContainsFunc(needs(step), func(need types.TransitionStep) bool { return slices.Contains(pending, need) })
}

// tryStep says whether the step is done.
func (k Keeper) tryStep(ctx context.Context, era types.Era, transition *types.Transition, step types.TransitionStep) bool {
	switch step {
	case types.TRANSITION_STEP_SETTLE:
		return k.isolate(ctx, era.Number, stepSettle, func(ctx context.Context) error { return k.settle(ctx, era) }) == nil
	case types.TRANSITION_STEP_JUDGE:
		return k.tryJudge(ctx, era)
	case types.TRANSITION_STEP_SLASH:
		return k.trySlash(ctx, era)
	case types.TRANSITION_STEP_REWARD:
		return k.tryReward(ctx, era)
	case types.TRANSITION_STEP_NOTIFY:
		return k.isolate(ctx, era.Number, stepNotify, func(ctx context.Context) error {
			return k.hooks.AfterEraStarted(ctx, era)
		}) == nil
	case types.TRANSITION_STEP_ELECT:
		return k.tryElect(ctx, era, transition)
	case types.TRANSITION_STEP_SEAT:
		return k.trySeats(ctx, era, transition)
	}
	return true // a step that this version does not know
}

// settle writes the heartbeat accounts of the era that ended, and counts in them what its dealers did for the seed.
func (k Keeper) settle(ctx context.Context, era types.Era) error {
	ended, found, err := maybe(ctx, k.EraRecords, era.Number-1)
	if err != nil || !found {
		return err
	}
	if err := k.settleHeartbeats(ctx, ended.Era, era.StartHeight); err != nil {
		return err
	}
	return k.settleDealers(ctx, ended.Era, era.StartHeight)
}

func (k Keeper) tryElect(ctx context.Context, era types.Era, transition *types.Transition) bool {
	err := k.isolate(ctx, era.Number, stepElect, func(ctx context.Context) error {
		contracts, summary, err := k.electOrKeep(ctx, era, transition.Attempts)
		if err != nil {
			return err
		}
		transition.Contracts = contracts
		return k.recordElection(ctx, era, summary)
	})
	if err != nil {
		transition.Attempts++
	}
	return err == nil
}

// electOrKeep keeps the incumbents once the election has failed too often, so that an era never waits for ever.
func (k Keeper) electOrKeep(ctx context.Context, era types.Era, attempts uint32) ([]uint64, string, error) {
	if attempts < maxElectAttempts {
		return k.elect(ctx, era)
	}
	reason := fmt.Sprintf("the election failed %d times", attempts)
	contracts, err := k.keepIncumbents(ctx, era, reason)
	return contracts, "no election: " + reason, err
}

func (k Keeper) recordElection(ctx context.Context, era types.Era, summary string) error {
	record, err := k.EraRecords.Get(ctx, era.Number)
	if err != nil {
		return err
	}
	freeze, _, err := maybe(ctx, k.Freezes, era.Number-1)
	if err != nil {
		return err
	}
	record.Seed, record.Election = freeze.Seed, summary
	return k.EraRecords.Set(ctx, era.Number, record)
}

// trySeats seats the contracts that are left, one isolated step each; one that fails goes to the end.
func (k Keeper) trySeats(ctx context.Context, era types.Era, transition *types.Transition) bool {
	tried := transition.Contracts[:min(len(transition.Contracts), maxSeatsPerBlock)]
	left := slices.Clone(transition.Contracts[len(tried):])
	for _, contract := range tried {
		name := fmt.Sprintf("%s contract %d", stepSeat, contract)
		if k.isolate(ctx, era.Number, name, func(ctx context.Context) error { return k.seat(ctx, contract) }) != nil {
			left = append(left, contract)
		}
	}
	transition.Contracts = left
	return len(left) == 0
}

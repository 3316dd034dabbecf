package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/reward"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// tryReward divides the reward of the oldest era before this one that has none yet, and says whether none is left: there is more than one
// only where an era ended before the change to it did.
func (k Keeper) tryReward(ctx context.Context, era types.Era) bool {
	left := true
	err := k.isolate(ctx, era.Number, stepReward, func(ctx context.Context) error {
		next, found, err := maybeItem(ctx, k.NextReward)
		if err != nil {
			return err
		}
		if !found {
			next = era.Number - 1
		}
		if next < era.Number {
			if err := k.divideReward(ctx, next); err != nil {
				return err
			}
			next++
		}
		left = next < era.Number
		return k.NextReward.Set(ctx, next)
	})
	return err == nil && !left
}

// worker is what an operator did in an era that earns points.
type worker struct {
	raw sdk.ValAddress
	types.Earning
}

// divideReward writes an era's statement and leaves its payment to payRewards, in mode TRANSITION once the foundation's window is over.
func (k Keeper) divideReward(ctx context.Context, era uint64) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	workers, err := k.workersOf(ctx, era)
	if err != nil {
		return err
	}
	works := make([]reward.Work, len(workers))
	statement := types.EraReward{
		Era: era, Status: types.REWARD_STATUS_OPEN, Mode: params.RewardMode, ToRefunds: math.ZeroInt(), Members: uint32(len(workers)),
		SignaturePoints: math.ZeroInt(), CallPoints: math.ZeroInt(),
	}
	for i, w := range workers {
		works[i] = reward.Work{Signatures: w.Signatures, Calls: w.Attestations + w.Calls, Forfeits: w.Forfeit != ""}
		statement.SignaturePoints = statement.SignaturePoints.Add(works[i].SignaturePoints())
		statement.CallPoints = statement.CallPoints.Add(works[i].CallPoints())
	}
	division := reward.Divide(params.EraBudget, params.CapShare, works)
	statement.Issued, statement.Cap, statement.Treasury = division.Issued, division.Cap, division.Treasury
	for i, w := range workers {
		share := division.Shares[i]
		w.Earned, w.Capped, w.Share, w.Paid = share.Earned, share.Capped, share.Paid, math.ZeroInt()
		if err := k.Earnings.Set(ctx, collections.Join(era, w.raw), w.Earning); err != nil {
			return err
		}
	}
	return k.openStatement(ctx, statement, params)
}

// openStatement has the foundation's window begin with the era's end, where it has one, and the payment be due when it is over.
func (k Keeper) openStatement(ctx context.Context, statement types.EraReward, params types.Params) error {
	next, err := k.EraRecords.Get(ctx, statement.Era+1)
	if err != nil {
		return err
	}
	statement.WindowEnd = next.Era.StartTime
	if statement.Mode == types.REWARD_MODE_TRANSITION {
		statement.Foundation, statement.WindowEnd = params.Foundation, next.Era.StartTime.Add(params.FoundationWindow)
	}
	if !statement.Issued.IsPositive() {
		statement.Status = types.REWARD_STATUS_PAID
	} else if err := k.awaitReward(ctx, statement.Era); err != nil {
		return err
	}
	k.emit(ctx, &types.EventEraReward{Reward: statement})
	return k.EraRewards.Set(ctx, statement.Era, statement)
}

// workersOf returns who has an account of signatures, observations or RPC calls in an era, in order of operator, each once: as many as
// there are seats, and those who owed a handover or a sweep.
func (k Keeper) workersOf(ctx context.Context, era uint64) ([]worker, error) {
	var found []worker
	ranger := collections.NewPrefixedTripleRange[uint64, sdk.ValAddress, uint64](era)
	err := k.DutyAccounts.Walk(ctx, ranger, func(key eraOperatorNumber, a types.DutyAccount) (bool, error) {
		found = append(found, worker{key.K2(), types.Earning{Era: era, Operator: a.Operator, Signatures: a.Signed, Attestations: a.Agreed}})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.CallAccounts.Walk(ctx, ranger, func(key eraOperatorNumber, a types.CallAccount) (bool, error) {
		found = append(found, worker{key.K2(), types.Earning{Era: era, Operator: a.Operator, Calls: a.Calls}})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	workers := merged(found)
	for i := range workers {
		if workers[i].Forfeit, err = k.forfeitOf(ctx, era, workers[i]); err != nil {
			return nil, err
		}
	}
	return workers, nil
}

// eraOperatorNumber keys accounts by era, operator and vault generation or contract.
type eraOperatorNumber = collections.Triple[uint64, sdk.ValAddress, uint64]

// merged sorts by operator and adds up what is of the same.
func merged(found []worker) []worker {
	slices.SortStableFunc(found, func(a, b worker) int { return bytes.Compare(a.raw, b.raw) })
	var workers []worker
	for _, w := range found {
		last := len(workers) - 1
		if last < 0 || !bytes.Equal(workers[last].raw, w.raw) {
			workers = append(workers, w)
			continue
		}
		workers[last].Signatures += w.Signatures
		workers[last].Attestations += w.Attestations
		workers[last].Calls += w.Calls
	}
	return workers
}

// forfeitOf says in words why an operator forfeits its reward of an era: a fault or evil (protocol §13), or its duty as a dealer (§3); empty
// if it does not.
func (k Keeper) forfeitOf(ctx context.Context, era uint64, w worker) (string, error) {
	forfeit, found, err := maybe(ctx, k.Forfeits, collections.Join(era, w.raw))
	if err != nil || found {
		return forfeit.Reason, err
	}
	failed, err := k.DealerFault(ctx, era, w.Operator)
	if err != nil || !failed {
		return "", err
	}
	return "a dealer that did not deal or did not open", nil
}

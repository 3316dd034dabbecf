package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/reward"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// rowsPerSlash is how many operators' rows of a division stand for one slash in what bounds a block's work: a row is a few records of
// x/ssv's own, a slash reads all that was undelegated.
const rowsPerSlash = 10

// tryReward goes on with the division of the rewards of eras before this one, oldest first, and says whether none is left: there is more
// than one only where an era ended before the change to it did. A block divides at most max_slashes_per_block · 10 rows.
func (k Keeper) tryReward(ctx context.Context, era types.Era) bool {
	params, err := k.GetParams(ctx)
	if err != nil {
		k.logger(ctx).Error("parameters can't be read", "error", err)
		return false
	}
	for left := int(params.MaxSlashesPerBlock) * rowsPerSlash; left > 0; {
		division, due, err := k.divisionDue(ctx, era.Number)
		if err != nil {
			k.logger(ctx).Error("the division of a reward can't be read", "error", err)
			return false
		}
		if !due {
			return true
		}
		if !k.divideOrGiveUp(ctx, division, params, &left) {
			return false
		}
	}
	return false
}

// divisionDue returns the division that is running, or that of the oldest era before one whose reward is not divided.
func (k Keeper) divisionDue(ctx context.Context, before uint64) (types.Division, bool, error) {
	division, found, err := maybeItem(ctx, k.Division)
	if err != nil || found {
		return division, found, err
	}
	next, found, err := maybeItem(ctx, k.NextReward)
	if !found {
		next = before - 1
	}
	return types.Division{Era: next}, next < before, err
}

// divideOrGiveUp divides the next rows and says whether it may go on. What fails ten times is given up: nothing is issued for that era.
func (k Keeper) divideOrGiveUp(ctx context.Context, division types.Division, params types.Params, left *int) bool {
	rows := *left
	err := k.isolate(ctx, division.Era, stepReward, func(ctx context.Context) error {
		rows = *left
		return k.divideSome(ctx, division, params, &rows)
	})
	if err == nil {
		*left = rows
		return true
	}
	division.Attempts++
	return k.isolate(ctx, division.Era, stepReward, func(ctx context.Context) error {
		if division.Attempts < maxSettleAttempts {
			return k.Division.Set(ctx, division)
		}
		failed := undivided(division.Era, types.REWARD_STATUS_FAILED)
		k.emit(ctx, &types.EventEraReward{Reward: failed})
		return k.concludeDivision(ctx, failed)
	}) == nil && division.Attempts >= maxSettleAttempts
}

func (k Keeper) divideSome(ctx context.Context, division types.Division, params types.Params, left *int) error {
	*left-- // so that an era without a row costs something too
	switch division.Stage {
	case types.DIVISION_STAGE_DUTIES:
		return k.addDuties(ctx, division, left)
	case types.DIVISION_STAGE_CALLS:
		return k.addCalls(ctx, division, params, left)
	case types.DIVISION_STAGE_SHARES:
		return k.divideShares(ctx, division, params, left)
	}
	statement := undivided(division.Era, types.REWARD_STATUS_DIVIDING)
	if statement.Mode = params.RewardMode; statement.Mode == types.REWARD_MODE_TRANSITION {
		statement.Foundation = params.Foundation
	}
	if err := k.EraRewards.Set(ctx, division.Era, statement); err != nil {
		return err
	}
	return k.Division.Set(ctx, types.Division{Era: division.Era, Stage: types.DIVISION_STAGE_DUTIES})
}

// undivided is the statement of an era before anything is added up.
func undivided(era uint64, status types.RewardStatus) types.EraReward {
	zero := math.ZeroInt()
	return types.EraReward{
		Era: era, Status: status, Issued: zero, Cap: zero, Treasury: zero, ToRefunds: zero, SignaturePoints: zero, CallPoints: zero,
	}
}

// concludeDivision writes a statement that is divided, and has the next era's come.
func (k Keeper) concludeDivision(ctx context.Context, statement types.EraReward) error {
	if err := k.EraRewards.Set(ctx, statement.Era, statement); err != nil {
		return err
	}
	if err := k.Division.Remove(ctx); err != nil {
		return err
	}
	return k.NextReward.Set(ctx, statement.Era+1)
}

// divideShares computes the next members' shares, and opens the statement after the last.
func (k Keeper) divideShares(ctx context.Context, division types.Division, params types.Params, left *int) error {
	statement, err := k.EraRewards.Get(ctx, division.Era)
	if err != nil {
		return err
	}
	total := statement.SignaturePoints.Add(statement.CallPoints)
	pot := reward.Division{Issued: statement.Issued, Cap: statement.Cap}
	for ; *left > 0; *left-- {
		row, operator, found, err := k.nextEarning(ctx, division.Era, division.Cursor)
		if err != nil {
			return err
		}
		if !found {
			return k.openStatement(ctx, statement, params)
		}
		if row.Forfeit, err = k.forfeitOf(ctx, operator, row); err != nil {
			return err
		}
		share := pot.Share(workOf(row), total)
		row.Earned, row.Capped, row.Share = share.Earned, share.Capped, share.Paid
		statement.Treasury = statement.Treasury.Sub(share.Paid)
		if err := k.Earnings.Set(ctx, collections.Join(row.Era, operator), row); err != nil {
			return err
		}
		division.Cursor = operator
	}
	if err := k.EraRewards.Set(ctx, division.Era, statement); err != nil {
		return err
	}
	return k.Division.Set(ctx, types.Division{Era: division.Era, Stage: division.Stage, Cursor: division.Cursor})
}

func workOf(row types.Earning) reward.Work {
	return reward.Work{
		Signatures: row.Signatures, Calls: row.Attestations + row.Calls, Forfeits: row.Forfeit != types.FORFEIT_REASON_UNSPECIFIED,
	}
}

// openStatement has the foundation's window begin with the era's end, where it has one, and the payment be due when it is over.
func (k Keeper) openStatement(ctx context.Context, statement types.EraReward, params types.Params) error {
	next, err := k.EraRecords.Get(ctx, statement.Era+1)
	if err != nil {
		return err
	}
	statement.Status, statement.WindowEnd = types.REWARD_STATUS_OPEN, next.Era.StartTime
	if statement.Mode == types.REWARD_MODE_TRANSITION {
		statement.WindowEnd = next.Era.StartTime.Add(params.FoundationWindow)
	}
	if !statement.Issued.IsPositive() {
		statement.Status = types.REWARD_STATUS_PAID
	} else if err := k.awaitReward(ctx, statement.Era); err != nil {
		return err
	}
	k.emit(ctx, &types.EventEraReward{Reward: statement})
	return k.concludeDivision(ctx, statement)
}

// forfeitOf says why an operator forfeits its reward of an era: a fault or evil (protocol §13), or its duty as a dealer (§3).
func (k Keeper) forfeitOf(ctx context.Context, operator sdk.ValAddress, row types.Earning) (types.ForfeitReason, error) {
	forfeit, found, err := maybe(ctx, k.Forfeits, collections.Join(row.Era, operator))
	if err != nil || found {
		return forfeit.Reason, err
	}
	failed, err := k.DealerFault(ctx, row.Era, row.Operator)
	if err != nil || !failed {
		return types.FORFEIT_REASON_UNSPECIFIED, err
	}
	return types.FORFEIT_REASON_DEALER, nil
}

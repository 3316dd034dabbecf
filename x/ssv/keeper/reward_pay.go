package keeper

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// payRewards goes on with the payment of rewards that are due, oldest era first, at most max_slashes_per_block members a block.
func (k Keeper) payRewards(ctx context.Context, era uint64, params types.Params) {
	if !k.mayWait(ctx, choreRewards) {
		return
	}
	pending, err := k.somePayments(ctx)
	if err == nil && len(pending) == 0 {
		err = k.Chores.Remove(ctx, choreRewards)
	}
	if err != nil {
		k.logger(ctx).Error("pending rewards can't be read", "error", err)
		return
	}
	left := int(params.MaxSlashesPerBlock)
	for _, p := range pending {
		due, err := k.EraRewards.Get(ctx, p.Era)
		if err != nil {
			k.logger(ctx).Error("a reward can't be read", "era", p.Era, "error", err)
			continue
		}
		if left > 0 && p.ResumeEra <= era && !sdk.UnwrapSDKContext(ctx).BlockTime().Before(due.WindowEnd) {
			k.payReward(ctx, era, due, p, params, &left)
		}
	}
}

// awaitReward has an era's reward paid by the blocks to come.
func (k Keeper) awaitReward(ctx context.Context, era uint64) error {
	if err := k.PendingRewards.Set(ctx, era, types.PendingReward{Era: era}); err != nil {
		return err
	}
	return k.markChore(ctx, choreRewards)
}

// maxPendingRewards bounds the eras whose rewards are looked at in a block. One waits for payment, or two where the foundation's window is
// as long as an era; more only where payments fail.
const maxPendingRewards = 16

// somePayments returns the oldest pending payments.
func (k Keeper) somePayments(ctx context.Context) ([]types.PendingReward, error) {
	iterator, err := k.PendingRewards.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var pending []types.PendingReward
	for ; iterator.Valid() && len(pending) < maxPendingRewards; iterator.Next() {
		payment, err := iterator.Value()
		if err != nil {
			return nil, err
		}
		pending = append(pending, payment)
	}
	return pending, nil
}

// payReward issues an era's reward, pays its shares and, when none is left, the Treasury.
func (k Keeper) payReward(
	ctx context.Context, era uint64, due types.EraReward, pending types.PendingReward, params types.Params, left *int,
) {
	if due.Status == types.REWARD_STATUS_OPEN &&
		!k.orPutOff(ctx, era, pending, func(ctx context.Context) error { return k.issue(ctx, &due) }) {
		return
	}
	for *left > 0 {
		earning, operator, found, err := k.nextEarning(ctx, pending.Era, pending.Cursor)
		if err != nil {
			k.logger(ctx).Error("an earning can't be read", "era", due.Era, "error", err)
			return
		}
		if !found {
			k.orPutOff(ctx, era, pending, func(ctx context.Context) error { return k.finishReward(ctx, due, params) })
			return
		}
		if !k.payOrGiveUp(ctx, &due, &pending, earning, operator) {
			return
		}
		*left--
	}
}

// orPutOff issues or finishes a reward, and says whether it did. What fails ten times is put off to the next era, and never given up: it is
// money that is owed.
func (k Keeper) orPutOff(ctx context.Context, era uint64, pending types.PendingReward, step func(ctx context.Context) error) bool {
	if k.isolate(ctx, pending.Era, stepPay, step) == nil {
		return true
	}
	if pending.Attempts++; pending.Attempts >= maxSettleAttempts {
		pending.Attempts, pending.ResumeEra = 0, era+1
	}
	_ = k.isolate(ctx, pending.Era, stepPay, func(ctx context.Context) error { return k.PendingRewards.Set(ctx, pending.Era, pending) })
	return false
}

// issue mints an era's reward into the module's account, once.
func (k Keeper) issue(ctx context.Context, due *types.EraReward) error {
	coins, err := k.coins(ctx, due.Issued)
	if err != nil {
		return err
	}
	if err := k.bank.MintCoins(ctx, types.ModuleName, coins); err != nil {
		return err
	}
	issued := *due
	issued.Status = types.REWARD_STATUS_PAYING
	if err := k.EraRewards.Set(ctx, issued.Era, issued); err != nil {
		return err
	}
	*due = issued
	return nil
}

func (k Keeper) coins(ctx context.Context, amount math.Int) (sdk.Coins, error) {
	denom, err := k.staking.BondDenom(ctx)
	return sdk.NewCoins(sdk.NewCoin(denom, amount)), err
}

// nextEarning returns the row behind the cursor.
func (k Keeper) nextEarning(ctx context.Context, era uint64, cursor []byte) (types.Earning, sdk.ValAddress, bool, error) {
	ranger := collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era)
	if len(cursor) > 0 {
		ranger = ranger.StartExclusive(cursor)
	}
	iterator, err := k.Earnings.Iterate(ctx, ranger)
	if err != nil {
		return types.Earning{}, nil, false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return types.Earning{}, nil, false, nil
	}
	row, err := iterator.KeyValue()
	return row.Value, slices.Clone(row.Key.K2()), err == nil, err
}

// payOrGiveUp pays one share and moves the cursor; payment, row and cursor are written together or not at all. A share that could not be
// paid ten times goes to the Treasury.
func (k Keeper) payOrGiveUp(
	ctx context.Context, due *types.EraReward, pending *types.PendingReward, earning types.Earning, operator sdk.ValAddress,
) bool {
	name := fmt.Sprintf("%s %s", stepPay, earning.Operator)
	err := k.isolate(ctx, due.Era, name, func(ctx context.Context) error {
		why, err := k.payShare(ctx, operator, earning.Share)
		if err != nil {
			return err
		}
		return k.recordPayment(ctx, due, pending, earning, operator, why)
	})
	if err == nil {
		return true
	}
	tried := *pending
	tried.Attempts++
	return k.isolate(ctx, due.Era, name, func(ctx context.Context) error {
		if tried.Attempts < maxSettleAttempts {
			return k.PendingRewards.Set(ctx, due.Era, tried)
		}
		return k.recordPayment(ctx, due, pending, earning, operator, types.UNPAID_FAILED)
	}) == nil && tried.Attempts >= maxSettleAttempts
}

// payShare moves a share to x/distribution for a validator; it says why not where the validator is gone.
func (k Keeper) payShare(ctx context.Context, operator sdk.ValAddress, share math.Int) (types.Unpaid, error) {
	const paid = types.UNPAID_UNSPECIFIED
	if !share.IsPositive() {
		return paid, nil
	}
	validator, found, err := k.validator(ctx, operator)
	if err != nil {
		return paid, err
	}
	if !found {
		return types.UNPAID_GONE, nil
	}
	coins, err := k.coins(ctx, share)
	if err != nil {
		return paid, err
	}
	if err := k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, distrtypes.ModuleName, coins); err != nil {
		return paid, err
	}
	return paid, k.distribution.AllocateTokensToValidator(ctx, validator, sdk.NewDecCoinsFromCoins(coins...))
}

// recordPayment writes down that a share was paid, or why not: then it is the Treasury's.
func (k Keeper) recordPayment(
	ctx context.Context, due *types.EraReward, pending *types.PendingReward, earning types.Earning, operator sdk.ValAddress, unpaid types.Unpaid,
) error {
	after, next := *due, types.PendingReward{Era: due.Era, Cursor: operator}
	earning.Paid, earning.Unpaid = earning.Share, unpaid
	if unpaid != types.UNPAID_UNSPECIFIED {
		earning.Paid = math.ZeroInt()
		after.Treasury = after.Treasury.Add(earning.Share)
		if err := k.EraRewards.Set(ctx, due.Era, after); err != nil {
			return err
		}
	}
	if err := k.Earnings.Set(ctx, collections.Join(due.Era, operator), earning); err != nil {
		return err
	}
	if err := k.PendingRewards.Set(ctx, due.Era, next); err != nil {
		return err
	}
	*due, *pending = after, next
	return nil
}

// finishReward pays what is left to the Treasury, of which the pool of refunds is filled up first.
func (k Keeper) finishReward(ctx context.Context, due types.EraReward, params types.Params) error {
	denom, err := k.staking.BondDenom(ctx)
	if err != nil {
		return err
	}
	pool := k.bank.GetBalance(ctx, authtypes.NewModuleAddress(types.RefundPoolName), denom).Amount
	due.ToRefunds = math.MinInt(due.Treasury, math.MaxInt(params.RefundReserve.Sub(pool), math.ZeroInt()))
	if err := k.pay(ctx, types.RefundPoolName, due.ToRefunds); err != nil {
		return err
	}
	if err := k.pay(ctx, types.TreasuryName, due.Treasury.Sub(due.ToRefunds)); err != nil {
		return err
	}
	due.Status = types.REWARD_STATUS_PAID
	if err := k.PendingRewards.Remove(ctx, due.Era); err != nil {
		return err
	}
	k.emit(ctx, &types.EventEraReward{Reward: due})
	return k.EraRewards.Set(ctx, due.Era, due)
}

func (k Keeper) pay(ctx context.Context, module string, amount math.Int) error {
	if !amount.IsPositive() {
		return nil
	}
	coins, err := k.coins(ctx, amount)
	if err != nil {
		return err
	}
	// By its address: anyone may fill the pool and the Treasury, and who does so first leaves a plain account there.
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, authtypes.NewModuleAddress(module), coins)
}

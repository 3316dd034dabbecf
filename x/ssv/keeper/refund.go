package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// DutyTransaction is a transaction of duties alone that succeeded, all of one operator's.
type DutyTransaction struct {
	Operator string
	// Payer of the fee, and what it paid.
	Payer sdk.AccAddress
	Fee   sdk.Coins
	// Gas that it used.
	Gas uint64
	// Heartbeats among its messages.
	Heartbeats uint64
}

// RefundDuty refunds a duty transaction: gas used · refund_gas_price, never more than its fee, from the pool of refunds, within the operator's
// allowance for the era (protocol §12). It returns what was refunded in ufis: nothing where a heartbeat was not due, where the allowance is
// used up or the pool is empty.
func (k Keeper) RefundDuty(ctx context.Context, tx DutyTransaction) (math.Int, error) {
	nothing := math.ZeroInt()
	operator, err := k.rawOperator(tx.Operator)
	if err != nil {
		return nothing, err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return nothing, err
	}
	account, err := k.refundAccount(ctx, operator, tx.Operator)
	if err != nil {
		return nothing, err
	}
	account.Heartbeats += tx.Heartbeats
	if due, err := k.heartbeatsDue(ctx, operator); err != nil || tx.Heartbeats > 0 && account.Heartbeats > due {
		return nothing, err
	}
	amount, err := k.refundable(ctx, tx, params, account)
	if err != nil || !amount.IsPositive() {
		return nothing, err
	}
	account.Refunded, account.Transactions = account.Refunded.Add(amount), account.Transactions+1
	if err := k.RefundAccounts.Set(ctx, collections.Join(account.Era, operator), account); err != nil {
		return nothing, err
	}
	return amount, k.refund(ctx, tx, amount)
}

func (k Keeper) refundAccount(ctx context.Context, operator sdk.ValAddress, text string) (types.RefundAccount, error) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return types.RefundAccount{}, err
	}
	account, found, err := maybe(ctx, k.RefundAccounts, collections.Join(era.Number, operator))
	if !found {
		account = types.RefundAccount{Era: era.Number, Operator: text, Refunded: math.ZeroInt()}
	}
	return account, err
}

// heartbeatsDue is how many heartbeats an operator may have refunded by now: one for each interval of the era that has begun, if it serves.
func (k Keeper) heartbeatsDue(ctx context.Context, operator sdk.ValAddress) (uint64, error) {
	serving, err := k.Excluded.Has(ctx, operator)
	if err != nil || !serving {
		return 0, err
	}
	era, err := k.CurrentEra(ctx)
	return interval(era, sdk.UnwrapSDKContext(ctx).BlockHeight()) + 1, err
}

// refundable is the least of gas used · price, the fee, the rest of the allowance and the pool, in ufis.
func (k Keeper) refundable(ctx context.Context, tx DutyTransaction, params types.Params, account types.RefundAccount) (math.Int, error) {
	denom, err := k.staking.BondDenom(ctx)
	if err != nil {
		return math.ZeroInt(), err
	}
	pool := k.bank.GetBalance(ctx, authtypes.NewModuleAddress(types.RefundPoolName), denom).Amount
	amount := params.RefundGasPrice.MulInt(math.NewIntFromUint64(tx.Gas)).TruncateInt()
	for _, bound := range []math.Int{tx.Fee.AmountOf(denom), params.RefundAllowance.Sub(account.Refunded), pool} {
		amount = math.MinInt(amount, bound)
	}
	return amount, nil
}

func (k Keeper) refund(ctx context.Context, tx DutyTransaction, amount math.Int) error {
	coins, err := k.coins(ctx, amount)
	if err != nil {
		return err
	}
	payer, err := k.addresses.BytesToString(tx.Payer)
	if err != nil {
		return err
	}
	k.emit(ctx, &types.EventRefund{Operator: tx.Operator, Payer: payer, Amount: amount.String(), Gas: tx.Gas})
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.RefundPoolName, tx.Payer, coins)
}

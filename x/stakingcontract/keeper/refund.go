package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// A deposit that nobody can be credited for goes back to its sender (protocol §8): one that nobody claimed for refund_blocks, and one that
// max_assets has kept out for so long. What it is worth is minted into escrow and paid like a redemption, at the sender's cost.

// maxRefundsPerBlock bounds the deposits of a contract looked at for a payment back in one block.
const maxRefundsPerBlock = 10

func refundKeyOf(d types.Deposit) refundKey {
	return collections.Join4(d.Contract, d.RefundHeight, d.TxHash, d.Index)
}

// scheduleRefund notes from when on a deposit that waits for a person, or for room, goes back to its sender. The caller saves the deposit.
func (k Keeper) scheduleRefund(ctx context.Context, d *types.Deposit) error {
	if d.Status != types.DEPOSIT_STATUS_UNMATCHED && d.Status != types.DEPOSIT_STATUS_HELD {
		return nil
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	d.RefundHeight = height(ctx) + int64(params.RefundBlocks)
	return k.refunds.Set(ctx, refundKeyOf(*d))
}

// refund starts payments back that are due; not while the vault is handed over or payouts are halted.
func (k Keeper) refund(ctx context.Context, w *work) error {
	if w.state.ActiveVault == 0 || w.state.Handover != types.HANDOVER_STAGE_NONE || w.state.Halts.Payouts {
		return nil
	}
	due, err := k.dueRefunds(ctx, w.contract.Id)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.refunds.Remove(ctx, key); err != nil {
			return err
		}
		d, err := k.Deposit(ctx, key.K1(), key.K3(), key.K4())
		if err != nil {
			return err
		}
		if !d.Status.Waiting() || d.RefundHeight != key.K2() {
			continue
		}
		if err := k.refundOne(ctx, w, d); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) dueRefunds(ctx context.Context, contract uint64) (due []refundKey, err error) {
	err = k.refunds.Walk(ctx, collections.NewPrefixedQuadRange[uint64, int64, []byte, uint32](contract), func(key refundKey) (bool, error) {
		if key.K2() > height(ctx) {
			return true, nil
		}
		due = append(due, key)
		return len(due) >= maxRefundsPerBlock, nil
	})
	return due, err
}

// anyRefund says whether a payment back is due that could be started.
func (k Keeper) anyRefund(ctx context.Context, w *work) (bool, error) {
	if w.state.Halts.Payouts {
		return false, nil
	}
	due, err := k.dueRefunds(ctx, w.contract.Id)
	return len(due) > 0, err
}

// refundOne pays one deposit back where its coins are the ACTIVE vault's, and it is still nobody's or kept out; else it is looked at again
// after another term. One that could not bear what a payment that fails costs, or whose sender can't be paid, waits for a claim alone.
func (k Keeper) refundOne(ctx context.Context, w *work, d types.Deposit) error {
	a, err := k.openAccount(ctx, d.Contract, d.Vault)
	if err != nil {
		return err
	}
	moving, err := k.moving(ctx, d.Contract, d.Vault)
	if err != nil {
		return err
	}
	if !mintable(a, moving, d) || d.Recipient != "" && k.excluded(ctx, w.contract, d.Worth()) == "" {
		if err := k.scheduleRefund(ctx, &d); err != nil {
			return err
		}
		return k.deposits.Set(ctx, keyOf(d), d)
	}
	if err := k.takeShare(ctx, a.ledger, &d); err != nil {
		return err
	}
	d.RefundHeight = 0
	if err := k.checkRecipient(ctx, w.contract, w.state, d.Sender); err != nil {
		d.Reason += "; its sender can't be paid back: " + err.Error()
		return k.saveDeposit(ctx, d)
	}
	if least := payout.Least(w.contract, w.state.GasBoost); d.Worth().LT(least) {
		d.Reason += "; too little to be paid back, wanted at least " + least.String()
		return k.saveDeposit(ctx, d)
	}
	return k.startRefund(ctx, w, a, d)
}

func (k Keeper) startRefund(ctx context.Context, w *work, a *account, d types.Deposit) error {
	if d.Recipient != "" {
		if err := k.waiting.Remove(ctx, collections.Join3(d.Contract, d.Vault, d.Ordinal)); err != nil {
			return err
		}
	}
	coins := sdk.NewCoins(sdk.NewCoin(w.contract.RtokenDenom, d.Worth()))
	if err := k.bank.MintCoins(ctx, types.ModuleName, coins); err != nil {
		return err
	}
	books.MintWaiting(&w.state, &a.ledger, d.Ordinal, d.Worth())
	if err := k.setLedger(ctx, a.ledger); err != nil {
		return err
	}
	escrow, err := k.account.AddressCodec().BytesToString(k.account.GetModuleAddress(types.ModuleName))
	if err != nil {
		return err
	}
	if _, err := k.enqueueNew(ctx, types.Redemption{
		Contract: d.Contract, Redeemer: escrow, Recipient: d.Sender, Amount: d.Worth(), Fee: payout.Charge(w.contract, w.state.GasBoost),
		RefundHash: d.TxHash, RefundIndex: d.Index,
	}); err != nil {
		return err
	}
	d.Status, d.Reason = types.DEPOSIT_STATUS_REFUNDING, "it goes back to its sender: "+d.Reason
	return k.saveDeposit(ctx, d)
}

// refunded ends a deposit that was paid back.
func (k Keeper) refunded(ctx context.Context, r types.Redemption) error {
	d, err := k.Deposit(ctx, r.Contract, r.RefundHash, r.RefundIndex)
	if err != nil {
		return err
	}
	d.Status, d.CreditedHeight = types.DEPOSIT_STATUS_REFUNDED, height(ctx)
	return k.saveDeposit(ctx, d)
}

// unrefunded has a deposit that could not be paid back wait for a claim again, worth what is left in escrow for it, which is burned. from is the
// vault that was to pay, whose ledger the caller saves.
func (k Keeper) unrefunded(ctx context.Context, e ending, r types.Redemption, left math.Int) error {
	d, err := k.Deposit(ctx, r.Contract, r.RefundHash, r.RefundIndex)
	if err != nil {
		return err
	}
	if err := k.burn(ctx, e.contract, left); err != nil {
		return err
	}
	if e.from != nil && e.from.vault.Id == d.Vault {
		books.Return(e.state, &e.from.ledger, d.Ordinal, left)
	} else if err := k.returnElsewhere(ctx, e.state, d, left); err != nil {
		return err
	}
	d.Charged = d.Amount.Sub(left)
	d.Status, d.Reason, d.Recipient = types.DEPOSIT_STATUS_UNMATCHED, "its sender can't be paid back: "+r.Reason, ""
	return k.saveDeposit(ctx, d)
}

func (k Keeper) returnElsewhere(ctx context.Context, state *types.ContractState, d types.Deposit, left math.Int) error {
	ledger, err := k.ledger(ctx, d.Vault, d.Contract)
	if err != nil {
		return err
	}
	books.Return(state, &ledger, d.Ordinal, left)
	return k.setLedger(ctx, ledger)
}

package keeper

import (
	"context"
	"strings"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// receive records a proven deposit with its outcome (protocol §8), in this order: a top-up of the reserve; DUST below the minimum; UNMATCHED
// without a readable recipient; PENDING_SWEEP at a vault that is not the deposit address; HELD while deposits are closed, or where it would exceed
// max_assets together with what is owed already, deposits that wait included; else MINTED.
func (k Keeper) receive(
	ctx context.Context, contract types.Contract, state *types.ContractState, height uint64, event types.DepositEvent,
) error {
	a, err := k.openAccount(ctx, contract.Id, event.Vault)
	if err != nil {
		return err
	}
	a.ledger.Deposits++
	deposit := types.Deposit{
		Contract: contract.Id, TxHash: event.TxHash, Index: event.Index, Vault: event.Vault, Ordinal: a.ledger.Deposits, Height: height,
		Sender: event.Sender, Memo: event.Memo, Amount: event.Amount, Charged: math.ZeroInt(),
	}
	deposit.Status, deposit.Reason = k.outcome(ctx, contract, *state, a.vault, &deposit)
	if err := k.bookDeposit(ctx, contract, state, a, &deposit); err != nil {
		return err
	}
	if err := k.noteSweep(ctx, a); err != nil {
		return err
	}
	if err := k.setLedger(ctx, a.ledger); err != nil {
		return err
	}
	if err := k.scheduleRefund(ctx, &deposit); err != nil {
		return err
	}
	if err := k.saveDeposit(ctx, deposit); err != nil {
		return err
	}
	return k.claimByPayment(ctx, contract, *state, deposit)
}

// outcome decides a deposit's status and says why; it sets the recipient where there is one.
func (k Keeper) outcome(
	ctx context.Context, contract types.Contract, state types.ContractState, vault multisigtypes.Vault, d *types.Deposit,
) (types.DepositStatus, string) {
	if strings.TrimSpace(d.Memo) == types.ReserveMemo {
		return types.DEPOSIT_STATUS_RESERVE, "a top-up of the fee reserve"
	}
	if least := contract.Limits.MinDeposit; d.Amount.LT(least) {
		return types.DEPOSIT_STATUS_DUST, "the amount is " + d.Amount.String() + ", wanted at least " + least.String()
	}
	text, _ := named(contract, d.Memo)
	recipient, reason := k.recipient(text)
	if reason != "" {
		return types.DEPOSIT_STATUS_UNMATCHED, reason
	}
	d.Recipient = recipient
	status, why := k.matched(ctx, contract, state, vault)
	if status != types.DEPOSIT_STATUS_MINTED {
		return status, why
	}
	if why = overBound(contract, k.owed(ctx, contract, state), d.Amount); why != "" {
		return types.DEPOSIT_STATUS_HELD, why
	}
	return status, ""
}

// matched is the outcome of a deposit whose recipient is known.
func (k Keeper) matched(
	ctx context.Context, contract types.Contract, state types.ContractState, vault multisigtypes.Vault,
) (types.DepositStatus, string) {
	if vault.Status == multisigtypes.VAULT_STATUS_CLOSED && contract.Kind.HandsOn() {
		return types.DEPOSIT_STATUS_PENDING_SWEEP, "the account was given up before its first use; only its owners can return the amount"
	}
	switch vault.Status {
	case multisigtypes.VAULT_STATUS_ACTIVE:
	case multisigtypes.VAULT_STATUS_PENDING:
		return types.DEPOSIT_STATUS_PENDING_SWEEP, "the vault is not active yet"
	case multisigtypes.VAULT_STATUS_RETIRING:
		return types.DEPOSIT_STATUS_PENDING_SWEEP, "the vault was handed over; mints when the amount is swept, less its share of the fee"
	default:
		return types.DEPOSIT_STATUS_PENDING_SWEEP, "the vault is closed; mints if its old members sweep the amount"
	}
	if reason := k.depositsClosed(ctx, contract, state); reason != "" {
		return types.DEPOSIT_STATUS_HELD, reason
	}
	return types.DEPOSIT_STATUS_MINTED, ""
}

// recipient reads an address of this chain from a memo, and says why it can't receive where it is none or a module's.
func (k Keeper) recipient(memo string) (address, reason string) {
	text := strings.TrimSpace(memo)
	if text == "" {
		return "", "no memo, wanted an address of this chain"
	}
	bytes, err := k.accountAddress(text)
	if err != nil {
		return "", "no address of this chain: " + err.Error()
	}
	if k.bank.BlockedAddr(bytes) {
		return "", "a module's account, which can't receive"
	}
	if address, err = k.account.AddressCodec().BytesToString(bytes); err != nil {
		return "", "no address of this chain: " + err.Error()
	}
	return address, ""
}

// bookDeposit books a new deposit by its status and mints it where it is MINTED; one that bank refuses to deliver becomes UNMATCHED.
func (k Keeper) bookDeposit(ctx context.Context, contract types.Contract, state *types.ContractState, a *account, d *types.Deposit) error {
	switch d.Status {
	case types.DEPOSIT_STATUS_RESERVE, types.DEPOSIT_STATUS_DUST:
		books.Keep(state, a.book(), d.Amount)
		return nil
	case types.DEPOSIT_STATUS_MINTED:
		if err := k.mint(ctx, contract, d); err == nil {
			books.Mint(a.book(), d.Amount)
			return nil
		}
	}
	books.Wait(state, a.book(), d.Amount)
	if d.Recipient == "" {
		return nil
	}
	return k.await(ctx, *d)
}

// mint creates what a deposit is worth in rTokens for its recipient. Where bank refuses, nothing is minted, the deposit becomes UNMATCHED with the reason,
// claimable for another recipient, and the error is returned.
func (k Keeper) mint(ctx context.Context, contract types.Contract, d *types.Deposit) error {
	cache, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.mintTo(cache, contract.RtokenDenom, d.Recipient, d.Worth()); err != nil {
		d.Status, d.Reason, d.Recipient = types.DEPOSIT_STATUS_UNMATCHED, "the recipient can't receive: "+err.Error(), ""
		return err
	}
	write()
	d.Status, d.Reason, d.CreditedHeight = types.DEPOSIT_STATUS_MINTED, "", height(ctx)
	return nil
}

func (k Keeper) mintTo(ctx context.Context, denom, recipient string, amount math.Int) error {
	address, err := k.accountAddress(recipient)
	if err != nil {
		return err
	}
	coins := sdk.NewCoins(sdk.NewCoin(denom, amount))
	if err := k.bank.MintCoins(ctx, types.ModuleName, coins); err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, address, coins)
}

func keyOf(d types.Deposit) depositKey {
	return collections.Join3(d.Contract, d.TxHash, d.Index)
}

func (k Keeper) saveDeposit(ctx context.Context, d types.Deposit) error {
	k.emit(ctx, &types.EventDeposit{
		Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Status: d.Status, Recipient: d.Recipient, Amount: d.Amount.String(),
		Charged: d.Amount.Sub(d.Worth()).String(),
	})
	if err := k.indexUnmatched(ctx, d); err != nil {
		return err
	}
	return k.deposits.Set(ctx, keyOf(d), d)
}

package types

import (
	"fmt"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// NewContractState returns the state of a contract just deployed: nothing observed beyond the checkpoint.
func NewContractState(c Contract) ContractState {
	height, hash := c.CheckpointBlock()
	return ContractState{
		Contract:       c.Id,
		ObservedHeight: height,
		ObservedHash:   hash,
		Reserve:        math.ZeroInt(),
		Unminted:       math.ZeroInt(),
		OutflowCap:     c.Limits.MinOutflow,
		Outflow:        math.ZeroInt(),
		FeesCommitted:  math.ZeroInt(),
		Loss:           math.ZeroInt(),
		LeastEvent:     c.Limits.MinDeposit,
	}
}

// NewLedger returns the ledger of a vault just made.
func NewLedger(vault, contract uint64) Ledger {
	return Ledger{
		Vault: vault, Contract: contract, Balance: math.ZeroInt(), Unswept: math.ZeroInt(), Loss: math.ZeroInt(), Locked: math.ZeroInt(),
	}
}

// Spendable is what a vault can pay with: its balance without what an outsider locked in it.
func (l Ledger) Spendable() math.Int {
	if l.Locked.IsNil() {
		return l.Balance
	}
	return math.MaxInt(l.Balance.Sub(l.Locked), math.ZeroInt())
}

// Worth is what a deposit mints, or its sender gets back: its amount without what it was charged.
func (d Deposit) Worth() math.Int {
	if d.Charged.IsNil() {
		return d.Amount
	}
	return d.Amount.Sub(d.Charged)
}

// Refund says whether a redemption returns a deposit to its sender.
func (r Redemption) Refund() bool { return len(r.RefundHash) > 0 }

// Observing returns the vault whose members observe: the ACTIVE one, else the PENDING one, else 0.
func (s ContractState) Observing() uint64 {
	if s.ActiveVault != 0 {
		return s.ActiveVault
	}
	return s.PendingVault
}

// Counted says whether a vault's balance backs rTokens: it does while the vault is ACTIVE or RETIRING.
func Counted(status multisigtypes.VaultStatus) bool {
	return status == multisigtypes.VAULT_STATUS_ACTIVE || status == multisigtypes.VAULT_STATUS_RETIRING
}

// Waiting says whether a deposit was received and not minted.
func (s DepositStatus) Waiting() bool {
	return s == DEPOSIT_STATUS_UNMATCHED || s == DEPOSIT_STATUS_PENDING_SWEEP || s == DEPOSIT_STATUS_HELD
}

// Finished says whether a redemption is over.
func (s RedemptionStatus) Finished() bool {
	return s == REDEMPTION_STATUS_PAID || s == REDEMPTION_STATUS_REFUSED || s == REDEMPTION_STATUS_CANCELLED
}

// Due is what a redemption's recipient is still to be paid, beside what is in flight.
func (r Redemption) Due() math.Int {
	return r.Amount.Sub(r.Fee).Sub(r.Paid).Sub(r.InFlight)
}

// Escrowed is what the module holds of a redemption's rTokens.
func (r Redemption) Escrowed() math.Int {
	if r.Status.Finished() {
		return math.ZeroInt()
	}
	return r.Amount.Sub(r.Paid)
}

// FeePaid is the fee that an execution took from its vault: what was proven, or the batch's where it is always paid as it is.
func (e ExecutionEvent) FeePaid(batch Batch) math.Int {
	if e.Fee == nil {
		return batch.Fee
	}
	return *e.Fee
}

// DepositID is a deposit's identity in words: "contract/transaction hash in lower-case hex/index".
func DepositID(contract uint64, txHash []byte, index uint32) string {
	return fmt.Sprintf("%d/%x/%d", contract, txHash, index)
}

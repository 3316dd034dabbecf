// Package books is the arithmetic of a contract's books, without a store. For every contract, in base units of its asset,
//
//	rToken supply (escrow included) + unminted = Σ balances of ACTIVE and RETIRING vaults − reserve
//
// holds before and after each function here together with the mint or burn that its comment names, as long as no outflow happened. What a
// PENDING or CLOSED vault holds counts for nothing: it joins the sum when the vault becomes ACTIVE, or when it is swept (protocol §§8–10).
package books

import (
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Vault is a vault's status and its ledger, which the functions here change.
type Vault struct {
	Status multisigtypes.VaultStatus
	Ledger *types.Ledger
}

func (v Vault) counted() bool { return types.Counted(v.Status) }

// Mint books a deposit that is minted at once: the caller mints amount.
func Mint(v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Add(amount)
}

// Keep books an inflow that goes to the reserve: DUST, SURPLUS or a top-up.
func Keep(s *types.ContractState, v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Add(amount)
	if v.counted() {
		s.Reserve = s.Reserve.Add(amount)
	}
}

// Wait books a deposit that is not minted yet.
func Wait(s *types.ContractState, v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Add(amount)
	v.Ledger.Unswept = v.Ledger.Unswept.Add(amount)
	if v.counted() {
		s.Unminted = s.Unminted.Add(amount)
	}
}

// MintWaiting books that a waiting deposit, the ordinal-th of its vault, is minted: the caller mints amount. The deposit must be mintable:
// its vault is ACTIVE or the deposit was moved on.
func MintWaiting(s *types.ContractState, ledger *types.Ledger, ordinal uint64, amount math.Int) {
	s.Unminted = s.Unminted.Sub(amount)
	if ordinal > ledger.Moved {
		ledger.Unswept = ledger.Unswept.Sub(amount)
	}
}

// Fee books the fee of a transaction that the vault executed, whether it succeeded or not.
func Fee(s *types.ContractState, v Vault, fee math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Sub(fee)
	if v.counted() {
		s.Reserve = s.Reserve.Sub(fee)
	}
}

// Paid books what left a vault for redeemers: the caller burns amount.
func Paid(v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Sub(amount)
}

// Burned books rTokens burned beside a payment, a redemption's fee or its share of failed fees: what backed them joins the reserve. The
// caller burns amount.
func Burned(s *types.ContractState, amount math.Int) {
	s.Reserve = s.Reserve.Add(amount)
}

// Move books a proven handover or sweep beside its fee: the batch's total goes from one vault to the other, and the deposits it takes along
// are moved. A CLOSED vault's money starts to count here: its waiting deposits as unminted, the rest as reserve.
func Move(s *types.ContractState, from, to Vault, batch types.Batch) {
	from.Ledger.Balance = from.Ledger.Balance.Sub(batch.Total)
	from.Ledger.Unswept = from.Ledger.Unswept.Sub(batch.Unswept)
	from.Ledger.Moved = max(from.Ledger.Moved, batch.Deposits)
	to.Ledger.Balance = to.Ledger.Balance.Add(batch.Total)
	if !from.counted() && to.counted() {
		s.Unminted = s.Unminted.Add(batch.Unswept)
		s.Reserve = s.Reserve.Add(batch.Total.Sub(batch.Unswept))
	}
}

// Activate books that a PENDING vault becomes ACTIVE: its waiting deposits count as unminted, the rest of its balance as reserve. A balance
// below its waiting deposits adds nothing to the reserve, so that the loss shows as insolvency.
func Activate(s *types.ContractState, ledger types.Ledger) {
	s.Unminted = s.Unminted.Add(ledger.Unswept)
	if parked := ledger.Balance.Sub(ledger.Unswept); parked.IsPositive() {
		s.Reserve = s.Reserve.Add(parked)
	}
}

// Written is what the reserve loses when a RETIRING vault is closed with money left that is not worth sweeping.
func Written(ledger types.Ledger) math.Int {
	return ledger.Balance.Sub(ledger.Unswept)
}

// Close books that a RETIRING vault becomes CLOSED: its balance counts no more. The reserve makes good what backed rTokens.
func Close(s *types.ContractState, ledger types.Ledger) {
	s.Unminted = s.Unminted.Sub(ledger.Unswept)
	s.Reserve = s.Reserve.Sub(Written(ledger))
}

// Outflow books a decrease that no session explains; it is the one entry that leaves the equality broken.
func Outflow(v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Sub(amount)
}

// Sums is both sides of a contract's books.
type Sums struct {
	// Supply of the rToken, escrow included, and unminted deposits: what is owed.
	Supply, Unminted math.Int
	// Balances proven of ACTIVE and RETIRING vaults, and the reserve in them.
	Balances, Reserve math.Int
}

// Surplus is balances − reserve − supply − unminted: 0 in order, below 0 after an outflow.
func (s Sums) Surplus() math.Int {
	return s.Balances.Sub(s.Reserve).Sub(s.Supply).Sub(s.Unminted)
}

// Solvent says whether what is owed is covered (protocol §9).
func (s Sums) Solvent() bool { return !s.Surplus().IsNegative() }

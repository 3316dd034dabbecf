// Package books is the arithmetic of a contract's books, without a store. For every contract, in
// base units of its asset,
//
//	rToken supply (escrow included) + unminted = Σ spendable of ACTIVE and RETIRING vaults − reserve
//
// holds before and after each function here together with the mint or burn that its comment names,
// as long as no outflow happened; spendable is balance − locked. What a PENDING or CLOSED vault
// holds counts for nothing: it joins the sum when the vault becomes ACTIVE, or when it is swept
// (protocol §§8–10).
//
// Two things hold whatever is observed. A deposit that waited mints only against coins that are
// there: where a move brings less than the deposits that it takes along, they share what it brought.
// And the reserve is never below 0: what it can't pay shows as insolvency.
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
		debit(s, fee)
	}
}

// debit takes an amount from the reserve, down to 0. What the reserve can't pay is missing in the
// vaults all the same, so that the contract is insolvent by it.
func debit(s *types.ContractState, amount math.Int) {
	s.Reserve = math.MaxInt(s.Reserve.Sub(amount), math.ZeroInt())
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

// Carried is what became of the deposits that a move took along, or that waited at a vault which
// became ACTIVE: Owed is their sum, Left what is there for them. Where Left is less they share it.
type Carried struct{ Owed, Left math.Int }

// Short says whether the deposits get less than they are.
func (c Carried) Short() bool { return c.Left.LT(c.Owed) }

// Move books a proven handover or sweep, of which the fee is booked already: the batch's total goes
// from one vault to the other, and the deposits that it takes along are moved.
//
// Of a sweep they pay the fee, in proportion to what of the vault's balance they were, rounded up;
// of a handover the reserve does. They get no more than the total in any case. Of a vault that backs
// nothing the money starts to count here: what is there for the deposits as unminted, the rest as
// reserve. One that lost coins without a session mints nothing: its deposits wait where they are,
// and all that arrives is reserve.
func Move(s *types.ContractState, from, to Vault, batch types.Batch) Carried {
	from.Ledger.Balance = from.Ledger.Balance.Sub(batch.Total)
	to.Ledger.Balance = to.Ledger.Balance.Add(batch.Total)
	if !from.counted() && from.Ledger.Loss.IsPositive() {
		if to.counted() {
			s.Reserve = s.Reserve.Add(batch.Total)
		}
		return Carried{Owed: math.ZeroInt(), Left: math.ZeroInt()}
	}
	owed, toll := batch.Unswept, toll(batch)
	c := Carried{Owed: owed, Left: math.MinInt(owed.Sub(toll), batch.Total)}
	if !to.counted() {
		c.Left = math.ZeroInt()
	}
	from.Ledger.Unswept = from.Ledger.Unswept.Sub(owed)
	from.Ledger.Moved = max(from.Ledger.Moved, batch.Deposits)
	switch {
	case from.counted() && to.counted():
		s.Unminted = s.Unminted.Sub(c.Owed).Add(c.Left)
		s.Reserve = s.Reserve.Add(toll)
	case to.counted():
		s.Unminted = s.Unminted.Add(c.Left)
		s.Reserve = s.Reserve.Add(batch.Total.Sub(c.Left))
	case from.counted():
		s.Unminted = s.Unminted.Sub(c.Owed)
		debit(s, math.MaxInt(batch.Total.Sub(c.Owed), math.ZeroInt()))
	}
	return c
}

// toll is what a sweep's fee takes of the deposits that it takes along: fee · deposits / (total +
// fee), rounded up, at most the fee and at most what they are; nothing of a handover's.
func toll(batch types.Batch) math.Int {
	all := batch.Total.Add(batch.Fee)
	if batch.Purpose != multisigtypes.PURPOSE_SWEEP || !all.IsPositive() {
		return math.ZeroInt()
	}
	part := batch.Fee.Mul(batch.Unswept).Add(all).SubRaw(1).Quo(all)
	return math.MinInt(part, math.MinInt(batch.Fee, batch.Unswept))
}

// Share takes one deposit's part of what is left for it and others: left · worth / owed, rounded
// down; the last one takes all that is left. The arrival is what is there for the others after it.
func Share(a *types.Arrival, worth math.Int) math.Int {
	share := a.Left
	if worth.LT(a.Owed) {
		share = a.Left.Mul(worth).Quo(a.Owed)
	}
	a.Owed, a.Left = a.Owed.Sub(math.MinInt(worth, a.Owed)), a.Left.Sub(share)
	return share
}

// Activate books that a PENDING vault becomes ACTIVE: its waiting deposits count as unminted, the
// rest of what it can spend as reserve. Deposits of a vault that can spend less than they are share
// that; of one that lost coins without a session they are nothing. Then they count as moved, and
// what is lost from now on is the ACTIVE vault's.
func Activate(s *types.ContractState, ledger *types.Ledger) Carried {
	spendable := ledger.Spendable()
	c := Carried{Owed: ledger.Unswept, Left: math.MinInt(ledger.Unswept, spendable)}
	if ledger.Loss.IsPositive() {
		c.Left = math.ZeroInt()
	}
	s.Unminted = s.Unminted.Add(c.Left)
	s.Reserve = s.Reserve.Add(spendable.Sub(c.Left))
	ledger.Loss = math.ZeroInt()
	if c.Short() {
		ledger.Unswept, ledger.Moved = math.ZeroInt(), ledger.Deposits
	}
	return c
}

// Written is what the reserve loses when a RETIRING vault is closed with money left that is not
// worth sweeping, or was taken out of it without a session.
func Written(ledger types.Ledger) math.Int {
	return ledger.Spendable().Add(ledger.Loss).Sub(ledger.Unswept)
}

// Close books that a RETIRING vault becomes CLOSED: its balance counts no more. The reserve makes
// good what backed rTokens.
func Close(s *types.ContractState, ledger types.Ledger) {
	s.Unminted = s.Unminted.Sub(ledger.Unswept)
	if written := Written(ledger); written.IsPositive() {
		debit(s, written)
	} else {
		s.Reserve = s.Reserve.Sub(written)
	}
}

// Outflow books a decrease that no session explains; it is the one entry that leaves the equality
// broken. The ledger of a vault that is not ACTIVE keeps it.
func Outflow(v Vault, amount math.Int) {
	v.Ledger.Balance = v.Ledger.Balance.Sub(amount)
	if v.Status != multisigtypes.VAULT_STATUS_ACTIVE {
		v.Ledger.Loss = v.Ledger.Loss.Add(amount)
	}
}

// Return books that a payment back to a deposit's sender failed for good: it waits again, worth
// less by what it was charged. The caller burns the rTokens that were held for it, the charge too.
func Return(s *types.ContractState, ledger *types.Ledger, ordinal uint64, worth math.Int) {
	s.Unminted = s.Unminted.Add(worth)
	if ordinal > ledger.Moved {
		ledger.Unswept = ledger.Unswept.Add(worth)
	}
}

// Sums is both sides of a contract's books.
type Sums struct {
	// Supply of the rToken, escrow included, and unminted deposits: what is owed.
	Supply, Unminted math.Int
	// Balances proven of ACTIVE and RETIRING vaults that can be spent, and the reserve in them.
	Balances, Reserve math.Int
}

// Surplus is balances − reserve − supply − unminted: 0 in order, below 0 after an outflow.
func (s Sums) Surplus() math.Int {
	return s.Balances.Sub(s.Reserve).Sub(s.Supply).Sub(s.Unminted)
}

// Solvent says whether what is owed is covered (protocol §9).
func (s Sums) Solvent() bool { return !s.Surplus().IsNegative() }

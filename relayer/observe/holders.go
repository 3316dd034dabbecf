package observe

import "maps"

// handover says that an account passed from one vault to another, with all that the ledger of the first knows.
type handover struct{ from, to uint64 }

// holders are who holds the accounts that were handed on since the range's start, by the vault that owned them then. An account that is not
// in it is held by its owner. On chains where another committee is another address it stays empty.
type holders map[uint64]uint64

// now is who holds the account of an owner.
func (h holders) now(owner uint64) uint64 {
	if holder, found := h[owner]; found {
		return holder
	}
	return owner
}

// pass books a handover.
func (h holders) pass(passed handover) {
	known := false
	for owner, holder := range h {
		if holder == passed.from {
			h[owner], known = passed.to, true
		}
	}
	if !known {
		h[passed.from] = passed.to
	}
}

// attribute gives each deposit, which names the owner, to the vault that holds the account at its place among the effects. They follow what was booked.
func (h holders) attribute(effects []effect) {
	at := maps.Clone(h)
	for i := range effects {
		effects[i].receivedBy(at.now(effects[i].vault))
		if passed := effects[i].passed; passed != nil {
			at.pass(*passed)
		}
	}
}

// book takes effects that were added.
func (h holders) book(effects []effect) {
	for _, e := range effects {
		if e.passed != nil {
			h.pass(*e.passed)
		}
	}
}

// receivedBy makes a deposit one to a vault. Anything else is of the vault whose session it is.
func (e *effect) receivedBy(vault uint64) {
	deposit := e.event.GetDeposit()
	if deposit == nil || vault == e.vault {
		return
	}
	deposit.Vault, e.vault = vault, vault
	for i := range e.deltas {
		e.deltas[i].vault = vault
	}
}

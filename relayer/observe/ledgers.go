package observe

import (
	"math/big"
)

// Codes of a failed execution of a Safe (types.ExecutionEvent).
const (
	codeFailed = 1
	codePoor   = 5
)

// ledgers are the vaults' ledgers on their way through a range. One may be below 0 in between, where what came without an event is booked at the end.
type ledgers map[uint64]*big.Int

func ledgersOf(vaults []Vault) ledgers {
	l := make(ledgers, len(vaults))
	for _, vault := range vaults {
		l[vault.ID] = vault.Ledger.BigInt()
	}
	return l
}

// book books effects in their order. A handover moves all that there is.
func (l ledgers) book(effects []effect) {
	for _, e := range effects {
		for _, change := range e.deltas {
			l[change.vault].Add(l[change.vault], change.amount)
		}
		if e.passed != nil {
			l[e.passed.to].Add(l[e.passed.to], l[e.passed.from])
			l[e.passed.from].SetInt64(0)
		}
	}
}

func (l ledgers) clone() ledgers {
	other := make(ledgers, len(l))
	for vault, amount := range l {
		other[vault] = new(big.Int).Set(amount)
	}
	return other
}

// judge tells of each failed payout whether its Safe could have been too poor for it, which is no
// redeemer's fault: it was where the ledger has less by then than outputs and fee. A Safe holds at
// least what its ledger says, for the range begins with a proven balance, ether leaves only by an
// execution, each execution is logged, and dust that has no event only adds to it; unless one came
// before that no session asked for, of which nobody knows what it took. Then it could have been,
// too. No state has to be proven for it, which nodes have of recent blocks only.
func (d *derivation) judge(effects []effect) {
	var at ledgers
	booked := 0
	for i, e := range effects {
		if e.needs == nil {
			continue
		}
		if at == nil {
			at = d.ledgers.clone()
		}
		at.book(effects[booked:i])
		booked = i
		_, foreign := d.foreign[d.accounts.ownerOf(e.vault)]
		if foreign || at[e.vault].Cmp(e.needs) < 0 {
			e.event.GetExecution().Code = codePoor
		}
	}
}

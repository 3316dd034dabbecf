package payout

import (
	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Result codes that say what failed: of a Safe's transactions, which have none of their own, and of
// the Cosmos SDK. A Cosmos chain proves a code without its codespace: 5 is insufficient funds of the
// SDK itself, and something else of a module's.
const (
	// CodeFailed is a Safe's transaction that failed though the Safe could pay.
	CodeFailed = 1
	// CodeInsufficientFunds is a transaction of an account that holds less than it was to pay.
	CodeInsufficientFunds = 5
)

// SafeCode says whether a code is one of those that a failed transaction of a Safe is reported with.
func SafeCode(code uint32) bool { return code == CodeFailed || code == CodeInsufficientFunds }

// Doubtful says whether a contract's chain proves codes that may mean several things.
func Doubtful(c types.Contract) bool { return !c.Kind.HandsOn() }

// Verdict is what follows for a payout batch that was proven executed and failed.
type Verdict int

const (
	// Halve puts the redemptions back with half the batch as their bound.
	Halve Verdict = iota
	// Refuse the one redemption of the batch: alone, it failed.
	Refuse
	// Boost puts the redemptions back unchanged, with more gas for the next transaction.
	Boost
	// Excuse the one redemption of the batch: it ran out of gas alone at the greatest boost. It is refused and pays nothing.
	Excuse
	// Stop puts the redemptions back unchanged and halts payouts: the vault could not pay what its ledger holds.
	Stop
	// Doubt puts the redemptions back to be paid together once more: the code may say that the vault could not pay, of which the
	// balance at the range's end tells, or mean one of them.
	Doubt
)

// Failed is a batch that was proven executed and failed: N redemptions, paid at a gas boost.
type Failed struct {
	Event types.ExecutionEvent
	N     int
	Boost uint32
	// Doubtful is as the chain's kind says, Doubted is true where a batch of them was given the benefit of the doubt before.
	Doubtful, Doubted bool
}

// Judge says what follows for a failed batch. Too little gas or money is never blamed on a redeemer; gas is judged by what was proven used.
// A batch that still runs out at the greatest boost is halved, because one output may be what needs the gas.
func Judge(f Failed) Verdict {
	poor := !f.Event.OutOfGas && f.Event.Code == CodeInsufficientFunds
	switch {
	case Starved(f.Event, f.Boost):
		return Boost
	case poor && !f.Doubtful:
		return Stop
	case poor && !f.Doubted:
		return Doubt
	case f.N > 1:
		return Halve
	case f.Event.OutOfGas:
		return Excuse
	default:
		return Refuse
	}
}

// Starved says whether a transaction ran out of gas at a boost that can still grow.
func Starved(event types.ExecutionEvent, boost uint32) bool {
	return event.OutOfGas && boost < MaxGasBoost
}

// Halved is the max_batch of each redemption of a failed batch of n: half of it, rounded down, at least 1.
func Halved(n int) uint32 { return uint32(max(1, n/2)) }

// Cap is what a contract may pay out in an era: the greater of share·assets, rounded down, and least.
func Cap(assets math.Int, share math.LegacyDec, least math.Int) math.Int {
	return math.MaxInt(share.MulInt(assets).TruncateInt(), least)
}

// maxMoveWait in blocks bounds the wait between attempts at a handover: about a day of blocks of 6 s.
const maxMoveWait = 14_400

// MoveWait is for how many blocks a handover that was executed and failed is not opened anew: the interval after its first failure in a row, twice
// as long after each further one, at most maxMoveWait.
func MoveWait(interval uint64, failures uint32) int64 {
	wait := min(interval, maxMoveWait)
	for i := uint32(1); i < failures && wait < maxMoveWait; i++ {
		wait = min(2*wait, maxMoveWait)
	}
	return int64(wait)
}

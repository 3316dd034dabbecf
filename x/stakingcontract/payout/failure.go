package payout

import (
	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Result codes that say what failed: those of the Cosmos SDK's root codespace (cosmos-sdk types/errors), and of a Safe's transactions, which have
// none of their own.
const (
	// CodeFailed is a Safe's transaction that failed though the Safe could pay.
	CodeFailed = 1
	// CodeInsufficientFunds is a transaction of an account that holds less than it was to pay.
	CodeInsufficientFunds = 5
	codeOutOfGas          = 11
)

// SafeCode says whether a code is one of those that a failed transaction of a Safe is reported with.
func SafeCode(code uint32) bool { return code == CodeFailed || code == CodeInsufficientFunds }

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
)

// Judge says what follows for a failed batch of n redemptions at a gas boost. Too little gas or money is never blamed on a redeemer; a
// batch that still runs out at the greatest boost is halved, because one output may be what needs the gas.
func Judge(event types.ExecutionEvent, n int, boost uint32) Verdict {
	starved := event.OutOfGas || event.Code == codeOutOfGas
	switch {
	case starved && boost < MaxGasBoost:
		return Boost
	case !starved && event.Code == CodeInsufficientFunds:
		return Stop
	case n > 1:
		return Halve
	case starved:
		return Excuse
	default:
		return Refuse
	}
}

// Halved is the max_batch of each redemption of a failed batch of n: half of it, rounded down, at least 1.
func Halved(n int) uint32 { return uint32(max(1, n/2)) }

// Share is each redemption's part of a failed batch's fee: fee/n, rounded up.
func Share(fee math.Int, n int) math.Int {
	return fee.AddRaw(int64(n) - 1).QuoRaw(int64(n))
}

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

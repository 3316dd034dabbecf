package pool

import (
	"math/bits"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// unit is 1 in the 18 decimals of a LegacyDec.
const unit = uint64(1_000_000_000_000_000_000)

// Facts are Measured in integers: what the freeze judges a candidate by, without a text and without an allocation.
type Facts struct {
	// Stake in ufis, 2^64−1 where it is more; SelfRatio in units of 10^-18, truncated; Weight is ⌊ufis/10^6⌋.
	Stake, SelfRatio, Weight uint64
	// Bonded is true for a validator that is bonded and not jailed.
	Bonded, Resigned, Signs bool
	Created                 uint64
	CreatedKnown            bool
	Missed                  int64

	HeartbeatsDue, HeartbeatsSent uint64
	Slashed, BannedUntil          uint64
	Chains                        int
	LastSeen                      int64
}

// FactsOf returns the facts of what was measured.
func FactsOf(m Measured) Facts {
	return Facts{
		Stake: Saturated(m.Stake), SelfRatio: SelfRatio(m.SelfStake, m.Stake), Weight: m.Weight,
		Bonded: m.Bonded && !m.Jailed, Resigned: m.Resigned, Signs: m.Signs,
		Created: m.Created, CreatedKnown: m.CreatedKnown, Missed: m.Missed,
		HeartbeatsDue: m.HeartbeatsDue, HeartbeatsSent: m.HeartbeatsSent,
		Slashed: m.Slashed, BannedUntil: m.BannedUntil, Chains: m.Chains, LastSeen: m.LastSeen,
	}
}

// Saturated returns an amount, or 2^64−1 where it is more.
func Saturated(amount math.Int) uint64 {
	if amount.IsUint64() {
		return amount.Uint64()
	}
	return ^uint64(0)
}

// SelfRatio returns own stake / total stake in units of 10^-18, truncated; 0 without stake.
func SelfRatio(own, total math.Int) uint64 {
	return decimals(selfRatio(own, total))
}

// decimals returns a ratio from 0 to 1 in units of 10^-18.
func decimals(ratio math.LegacyDec) uint64 { return ratio.BigInt().Uint64() }

// Bounds are what the criteria require, and what they measure by that is the same for all candidates of a block.
type Bounds struct {
	era, height         uint64
	bondedPower, window uint64

	minStake                            math.Int
	leastStake                          uint64
	minSelfRatio, minOnline, maxPower   uint64
	minTenure, slashMemory, heartbeatOf uint64
}

// NewBounds returns the criteria of the parameters at a height of this chain in an era; bondedPower is ⌊ufis/10^6⌋ and window
// x/slashing's, in blocks.
func NewBounds(p types.Params, era uint64, height int64, bondedPower uint64, window int64) Bounds {
	return Bounds{
		era: era, height: uint64(max(height, 0)), bondedPower: bondedPower, window: uint64(max(window, 0)),
		minStake: p.MinStake, leastStake: Saturated(p.MinStake),
		minSelfRatio: decimals(p.MinSelfRatio), minOnline: decimals(p.MinOnlineRate), maxPower: decimals(p.MaxCandidatePower),
		minTenure: p.MinTenure, slashMemory: p.SlashMemory, heartbeatOf: p.HeartbeatWindow,
	}
}

// Admits says whether every criterion holds but rest: what Eligible says of Criteria. A min_stake of 2^64 ufis or more, which is more
// than there can be, admits nobody.
func (b Bounds) Admits(f Facts) bool {
	return f.Bonded && !f.Resigned && f.Weight > 0 && b.minStake.IsUint64() && f.Stake >= b.leastStake && f.SelfRatio >= b.minSelfRatio &&
		b.tenured(f) && b.online(f) && b.clean(f) && b.serves(f) && b.bearable(f) && f.BannedUntil < b.era
}

func (b Bounds) tenured(f Facts) bool {
	eras := uint64(0)
	if f.CreatedKnown && b.era > f.Created {
		eras = b.era - f.Created
	}
	return eras >= b.minTenure
}

func (b Bounds) online(f Facts) bool {
	if !f.Signs {
		return false
	}
	signed := uint64(0)
	if missed := uint64(max(f.Missed, 0)); missed < b.window {
		signed = b.window - missed
	}
	return reaches(signed, b.window, b.minOnline) && reaches(f.HeartbeatsSent, f.HeartbeatsDue, b.minOnline)
}

func (b Bounds) clean(f Facts) bool {
	return f.Slashed == 0 || b.slashMemory > 0 && b.era >= f.Slashed+b.slashMemory
}

func (b Bounds) serves(f Facts) bool {
	if f.LastSeen <= 0 || f.Chains == 0 {
		return false
	}
	seen := uint64(f.LastSeen)
	return b.height <= seen || b.height-seen <= b.heartbeatOf
}

// bearable says whether the share of bonded power, truncated to 18 decimals, is at most the greatest allowed: it is less than the next
// greater number of 18 decimals.
func (b Bounds) bearable(f Facts) bool {
	return b.maxPower >= unit || b.bondedPower > 0 && !reaches(f.Weight, b.bondedPower, b.maxPower+1)
}

// reaches says whether part/whole is at least ratio, in units of 10^-18; it is 1 where the whole is 0. No rounding is involved:
// the products have 128 bits.
func reaches(part, whole, ratio uint64) bool {
	if whole == 0 {
		part, whole = 1, 1
	}
	partHigh, partLow := bits.Mul64(part, unit)
	wholeHigh, wholeLow := bits.Mul64(whole, ratio)
	return partHigh > wholeHigh || partHigh == wholeHigh && partLow >= wholeLow
}

// Package pool decides who may be elected: the criteria of protocol §4 as pure functions of what was measured.
package pool

import (
	"fmt"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Numbers of the criteria: six of protocol §4, and what bars a candidate besides.
const (
	Stake uint32 = iota + 1
	SelfStake
	Tenure
	Online
	NoSlash
	Service
	PowerBound
	NoBan
	Rested
	Standing
)

// Measured is what is known of a candidate when the pool is frozen. Stakes are in ufis, Weight and BondedPower are
// ⌊ufis/10^6⌋, heights are of this chain.
type Measured struct {
	Era    uint64
	Height int64

	Bonded, Jailed, Resigned bool
	Stake, SelfStake         math.Int
	Weight, BondedPower      uint64
	// Created is the era in which the validator was created; CreatedKnown is false where nobody recorded it.
	Created      uint64
	CreatedKnown bool
	// Missed of the Window newest blocks as a producer; Signs is false for one that never was bonded.
	Signs          bool
	Missed, Window int64
	// HeartbeatsDue and HeartbeatsSent as a member, in the current and the last era.
	HeartbeatsDue, HeartbeatsSent uint64
	// Slashed is the era of the last consensus fault, with its kind; 0 for none.
	Slashed   uint64
	SlashKind string
	// Chains served, and the height of the last sign of life; 0 for none.
	Chains      int
	LastSeen    int64
	BannedUntil uint64
	// Serving is true for a member of a present committee.
	Serving bool
}

// Criteria measures a candidate by every criterion, in order of number.
func Criteria(m Measured, p types.Params) []types.Criterion {
	return []types.Criterion{
		stake(m, p), selfStake(m, p), tenure(m, p), online(m, p), noSlash(m, p), service(m, p), powerBound(m, p), noBan(m),
		rested(m), standing(m),
	}
}

// Eligible says whether every criterion holds but rest, which bars nobody by itself: it is settled for the pool as a whole.
func Eligible(criteria []types.Criterion) bool {
	for _, criterion := range criteria {
		if !criterion.Holds && criterion.Number != Rested {
			return false
		}
	}
	return true
}

func stake(m Measured, p types.Params) types.Criterion {
	return types.Criterion{
		Number: Stake, Name: "stake, own and delegated", Holds: m.Stake.GTE(p.MinStake),
		Measured: m.Stake.String() + " ufis", Required: "at least " + p.MinStake.String() + " ufis",
	}
}

func selfStake(m Measured, p types.Params) types.Criterion {
	ratio := selfRatio(m.SelfStake, m.Stake)
	return types.Criterion{
		Number: SelfStake, Name: "own stake / total stake", Holds: ratio.GTE(p.MinSelfRatio),
		Measured: ratio.String(), Required: "at least " + p.MinSelfRatio.String(),
	}
}

func selfRatio(own, total math.Int) math.LegacyDec {
	if !total.IsPositive() {
		return math.LegacyZeroDec()
	}
	return share(math.LegacyNewDecFromInt(own), math.LegacyNewDecFromInt(total))
}

func tenure(m Measured, p types.Params) types.Criterion {
	eras := uint64(0)
	if m.CreatedKnown && m.Era > m.Created {
		eras = m.Era - m.Created
	}
	return types.Criterion{
		Number: Tenure, Name: "time as a validator", Holds: eras >= p.MinTenure,
		Measured: fmt.Sprintf("%d eras", eras), Required: fmt.Sprintf("at least %d eras", p.MinTenure),
	}
}

// online takes the worse of the rates as a producer and as a member.
func online(m Measured, p types.Params) types.Criterion {
	criterion := types.Criterion{
		Number: Online, Name: "online rate", Required: "at least " + p.MinOnlineRate.String() + " of blocks and of heartbeats",
	}
	if !m.Signs {
		criterion.Measured = "never bonded"
		return criterion
	}
	rate := share(math.LegacyNewDec(m.Window-m.Missed), math.LegacyNewDec(m.Window))
	criterion.Measured = fmt.Sprintf("%s: missed %d of %d blocks", rate, m.Missed, m.Window)
	if m.HeartbeatsDue > 0 {
		sent, due := math.NewIntFromUint64(m.HeartbeatsSent), math.NewIntFromUint64(m.HeartbeatsDue)
		rate = math.LegacyMinDec(rate, share(math.LegacyNewDecFromInt(sent), math.LegacyNewDecFromInt(due)))
		criterion.Measured = fmt.Sprintf(
			"%s: missed %d of %d blocks, sent %d of %d heartbeats", rate, m.Missed, m.Window, m.HeartbeatsSent, m.HeartbeatsDue,
		)
	}
	criterion.Holds = rate.GTE(p.MinOnlineRate)
	return criterion
}

// share is part/whole within 0 and 1; 1 where nothing was due.
func share(part, whole math.LegacyDec) math.LegacyDec {
	if !whole.IsPositive() {
		return math.LegacyOneDec()
	}
	return math.LegacyMaxDec(math.LegacyZeroDec(), math.LegacyMinDec(math.LegacyOneDec(), part.QuoTruncate(whole)))
}

func noSlash(m Measured, p types.Params) types.Criterion {
	criterion := types.Criterion{
		Number: NoSlash, Name: "no slash record", Holds: true, Measured: "none", Required: "none ever",
	}
	if p.SlashMemory > 0 {
		criterion.Required = fmt.Sprintf("none in the last %d eras", p.SlashMemory)
	}
	if m.Slashed > 0 {
		criterion.Measured = fmt.Sprintf("%s in era %d", m.SlashKind, m.Slashed)
		criterion.Holds = p.SlashMemory > 0 && m.Era >= m.Slashed+p.SlashMemory
	}
	return criterion
}

func service(m Measured, p types.Params) types.Criterion {
	criterion := types.Criterion{
		Number: Service, Name: "SSV service deployed",
		Required: fmt.Sprintf("a key for a chain and a heartbeat within %d blocks", p.HeartbeatWindow),
		Measured: fmt.Sprintf("%d chains, no heartbeat", m.Chains),
	}
	if m.LastSeen > 0 {
		ago := max(m.Height-m.LastSeen, 0)
		criterion.Measured = fmt.Sprintf("%d chains, heartbeat %d blocks ago", m.Chains, ago)
		criterion.Holds = m.Chains > 0 && uint64(ago) <= p.HeartbeatWindow
	}
	return criterion
}

func powerBound(m Measured, p types.Params) types.Criterion {
	part := share(
		math.LegacyNewDecFromInt(math.NewIntFromUint64(m.Weight)), math.LegacyNewDecFromInt(math.NewIntFromUint64(m.BondedPower)),
	)
	return types.Criterion{
		Number: PowerBound, Name: "share of bonded power", Holds: part.LTE(p.MaxCandidatePower),
		Measured: part.String(), Required: "at most " + p.MaxCandidatePower.String(),
	}
}

func noBan(m Measured) types.Criterion {
	criterion := types.Criterion{
		Number: NoBan, Name: "no ban", Holds: m.BannedUntil < m.Era, Measured: "none", Required: "none",
	}
	if !criterion.Holds {
		criterion.Measured = fmt.Sprintf("banned up to the election at the end of era %d", m.BannedUntil)
	}
	return criterion
}

func rested(m Measured) types.Criterion {
	criterion := types.Criterion{
		Number: Rested, Name: "rested", Holds: !m.Serving, Measured: "serves no contract",
		Required: "serves no contract, unless the pool needs it",
	}
	if m.Serving {
		criterion.Measured = "serves a contract"
	}
	return criterion
}

func standing(m Measured) types.Criterion {
	criterion := types.Criterion{
		Number: Standing, Name: "standing", Required: "bonded, not jailed, not resigned", Measured: "bonded",
	}
	switch {
	case m.Resigned:
		criterion.Measured = "resigned"
	case m.Jailed:
		criterion.Measured = "jailed"
	case !m.Bonded:
		criterion.Measured = "not bonded"
	default:
		criterion.Holds = m.Weight > 0
	}
	return criterion
}

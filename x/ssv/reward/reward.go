// Package reward divides an era's reward among the members (protocol §14). It has no state.
package reward

import (
	"cosmossdk.io/math"
)

// Points of one accepted signature, and of one RPC call or agreeing attestation.
const (
	PointsPerSignature = 20
	PointsPerCall      = 2
)

// Work is what one member did in an era.
type Work struct {
	Signatures, Calls uint64
	// Forfeits is true where a fault sends the member's reward to the Treasury. Its points count all the same: nobody gains by it.
	Forfeits bool
}

// Points of the member: P_signature + P_RPC.
func (w Work) Points() math.Int { return w.SignaturePoints().Add(w.CallPoints()) }

// SignaturePoints is P_signature.
func (w Work) SignaturePoints() math.Int {
	return math.NewIntFromUint64(w.Signatures).MulRaw(PointsPerSignature)
}

// CallPoints is P_RPC.
func (w Work) CallPoints() math.Int { return math.NewIntFromUint64(w.Calls).MulRaw(PointsPerCall) }

// Share is one member's part of the era's reward, in base units.
type Share struct {
	// Earned is ⌊budget · points / Σ points⌋, Paid what is left of it after the cap and a forfeit.
	Earned, Paid math.Int
	Capped       bool
}

// Division is an era's reward, in base units: Issued = Σ Paid + Treasury.
type Division struct {
	Issued, Treasury, Cap math.Int
	// Shares in order of the works.
	Shares []Share
}

// Divide issues the budget if any point was earned. No member is paid more than ⌊budget · capShare⌋; the rest, rounding included,
// goes to the Treasury.
func Divide(budget math.Int, capShare math.LegacyDec, works []Work) Division {
	total := math.ZeroInt()
	for _, work := range works {
		total = total.Add(work.Points())
	}
	d := Open(budget, capShare, total)
	for _, work := range works {
		share := d.Share(work, total)
		d.Treasury, d.Shares = d.Treasury.Sub(share.Paid), append(d.Shares, share)
	}
	return d
}

// Open is the division among members who have that many points together, before any has its share: all is the Treasury's.
func Open(budget math.Int, capShare math.LegacyDec, total math.Int) Division {
	d := Division{Issued: math.ZeroInt(), Cap: capShare.MulInt(budget).TruncateInt()}
	if total.IsPositive() {
		d.Issued = budget
	}
	d.Treasury = d.Issued
	return d
}

// Share is a member's of what is issued and the cap, of total points.
func (d Division) Share(work Work, total math.Int) Share {
	s := Share{Earned: math.ZeroInt(), Paid: math.ZeroInt()}
	if !total.IsPositive() {
		return s
	}
	s.Earned = d.Issued.Mul(work.Points()).Quo(total)
	s.Capped = s.Earned.GT(d.Cap)
	if !work.Forfeits {
		s.Paid = math.MinInt(s.Earned, d.Cap)
	}
	return s
}

package types

import (
	"slices"

	"cosmossdk.io/math"
)

// Missed is how many of the required sessions were not signed; signatures that were not required make up for none.
func (a DutyAccount) Missed() uint64 {
	if a.Signed >= a.Required {
		return 0
	}
	return a.Required - a.Signed
}

// Signatures are all valid ones, required or not: they earn points.
func (a DutyAccount) Signatures() uint64 { return a.Signed + a.Credited }

// Faults returns the faults of an account with so many heartbeats in the era, in order (protocol §13).
func (p Params) Faults(a DutyAccount, heartbeats uint64) []Fault {
	var faults []Fault
	if a.Required > 0 && a.Signatures() == 0 && heartbeats == 0 {
		faults = append(faults, FAULT_UNRESPONSIVE)
	}
	if exceeds(a.Missed(), p.MaxMissedRatio, a.Required) {
		faults = append(faults, FAULT_MISSED)
	}
	if a.Wrong >= p.MaxWrong {
		faults = append(faults, FAULT_WRONG)
	}
	return faults
}

// WithdrawsOnItsOwn says whether an account alone withdraws its member: more than withdraw_ratio of what was required was not signed, be it
// missed or tried with wrong signatures only.
func (p Params) WithdrawsOnItsOwn(a DutyAccount) bool {
	return exceeds(a.Missed(), p.WithdrawRatio, a.Required)
}

// exceeds says whether part > ratio · whole, exactly.
func exceeds(part uint64, ratio math.LegacyDec, whole uint64) bool {
	return math.LegacyNewDecFromInt(math.NewIntFromUint64(part)).GT(ratio.MulInt(math.NewIntFromUint64(whole)))
}

// MemberIndex returns the place of an operator among the members, or −1.
func (s Settlement) MemberIndex(operator string) int {
	return slices.IndexFunc(s.Members, func(m MemberSettlement) bool { return m.Operator == operator })
}

package types

import "slices"

// Drawn says whether its members and standbys were drawn for its era: not incumbents that serve on, nor whom genesis names.
func (c Committee) Drawn() bool {
	return c.Origin == COMMITTEE_ORIGIN_ELECTED || c.Origin == COMMITTEE_ORIGIN_SHRUNK
}

// MemberIndex returns the place of an operator among the members, in the order drawn, or −1.
func (c Committee) MemberIndex(operator string) int { return memberIndex(c.Members, operator) }

// StandbyIndex returns the place of an operator among the standbys, in the order drawn, or −1.
func (c Committee) StandbyIndex(operator string) int { return memberIndex(c.Standbys, operator) }

// WithMember returns the committee with that member on a seat, which must exist.
func (c Committee) WithMember(seat int, member Member) Committee {
	c.Members = slices.Clone(c.Members)
	c.Members[seat] = member
	return c
}

// WithoutStandby returns the committee without that standby.
func (c Committee) WithoutStandby(operator string) Committee {
	c.Standbys = slices.DeleteFunc(slices.Clone(c.Standbys), func(m Member) bool { return m.Operator == operator })
	return c
}

func memberIndex(members []Member, operator string) int {
	return slices.IndexFunc(members, func(m Member) bool { return m.Operator == operator })
}

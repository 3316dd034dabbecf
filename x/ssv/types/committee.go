package types

import "slices"

// MemberIndex returns the place of an operator among the members, in the order drawn, or −1.
func (c Committee) MemberIndex(operator string) int { return memberIndex(c.Members, operator) }

// StandbyIndex returns the place of an operator among the standbys, in the order drawn, or −1.
func (c Committee) StandbyIndex(operator string) int { return memberIndex(c.Standbys, operator) }

// WithoutStandby returns the committee without that standby.
func (c Committee) WithoutStandby(operator string) Committee {
	c.Standbys = slices.DeleteFunc(slices.Clone(c.Standbys), func(m Member) bool { return m.Operator == operator })
	return c
}

func memberIndex(members []Member, operator string) int {
	return slices.IndexFunc(members, func(m Member) bool { return m.Operator == operator })
}

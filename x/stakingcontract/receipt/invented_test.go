package receipt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/reward"
)

// TestWhatAMemberGainsByInventingClientsIsWhatTheReadmeSays repeats the README's table: members that signed a session every ten blocks of six
// seconds for a day, one of them with clients of its own that each claim 1,000 calls, and a budget of a million.
func TestWhatAMemberGainsByInventingClientsIsWhatTheReadmeSays(t *testing.T) {
	const signatures, budget, maxCalls = 1440, 1_000_000, 1000
	for _, c := range []struct {
		members        int
		clients        uint64
		liar, honest   int64
		cappedAtATenth bool
	}{
		{21, 0, 47_619, 47_619, false},
		{21, 5, 63_109, 46_844, false},
		{21, 17, 98_309, 45_084, false},
		{21, 18, 100_000, 44_943, true},
		{21, 1000, 100_000, 11_056, true},
		{7, 0, 100_000, 100_000, true},
		{7, 18, 100_000, 100_000, true},
	} {
		works := make([]reward.Work, c.members)
		for i := range works {
			works[i].Signatures = signatures
		}
		works[0].Calls = c.clients * maxCalls
		paid := reward.Divide(math.NewInt(budget), math.LegacyNewDecWithPrec(1, 1), works)
		require.Equal(t, c.liar, paid.Shares[0].Paid.Int64(), "%d members, %d clients", c.members, c.clients)
		require.Equal(t, c.honest, paid.Shares[1].Paid.Int64(), "%d members, %d clients", c.members, c.clients)
		require.Equal(t, c.cappedAtATenth, paid.Shares[0].Capped)
	}
}

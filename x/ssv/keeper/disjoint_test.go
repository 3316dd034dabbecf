package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// drawnElsewhere is a chain in whose era 3 contract 1's elected committee can't serve, and its first incumbent was drawn for
// contract 2, with another member and a standby that serve nobody.
func drawnElsewhere(t *testing.T, standbys bool) (c *testutil.Chain, shared types.Member) {
	t.Helper()
	c, _ = elected(t, 12, demand(1, 3, 3, 3), demand(2, 2, 2, 2))
	c.RunToEra(2)
	first, second := present(c, 1), present(c, 2)
	var free []types.Member
	for i := range 12 {
		candidate := committee(1, 1, i).Members[0]
		busy := first.MemberIndex(candidate.Operator) >= 0 || second.MemberIndex(candidate.Operator) >= 0
		if !busy && first.StandbyIndex(candidate.Operator) < 0 {
			free = append(free, candidate)
		}
	}
	if !standbys {
		first.Standbys = nil
		require.NoError(t, c.Keeper.SetCommittee(c.Ctx, first))
	}
	now := era(c)
	now.Number = 3
	require.NoError(t, c.Keeper.Era.Set(c.Ctx, now))
	strangers := types.Committee{
		Contract: 1, Era: 3, ChainId: chain, Threshold: 3, Origin: types.COMMITTEE_ORIGIN_ELECTED, Members: committee(1, 3, 40, 41, 42).Members,
	}
	require.NoError(t, c.Keeper.Elected.Set(c.Ctx, 1, strangers))
	shared = first.Members[0]
	require.NoError(t, c.Keeper.Elected.Set(c.Ctx, 2, types.Committee{
		Contract: 2, Era: 3, ChainId: chain, Threshold: 2, Origin: types.COMMITTEE_ORIGIN_ELECTED,
		Members: []types.Member{shared, free[0]}, Standbys: free[1:2],
	}))
	return c, shared
}

func requireDisjoint(t *testing.T, c *testutil.Chain) {
	t.Helper()
	for _, member := range present(c, 1).Members {
		require.Equal(t, -1, present(c, 2).MemberIndex(member.Operator), "committees are disjoint")
	}
}

func TestAnIncumbentThatServesOnGivesTheSeatItWasDrawnForElsewhereToAStandby(t *testing.T) {
	c, shared := drawnElsewhere(t, true)
	standby := func() types.Committee { elected, _ := c.Keeper.Elected.Get(c.Ctx, 2); return elected }().Standbys[0]
	require.NoError(t, c.Keeper.Seat(c.Ctx, 1))
	require.Equal(t, 0, present(c, 1).MemberIndex(shared.Operator), "its vault has no other signer")
	require.NoError(t, c.Keeper.Seat(c.Ctx, 2))
	requireDisjoint(t, c)
	require.Equal(t, standby, present(c, 2).Members[0])
}

func TestAnIncumbentThatIsSeatedElsewhereIsNotSeatedTwice(t *testing.T) {
	for name, standbys := range map[string]bool{"a standby takes its seat": true, "without a standby the committee is smaller": false} {
		t.Run(name, func(t *testing.T) {
			c, shared := drawnElsewhere(t, standbys)
			require.NoError(t, c.Keeper.Seat(c.Ctx, 2))
			require.Equal(t, 0, present(c, 2).MemberIndex(shared.Operator))
			require.NoError(t, c.Keeper.Seat(c.Ctx, 1))
			requireDisjoint(t, c)
			got := present(c, 1)
			require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, got.Origin)
			if standbys {
				require.Len(t, got.Members, 3)
				return
			}
			require.Len(t, got.Members, 2)
			require.Equal(t, uint32(2), got.Threshold)
		})
	}
}

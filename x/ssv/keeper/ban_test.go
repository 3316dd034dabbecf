package keeper_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// admitted says whether no ban keeps an operator out of the election at the end of the current era.
func admitted(c *testutil.Chain, operator string) bool {
	answer, err := c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: operator})
	require.NoError(c.T, err)
	for _, criterion := range answer.Info.Criteria {
		if criterion.Number == pool.NoBan {
			return criterion.Holds
		}
	}
	c.T.Fatalf("no criterion %d", pool.NoBan)
	return false
}

func ban(c *testutil.Chain, operator string) {
	require.NoError(c.T, c.Keeper.Ban(c.Ctx, operator))
}

func pendingSteps(c *testutil.Chain) []types.TransitionStep {
	answer, err := c.Queries.Era(c.Ctx, &types.QueryEraRequest{})
	require.NoError(c.T, err)
	require.NotNil(c.T, answer.Transition)
	return answer.Transition.Pending
}

func TestABanBetweenAnErasBeginAndItsElectionCostsThatElectionAndNotTheNextToo(t *testing.T) {
	c, _ := elected(t, 12, demand(1, 4, 3, 4))
	c.RunToEra(2)
	before := present(c, 1)
	c.Run(11)
	heavy(t, c)
	c.RunToEra(3)
	require.Contains(t, pendingSteps(c), types.TRANSITION_STEP_ELECT, "the election waits")
	out := before.Members[1].Operator
	ban(c, out)
	c.Run(10)
	require.Equal(t, uint64(3), present(c, 1).Era)
	require.Equal(t, before.WithMember(1, before.Standbys[0]).Members, present(c, 1).Members, "a standby has its seat")
	require.True(t, admitted(c, out), "the next election it may win")
}

func TestABanBetweenTheElectionAndTheSeatCostsTheSeatAndNotTheNextElectionToo(t *testing.T) {
	c, contracts := elected(t, 14, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
	broken := true
	contracts.OnSeated = func(committee types.Committee) error {
		if broken && committee.Contract == 1 {
			return errors.New("not today")
		}
		return nil
	}
	c.RunToEra(2)
	drawn, err := c.Keeper.Elected.Get(c.Ctx, 1)
	require.NoError(t, err)
	waiting, seated := drawn.Members[2].Operator, present(c, 2).Members[0].Operator
	ban(c, waiting)
	ban(c, seated)
	broken = false
	c.Next()
	require.Equal(t, drawn.WithMember(2, drawn.Standbys[0]).Members, present(c, 1).Members)
	require.True(t, admitted(c, waiting), "it lost its seat")
	require.False(t, admitted(c, seated), "it had its seat before the ban: the election at the era's end is the next")
	c.RunToEra(3)
	require.True(t, admitted(c, seated))
}

func TestWhoIsWithdrawnByAJudgementThatCameAnEraLateMissesTheElectionThatWaitedForIt(t *testing.T) {
	c, _, committee := emergent(t)
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.MaxSlashesPerBlock = 1
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	budget(c, 0)
	late := committee.Members[0].Operator
	for vault := uint64(101); vault <= 114; vault++ {
		s := settled(committee, vault)
		if s.Vault = vault; vault == 114 {
			s = settled(committee, vault, late)
			s.Vault = vault
		}
		record(c, s)
	}
	c.RunToEra(4)
	require.NotEmpty(t, settlementsOf(c, 2).Due, "an era was too short to judge all")
	require.True(t, admitted(c, late))
	c.Run(3)
	for _, settlement := range settlementsOf(c, 2).Settlements {
		require.Equal(t, settlement.Vault == 114, settlement.Faults == 1)
	}
	require.Equal(t, uint64(4), present(c, 1).Era)
	until, err := c.Keeper.Bans.Get(c.Ctx, raw(t, late))
	require.NoError(t, err)
	require.Equal(t, uint64(3), until, "the election at the end of era 3 waited for the judgement of era 2")
	require.True(t, admitted(c, late), "and no other")
	require.Equal(t, math.NewInt(98_163_266), math.NewInt(tokens(c, late)), "100 FIS less (3·1/7)² of a tenth")
}

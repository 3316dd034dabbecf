package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestAMemberThatIsJailedBetweenFreezeAndEraGivesItsSeatToTheFirstStandby(t *testing.T) {
	members := func(c *testutil.Chain) types.Committee {
		c.RunToEra(2)
		return present(c, 1)
	}
	prepare := func() *testutil.Chain {
		c, _ := elected(t, 12, demand(1, 4, 3, 4))
		c.Run(11)
		return c
	}
	undisturbed := members(prepare())
	c := prepare()
	out := undisturbed.Members[1].Operator
	raw, err := sdk.ValAddressFromBech32(out)
	require.NoError(t, err)
	validator, err := c.Staking.GetValidator(c.Ctx, raw)
	require.NoError(t, err)
	consAddr, err := validator.GetConsAddr()
	require.NoError(t, err)
	require.NoError(t, c.Staking.Jail(c.Ctx, consAddr))
	got := members(c)
	require.Equal(t, undisturbed.Standbys[0], got.Members[1])
	require.Equal(t, undisturbed.Standbys[1:], got.Standbys)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, got.Origin)
}

func TestWhereStandbysDoNotSufficeAnElectedCommitteeShrinksOrGivesWay(t *testing.T) {
	for name, least := range map[string]uint32{"shrinks": 3, "gives way": 4} {
		t.Run(name, func(t *testing.T) {
			c, _ := elected(t, 12, demand(1, 4, 3, least))
			c.RunToEra(2)
			incumbents := present(c, 1)
			c.Run(11)
			pool, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{})
			require.NoError(t, err)
			require.Equal(t, uint64(2), pool.Freeze.Era)
			// All that do not serve now resign, but for two: nobody can be called.
			kept := 0
			for i := range 12 {
				operator := testutil.Operator(i).String()
				if incumbents.MemberIndex(operator) >= 0 {
					continue
				}
				if kept++; kept <= 3 {
					continue
				}
				_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: operator})
				require.NoError(t, err)
			}
			c.RunToEra(3)
			got := present(c, 1)
			if least == 4 {
				require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, got.Origin)
				require.Equal(t, incumbents.Members, got.Members)
				require.Contains(t, got.Reason, "no standby can be called")
				return
			}
			require.Contains(t, []types.CommitteeOrigin{types.COMMITTEE_ORIGIN_SHRUNK, types.COMMITTEE_ORIGIN_INCUMBENT}, got.Origin)
			require.GreaterOrEqual(t, len(got.Members), 3)
		})
	}
}

func TestAStandbyThatWasCalledForACommitteeThatGivesWayStaysOnTheOthersList(t *testing.T) {
	prepare := func(candidates int) *testutil.Chain {
		c, _ := elected(t, candidates, demand(1, 4, 3, 4), demand(2, 3, 3, 3))
		c.RunToEra(2)
		c.Run(11)
		return c
	}
	// The draw decides whether the contracts share a standby who does not serve: some number of candidates makes it so.
	for candidates := 16; ; candidates++ {
		require.Less(t, candidates, 40, "no draw has a standby of both contracts")
		undisturbed := prepare(candidates)
		incumbents := present(undisturbed, 1)
		undisturbed.RunToEra(3)
		first, second := present(undisturbed, 1), present(undisturbed, 2)
		shared := sharedStandby(first, second, incumbents)
		if shared < 0 {
			continue
		}
		c := prepare(candidates)
		leaving := slices.Concat(first.Members[:2], first.Standbys[:shared], first.Standbys[shared+1:])
		for _, member := range leaving {
			_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: member.Operator})
			require.NoError(t, err)
		}
		c.RunToEra(3)
		require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, present(c, 1).Origin)
		require.Contains(t, present(c, 2).Standbys, first.Standbys[shared])
		return
	}
}

// sharedStandby is the index among the first committee's standbys of one that the second has too and that does not serve, or −1.
func sharedStandby(first, second, incumbents types.Committee) int {
	return slices.IndexFunc(first.Standbys, func(standby types.Member) bool {
		both := slices.ContainsFunc(second.Standbys, func(other types.Member) bool { return other.Operator == standby.Operator })
		return both && incumbents.MemberIndex(standby.Operator) < 0
	})
}

func TestAContractWithoutADemandKeepsItsCommitteeUnchanged(t *testing.T) {
	c, contracts := elected(t, 12, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
	c.RunToEra(2)
	first, second := present(c, 1), present(c, 2)
	contracts.Wanted = contracts.Wanted[1:]
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: first.Members[0].Operator})
	require.NoError(t, err)
	c.RunToEra(3)
	kept := present(c, 1)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, kept.Origin)
	require.Equal(t, first.Members, kept.Members, "even one that resigned: its vault can't change")
	require.Equal(t, uint64(3), kept.Era)
	changed := present(c, 2)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, changed.Origin)
	require.NotEqual(t, second.Members, changed.Members)
	for _, member := range changed.Members {
		require.Equal(t, -1, kept.MemberIndex(member.Operator), "committees are disjoint")
	}
}

func excluded(c *testutil.Chain, operator string) bool {
	raw, err := sdk.ValAddressFromBech32(operator)
	require.NoError(c.T, err)
	out, err := c.Keeper.Excluded.Has(c.Ctx, raw)
	require.NoError(c.T, err)
	return out
}

func TestTheCommitteeOfAContractThatIsWoundDownIsDissolvedAndItsMembersProduceAndAreDrawnAgain(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	before := present(c, 1)
	contracts.Wanted = nil
	c.RunToEra(3)
	require.Equal(t, before.Members, present(c, 1).Members, "its handover may go on")
	contracts.Ended = []uint64{1}
	seated := len(contracts.Seated)
	c.RunToEra(4)
	_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, found)
	require.Len(t, contracts.Seated, seated, "the contract is told of no committee")
	for _, member := range before.Members {
		require.False(t, excluded(c, member.Operator))
	}
	c.Next()
	require.Len(t, c.Sets[c.Ctx.BlockHeight()+1].Validators, 8)
	roundTrip(t, c)
	contracts.Wanted = []types.Demand{demand(2, 4, 3, 4)}
	c.RunToEra(5)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 2).Origin)
	contracts.Wanted, contracts.Ended = append([]types.Demand{demand(1, 4, 3, 4)}, contracts.Wanted...), nil
	c.RunToEra(10)
	roundTrip(t, c)
}

func TestAMemberThatResignedProducesFromTheErasEndThoughItsContractHoldsNoElection(t *testing.T) {
	c, contracts := elected(t, 12, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
	c.RunToEra(2)
	first := present(c, 1)
	out := first.Members[0].Operator
	contracts.Wanted = contracts.Wanted[1:]
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: out})
	require.NoError(t, err)
	c.Next()
	require.True(t, excluded(c, out), "not before the era's end")
	c.RunToEra(3)
	require.Equal(t, first.Members, present(c, 1).Members)
	require.False(t, excluded(c, out))
	require.True(t, excluded(c, first.Members[1].Operator))
	_, err = c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: out})
	require.ErrorContains(t, err, "not registered")
	roundTrip(t, c)
	for i := range 12 {
		if testutil.Operator(i).String() == out {
			c.Register(i, chain)
		}
	}
	require.True(t, excluded(c, out), "who registers again has its seat still, and serves")
	roundTrip(t, c)
}

func TestAnExchangedMemberProducesAgainAndItsStandbyServes(t *testing.T) {
	c, _ := elected(t, 12, demand(1, 4, 3, 4), demand(2, 2, 2, 2))
	c.RunToEra(2)
	before := present(c, 1)
	after, err := c.Keeper.ExchangeMember(c.Ctx, 1, "its address is a vesting account")
	require.NoError(t, err)
	require.Equal(t, before.Members[:3], after.Members[:3])
	require.Equal(t, before.Standbys[0], after.Members[3])
	require.Equal(t, after, present(c, 1))
	for _, contract := range []uint64{1, 2} {
		require.Equal(t, -1, present(c, contract).StandbyIndex(before.Standbys[0].Operator), "who is called leaves every list")
	}
	serving, err := c.Keeper.ContractsOf(c.Ctx, before.Members[3].Operator)
	require.NoError(t, err)
	require.Empty(t, serving)
	height := c.Ctx.BlockHeight()
	c.Next()
	require.Len(t, c.Updates, 2)
	require.Len(t, c.Sets[height+2].Validators, 6)
}

func TestWithoutAStandbyNobodyIsExchanged(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	for _, standby := range present(c, 1).Standbys {
		_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: standby.Operator})
		require.NoError(t, err)
	}
	before := present(c, 1)
	_, err := c.Keeper.ExchangeMember(c.Ctx, 1, "")
	require.ErrorIs(t, err, types.ErrNoStandby)
	require.Equal(t, before, present(c, 1))
	_, err = c.Keeper.ExchangeMember(c.Ctx, 9, "")
	require.ErrorIs(t, err, types.ErrCommitteeNotFound)
}

func TestTheGuardIsAskedWhenAStandbyIsCalled(t *testing.T) {
	c, _ := elected(t, 12, demand(1, 5, 4, 5))
	params := testutil.Params()
	params.MaxExcludedPower = math.LegacyMustNewDecFromStr("0.42")
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.RunToEra(2)
	standbys := present(c, 1).Standbys
	heavier, err := sdk.ValAddressFromBech32(standbys[0].Operator)
	require.NoError(t, err)
	validator, err := c.Staking.GetValidator(c.Ctx, heavier)
	require.NoError(t, err)
	c.Fund(sdk.AccAddress(heavier), 60_000_000)
	_, err = c.Staking.Delegate(c.Ctx, sdk.AccAddress(heavier), math.NewInt(60_000_000), 1, validator, true)
	require.NoError(t, err)
	c.Next()
	after, err := c.Keeper.ExchangeMember(c.Ctx, 1, "")
	require.NoError(t, err)
	require.Equal(t, standbys[1].Operator, after.Members[4].Operator, "560 of 1260 excluded would be more than 0.42, 500 are not")
}

func TestABannedCandidateMissesTheNextElectionAndNoMore(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	require.NoError(t, c.Keeper.Ban(c.Ctx, testutil.Operator(0).String()))
	c.RunToEra(2)
	pool := func(era uint64) []string {
		answer, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: era})
		require.NoError(t, err)
		var operators []string
		for _, entry := range answer.Entries {
			operators = append(operators, entry.Operator)
		}
		return operators
	}
	require.NotContains(t, pool(1), testutil.Operator(0).String())
	require.Len(t, pool(1), 7)
	c.RunToEra(3)
	require.Contains(t, pool(2), testutil.Operator(0).String())
}

func TestSeatsAreRefusedWhileTheHeaviestCandidatesForThemHoldTooMuchPower(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 3, 3, 3))
	require.NoError(t, c.Keeper.CheckSeats(c.Ctx, 100), "nothing is known before the first pool")
	c.RunToEra(2)
	require.NoError(t, c.Keeper.CheckSeats(c.Ctx, 4))
	err := c.Keeper.CheckSeats(c.Ctx, 5)
	require.ErrorIs(t, err, types.ErrTooManySeats)
	require.ErrorContains(t, err, "hold power 500, want at most 400 of 800 bonded")
}

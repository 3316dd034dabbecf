package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

const chain = "cosmos-1"

func demand(contract uint64, size, threshold, least uint32) types.Demand {
	return types.Demand{Contract: contract, ChainId: chain, Size_: size, Threshold: threshold, MinSize: least}
}

// elected is a chain of equal validators that are all candidates, with contracts that want committees.
func elected(t testing.TB, count int, demands ...types.Demand) (*testutil.Chain, *testutil.Contracts) {
	t.Helper()
	contracts := &testutil.Contracts{Wanted: demands}
	c := testutil.New(t, testutil.Params(), equalStakes(count, 100)...)
	c.Keeper.SetHooks(contracts)
	for i := range count {
		c.Register(i, chain)
	}
	return c, contracts
}

func present(c *testutil.Chain, contract uint64) types.Committee {
	committee, found, err := c.Keeper.PresentCommittee(c.Ctx, contract)
	require.NoError(c.T, err)
	require.True(c.T, found)
	return committee
}

func operatorsOf(members []types.Member) []string {
	var operators []string
	for _, member := range members {
		operators = append(operators, member.Operator)
	}
	return operators
}

func era(c *testutil.Chain) types.Era {
	era, err := c.Keeper.CurrentEra(c.Ctx)
	require.NoError(c.T, err)
	return era
}

func TestTheFirstEraBeginsWithTheFirstBlockWhateverGenesisTimeIs(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	require.Equal(t, uint64(1), era(c).Number)
	require.True(t, era(c).EndTime.IsZero())
	late := testutil.Start.Add(24 * time.Hour)
	c.Ctx = c.Ctx.WithBlockTime(late)
	c.EndBlock(late.Add(time.Second))
	require.Equal(t, late, era(c).StartTime.UTC())
	require.Equal(t, late.Add(time.Minute), era(c).EndTime.UTC())
	require.Equal(t, uint64(1), era(c).Number)
}

func TestAnEraEndsInTheFirstBlockAtOrPastItsEnd(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Next()
	end := era(c).EndTime
	c.EndBlock(end.Add(-time.Nanosecond))
	c.EndBlock(end)
	require.Equal(t, uint64(1), era(c).Number, "a nanosecond early")
	height := c.Ctx.BlockHeight()
	c.EndBlock(end.Add(time.Second))
	require.Equal(t, uint64(2), era(c).Number)
	require.Equal(t, height, era(c).StartHeight)
	require.Equal(t, end, era(c).StartTime)
}

func TestAChainThatWasDownForThreeErasClosesOne(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	before := present(c, 1)
	c.EndBlock(era(c).EndTime.Add(3 * time.Minute))
	c.Next()
	require.Equal(t, uint64(3), era(c).Number)
	c.Run(3)
	require.Equal(t, uint64(3), era(c).Number)
	require.Equal(t, []uint64{2, 3}, contracts.Eras)
	after := present(c, 1)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, after.Origin, "no pool was frozen while the chain was down")
	require.Contains(t, after.Reason, "no pool was frozen")
	require.Equal(t, before.Members, after.Members)
}

func TestAnElectionSeatsACommitteeThatStopsProducingTwoBlocksLater(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	seated := c.Ctx.BlockHeight() - 1
	committee := present(c, 1)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, committee.Origin)
	require.Len(t, committee.Members, 4)
	require.Len(t, committee.Standbys, 2)
	require.Equal(t, uint32(3), committee.Threshold)
	require.Equal(t, uint64(2), committee.Era)
	require.Equal(t, []types.Committee{committee}, contracts.Seated)
	require.Len(t, c.Sets[seated+1].Validators, 8)
	require.Len(t, c.Sets[seated+2].Validators, 4)
	for i := range 8 {
		member := committee.MemberIndex(testutil.Operator(i).String()) >= 0
		produces := c.Sets[seated+2].HasAddress(testutil.ConsensusKey(i, 0).Address())
		require.NotEqual(t, member, produces)
		validator, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(i))
		require.NoError(t, err)
		require.True(t, validator.IsBonded())
		if member {
			require.Equal(t, testutil.Signer(i, chain).PubKey().Bytes(), committee.Members[committee.MemberIndex(validator.GetOperator())].Signer)
		}
	}
}

func TestTheElectionIsTheLotteryOverTheFrozenPool(t *testing.T) {
	c, _ := elected(t, 9, demand(1, 4, 3, 4))
	c.RunToEra(2)
	pool, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{})
	require.NoError(t, err)
	require.Equal(t, uint64(1), pool.Freeze.Era)
	require.Equal(t, uint64(900), pool.Freeze.BondedPower)
	require.Equal(t, uint32(9), pool.Freeze.Producers)
	require.Len(t, pool.Freeze.Seed, 32)
	in := election.Input{
		ChainID: testutil.ChainID, Era: 2, Seed: pool.Freeze.Seed, Contracts: []election.Contract{{ID: 1, Size: 4, Standbys: 2, Chain: chain}},
		Guard: election.Guard{BondedPower: 900, MaxExcluded: election.Ratio{Num: 1, Den: 2}},
	}
	for _, entry := range pool.Entries {
		operator, err := sdk.ValAddressFromBech32(entry.Operator)
		require.NoError(t, err)
		in.Candidates = append(in.Candidates, election.Candidate{Operator: operator, Weight: entry.Weight, Chains: []string{chain}})
	}
	drawn := election.Elect(in).Contracts[0]
	var members, standbys []string
	for _, i := range drawn.Members {
		members = append(members, pool.Entries[i].Operator)
	}
	for _, i := range drawn.Standbys {
		standbys = append(standbys, pool.Entries[i].Operator)
	}
	require.Equal(t, members, operatorsOf(present(c, 1).Members))
	require.Equal(t, standbys, operatorsOf(present(c, 1).Standbys))
}

func TestNothingAfterTheFreezeChangesWhoIsElected(t *testing.T) {
	run := func(change func(c *testutil.Chain)) types.Committee {
		c, _ := elected(t, 9, demand(1, 4, 3, 4))
		for frozen := false; !frozen; {
			c.Next()
			freeze, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{})
			frozen = err == nil && freeze.Freeze.Status == types.FREEZE_STATUS_DONE
		}
		change(c)
		c.RunToEra(2)
		return present(c, 1)
	}
	undisturbed := run(func(*testutil.Chain) {})
	require.Equal(t, undisturbed, run(func(c *testutil.Chain) {
		c.Fund(sdk.AccAddress(testutil.Operator(3)), 900_000_000)
		validator, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(3))
		require.NoError(t, err)
		_, err = c.Staking.Delegate(c.Ctx, sdk.AccAddress(testutil.Operator(3)), math.NewInt(900_000_000), 1, validator, true)
		require.NoError(t, err)
		c.CreateValidator(9, 100)
		c.Next()
		c.Register(9, chain)
	}))
}

func TestAThresholdBelowARaisedRatioIsRaisedWithItAndTheContractElectsOn(t *testing.T) {
	c, _ := elected(t, 12, demand(1, 4, 3, 3))
	c.RunToEra(2)
	require.Equal(t, uint32(3), present(c, 1).Threshold)
	params := testutil.Params()
	params.MinThresholdRatio = math.LegacyMustNewDecFromStr("0.9")
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: testutil.Authority, Params: params})
	require.NoError(t, err)
	c.RunToEra(3)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
	require.Equal(t, uint32(4), present(c, 1).Threshold, "nine tenths of four, rounded up")
}

func TestTheFreezeGoesOnOverBlocksAndWithoutAnEndThereIsNoElection(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	params := testutil.Params()
	params.MaxCandidatesPerBlock = 3
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.RunToEra(2)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin, "three blocks for eight candidates")

	params.MaxCandidatesPerBlock = 1
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.RunToEra(3)
	committee := present(c, 1)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, committee.Origin)
	require.Contains(t, committee.Reason, "the pool was not frozen in time")
	require.Equal(t, uint64(3), committee.Era)
}

func TestMembersRestInTheNextEraUnlessThePoolNeedsThem(t *testing.T) {
	c, _ := elected(t, 16, demand(1, 4, 3, 4))
	c.RunToEra(2)
	first := operatorsOf(present(c, 1).Members)
	c.RunToEra(3)
	second := operatorsOf(present(c, 1).Members)
	for _, operator := range second {
		require.NotContains(t, first, operator)
	}
	info, err := c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: second[0]})
	require.NoError(t, err)
	require.True(t, info.Info.Eligible, "rest bars nobody by itself")
	require.False(t, info.Info.Criteria[8].Holds)
}

func TestAContractThatFallsShortKeepsItsIncumbentsAndTheOthersAreElected(t *testing.T) {
	c, contracts := elected(t, 12, demand(1, 3, 3, 3), demand(2, 2, 2, 2))
	c.RunToEra(2)
	incumbents := present(c, 1)
	contracts.Wanted = []types.Demand{demand(1, 11, 8, 11), demand(2, 2, 2, 2)}
	c.RunToEra(3)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, present(c, 1).Origin)
	require.Equal(t, incumbents.Members, present(c, 1).Members)
	require.Contains(t, present(c, 1).Reason, "least 11")
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 2).Origin)
}

func TestAContractThatCanNeverBeElectedGoesWithoutACommittee(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 20, 14, 20))
	c.RunToEra(3)
	_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, found)
	require.Empty(t, contracts.Seated)
	require.Len(t, c.Sets[c.Ctx.BlockHeight()].Validators, 8)
}

func TestADemandThatNoElectionCanMeetDoesNotHoldBackTheOthers(t *testing.T) {
	c, _ := elected(t, 12, demand(1, 4, 5, 4), demand(2, 3, 3, 3), demand(2, 3, 3, 3))
	c.RunToEra(2)
	_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, found, "5 of 4 can never sign")
	require.Len(t, present(c, 2).Members, 3)
}

func TestAStepThatFailsIsUndoneAndRetriedAndHoldsBackNoOther(t *testing.T) {
	for name, fail := range map[string]func() error{
		"by an error": func() error { return errors.New("the hook's error") },
		"by a panic":  func() error { panic("the hook's panic") },
	} {
		t.Run(name, func(t *testing.T) {
			c, contracts := elected(t, 12, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
			broken := true
			contracts.OnSeated = func(committee types.Committee) error {
				if broken && committee.Contract == 1 {
					return fail()
				}
				return nil
			}
			contracts.OnEra = func(types.Era) error {
				if broken {
					return fail()
				}
				return nil
			}
			c.RunToEra(2)
			c.Run(3)
			_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
			require.NoError(t, err)
			require.False(t, found, "what its seating wrote is undone")
			require.Len(t, present(c, 2).Members, 3)
			require.Empty(t, contracts.Eras)
			answer, err := c.Queries.Era(c.Ctx, &types.QueryEraRequest{})
			require.NoError(t, err)
			require.Equal(t, []uint64{1}, answer.Transition.Contracts)
			require.Equal(t, []types.TransitionStep{types.TRANSITION_STEP_NOTIFY, types.TRANSITION_STEP_SEAT}, answer.Transition.Pending)
			require.Len(t, c.Sets[c.Ctx.BlockHeight()].Validators, 9)
			roundTrip(t, c)

			broken = false
			c.Next()
			require.Len(t, present(c, 1).Members, 3)
			require.Equal(t, []uint64{2}, contracts.Eras)
			answer, err = c.Queries.Era(c.Ctx, &types.QueryEraRequest{})
			require.NoError(t, err)
			require.Nil(t, answer.Transition)
		})
	}
}

func TestAFailedStepSaysSoInAnEvent(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 3, 3, 3))
	contracts.OnDemands = func() error { return errors.New("no demands today") }
	c.Run(9)
	c.Ctx = c.Ctx.WithEventManager(sdk.NewEventManager())
	_, err := c.Module.EndBlock(c.Ctx)
	require.NoError(t, err)
	for _, event := range c.Ctx.EventManager().Events() {
		if event.Type == "stafi.ssv.v1.EventStepFailed" {
			text, found := event.GetAttribute("error")
			require.True(t, found)
			require.Contains(t, text.Value, "no demands today")
			return
		}
	}
	t.Fatal("no event")
}

func TestAnElectionThatFailsTooOftenSeatsTheIncumbents(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 3, 3, 3))
	c.RunToEra(2)
	members := present(c, 1).Members
	c.Run(11)
	freeze, err := c.Keeper.Freezes.Get(c.Ctx, 2)
	require.NoError(t, err)
	require.NotEmpty(t, freeze.Seed)
	// Weights that add up to 2^63 can't be drawn from.
	heavy(t, c)
	c.RunToEra(3)
	require.Equal(t, uint64(2), present(c, 1).Era, "the election fails")
	c.Run(11)
	committee := present(c, 1)
	require.Equal(t, uint64(3), committee.Era)
	require.Equal(t, members, committee.Members)
	require.Contains(t, committee.Reason, "the election failed 10 times")
}

func TestTheGuardIsAskedAboutThoseWhoComeAndNotAboutThoseWhoGo(t *testing.T) {
	prepare := func() *testutil.Chain {
		c, _ := elected(t, 12, demand(1, 5, 4, 5))
		params := testutil.Params()
		params.MaxExcludedPower = math.LegacyMustNewDecFromStr("0.42")
		require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
		c.RunToEra(2)
		c.Run(11)
		return c
	}
	undisturbed := prepare()
	undisturbed.RunToEra(3)
	drawn := present(undisturbed, 1)
	c := prepare()
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: drawn.Members[0].Operator})
	require.NoError(t, err)
	c.RunToEra(3)
	seated := present(c, 1)
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, seated.Origin, "%s: 500 of 1200 excluded are within 0.42", seated.Reason)
	require.Equal(t, drawn.Standbys[0], seated.Members[0])
}

func TestHistoryIsPrunedButPresentCommitteesStay(t *testing.T) {
	c, contracts := elected(t, 8, demand(1, 3, 3, 3))
	c.RunToEra(2)
	contracts.Wanted = nil
	params := testutil.Params()
	params.MaxPrunesPerBlock = 3
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.RunToEra(10)
	c.Run(6)
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(6), genesis.Eras[0].Era.Number, "history of four eras before the tenth")
	require.Equal(t, uint64(6), genesis.Committees[0].Era)
	require.Equal(t, uint64(6), genesis.HeartbeatAccounts[0].Era)
	for _, frozen := range genesis.Pools {
		require.Equal(t, frozen.Freeze.Era >= 9, len(frozen.Entries) > 0, "entries of the pool of era %d", frozen.Freeze.Era)
		require.GreaterOrEqual(t, frozen.Freeze.Era, uint64(6))
	}
	require.Equal(t, uint64(10), present(c, 1).Era)
	_, err = c.Queries.Era(c.Ctx, &types.QueryEraRequest{Number: 3})
	require.ErrorContains(t, err, "era not found")
}

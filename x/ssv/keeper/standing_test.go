package keeper_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// committed is the state as the last block left it, at that block's height.
func committed(c *testutil.Chain) sdk.Context {
	return c.Ctx.WithMultiStore(c.Store.CacheMultiStore()).WithBlockHeight(c.Ctx.BlockHeight() - 1)
}

func (l *life) redelegate() {
	i, validator := l.validator()
	to := rapid.IntRange(0, l.count-1).Draw(l.t, "to")
	most := validator.Tokens.QuoRaw(1_000_000).Int64()
	if to == i || most < 1 {
		return
	}
	amount := sdk.NewInt64Coin(testutil.Denom, rapid.Int64Range(1, most).Draw(l.t, "redelegated")*1_000_000)
	msg := stakingtypes.NewMsgBeginRedelegate(
		sdk.AccAddress(testutil.Operator(i)).String(), testutil.Operator(i).String(), testutil.Operator(to).String(), amount,
	)
	cached, write := l.c.Ctx.CacheContext()
	if _, err := stakingkeeper.NewMsgServerImpl(l.c.Staking).BeginRedelegate(cached, msg); err == nil {
		write()
	}
}

// delegateOther delegates another account's stake, so that the operator's own part falls.
func (l *life) delegateOther() {
	_, validator := l.validator()
	amount := rapid.Int64Range(1, 90).Draw(l.t, "delegated by another") * 1_000_000
	l.c.Fund(testutil.Submitter(0), amount)
	_, err := l.c.Staking.Delegate(l.c.Ctx, testutil.Submitter(0), math.NewInt(amount), stakingtypes.Unbonded, validator, true)
	require.NoError(l.t, err)
}

func (l *life) slash() {
	_, validator := l.validator()
	consAddr, err := validator.GetConsAddr()
	require.NoError(l.t, err)
	if validator.IsUnbonded() {
		return
	}
	height := rapid.Int64Range(1, l.c.Ctx.BlockHeight()).Draw(l.t, "infraction height")
	fraction := math.LegacyNewDec(rapid.Int64Range(1, 5).Draw(l.t, "tenths slashed")).QuoInt64(10)
	_, err = l.c.Staking.Slash(l.c.Ctx, consAddr, height, validator.GetConsensusPower(sdk.DefaultPowerReduction), fraction)
	require.NoError(l.t, err)
}

func (l *life) register() {
	i, _ := l.validator()
	chains := [][]string{{chain}, {"other-1"}, {chain, "other-1"}}[rapid.IntRange(0, 2).Draw(l.t, "chains")]
	cached, write := l.c.Ctx.CacheContext()
	if _, err := l.c.Msgs.RegisterCandidate(cached, testutil.Registration(i, chains...)); err == nil {
		write()
	}
}

func (l *life) resign() {
	i, _ := l.validator()
	cached, write := l.c.Ctx.CacheContext()
	if _, err := l.c.Msgs.Resign(cached, &types.MsgResign{Operator: testutil.Operator(i).String()}); err == nil {
		write()
	}
}

func (l *life) heartbeat() {
	i, _ := l.validator()
	cached, write := l.c.Ctx.CacheContext()
	if _, err := l.c.Msgs.Heartbeat(cached, &types.MsgHeartbeat{Submitter: testutil.Submitter(i).String()}); err == nil {
		write()
	}
}

// sleep has a validator sign no more, or sign again.
func (l *life) sleep() {
	_, validator := l.validator()
	consAddr, err := validator.GetConsAddr()
	require.NoError(l.t, err)
	l.c.Absent[string(consAddr)] = !l.c.Absent[string(consAddr)]
}

func (l *life) ban() {
	i, _ := l.validator()
	require.NoError(l.t, l.c.Keeper.Ban(l.c.Ctx, testutil.Operator(i).String()))
}

// strict are criteria that candidates meet and fail now and then.
func strict() types.Params {
	params := testutil.Params()
	params.MinSelfRatio, params.MinOnlineRate = math.LegacyNewDecWithPrec(4, 1), math.LegacyNewDecWithPrec(9, 1)
	params.MinStake, params.HeartbeatWindow, params.SlashMemory = math.NewInt(20_000_000), 12, 1
	params.MaxCandidatePower = math.LegacyNewDecWithPrec(35, 2)
	return params
}

// requireStandings checks that what is not marked is as measuring it now gives, and that nobody missed blocks but the absentees.
func requireStandings(t require.TestingT, c *testutil.Chain, count int) {
	ctx := committed(c)
	for i := range count {
		operator := testutil.Operator(i)
		missed, err := c.Keeper.MissedBlocks(ctx, operator)
		require.NoError(t, err)
		absentee, err := c.Keeper.Absentees.Has(ctx, operator)
		require.NoError(t, err)
		require.True(t, missed == 0 || absentee, "validator %d missed %d blocks at height %d", i, missed, ctx.BlockHeight())
		marked, err := c.Keeper.Unmeasured.Has(ctx, operator)
		require.NoError(t, err)
		require.False(t, marked, "so few are all measured in a block")
		measured, err := c.Keeper.MeasureStanding(ctx, operator)
		require.NoError(t, err)
		kept, err := c.Keeper.Standings.Has(ctx, operator)
		require.NoError(t, err)
		require.Equal(t, measured.Candidate || measured.Bonded, kept)
		if kept {
			standing, err := c.Keeper.Standings.Get(ctx, operator)
			require.NoError(t, err)
			require.Equal(t, measured.String(), standing.String(), "validator %d at height %d", i, ctx.BlockHeight())
		}
	}
}

// requirePool checks a pool that was frozen in the last block against what every candidate's query says.
func requirePool(t require.TestingT, c *testutil.Chain, freeze types.Freeze) {
	ctx := committed(c)
	answer, err := c.Queries.Candidates(ctx, &types.QueryCandidatesRequest{})
	require.NoError(t, err)
	frozen, err := c.Queries.Pool(ctx, &types.QueryPoolRequest{Era: freeze.Era})
	require.NoError(t, err)
	var eligible []string
	weight := uint64(0)
	for _, info := range answer.Candidates {
		if info.Eligible {
			eligible = append(eligible, info.Candidate.Operator)
			weight += info.Weight
		}
	}
	var operators []string
	for _, entry := range frozen.Entries {
		operators = append(operators, entry.Operator)
	}
	require.Equal(t, eligible, operators)
	require.Equal(t, weight, freeze.PoolWeight)
	require.Equal(t, uint32(len(eligible)), freeze.Admitted)
	require.Equal(t, uint32(len(answer.Candidates)), freeze.Evaluated)
	bonded, others, holders := uint64(0), uint64(0), uint32(0)
	require.NoError(t, c.Staking.IterateLastValidatorPowers(ctx, func(operator sdk.ValAddress, power int64) bool {
		bonded, holders = bonded+uint64(power), holders+1
		if !contains(operators, operator.String()) {
			others = max(others, uint64(power))
		}
		return false
	}))
	require.Equal(t, []uint64{bonded, others, uint64(holders)}, []uint64{freeze.BondedPower, freeze.LargestOther, uint64(freeze.Producers)})
}

func contains(list []string, text string) bool {
	for _, other := range list {
		if other == text {
			return true
		}
	}
	return false
}

func TestStandingsFollowTheOtherModulesAndThePoolIsWhoeverMeetsEveryCriterion(t *testing.T) {
	pools, admitted, refused := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := testutil.New(t, strict(), 60, 50, 40, 30, 20, 10)
		c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 2, 2, 2)}})
		l := &life{t: t, c: c, count: 6, rotations: map[int]int{}}
		for i := range 4 {
			c.Register(i, chain)
		}
		things := []func(){
			l.delegate, l.delegateOther, l.undelegate, l.redelegate, l.slash, l.jail, l.unjail, l.rotate, l.create, l.register, l.resign,
			l.heartbeat, l.heartbeat, l.heartbeat, l.sleep, l.ban, l.shrinkSet,
		}
		for range rapid.IntRange(5, 40).Draw(t, "blocks") {
			for range rapid.IntRange(0, 4).Draw(t, "things") {
				things[rapid.IntRange(0, len(things)-1).Draw(t, "thing")]()
			}
			c.Next()
			requireStandings(t, c, l.count)
			era, err := c.Keeper.CurrentEra(c.Ctx)
			require.NoError(t, err)
			freeze, found, err := c.Keeper.Freeze(c.Ctx, era.Number)
			require.NoError(t, err)
			if found && freeze.Status == types.FREEZE_STATUS_DONE && freeze.Height == c.Ctx.BlockHeight()-1 {
				requirePool(t, c, freeze)
				pools, admitted = pools+1, admitted+int(freeze.Admitted)
				refused += int(freeze.Evaluated - freeze.Admitted)
			}
		}
	})
	require.Greater(t, min(pools, admitted, refused), 10, "%d pools, %d admitted, %d refused", pools, admitted, refused)
}

func TestAPoolIsTheSameInHoweverManyBlocksItIsFrozen(t *testing.T) {
	frozen := func(perBlock uint32) (*types.QueryPoolResponse, int64) {
		params := testutil.Params()
		c := testutil.New(t, params, 10, 20, 30, 40, 50, 60, 70, 80, 90)
		params.MaxCandidatesPerBlock = perBlock
		params.EraDuration, params.BeaconWindow = params.EraDuration*2, params.EraDuration
		require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
		c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 2, 2, 2)}})
		for i := range 7 {
			c.Register(i, chain, "other-1")
		}
		for {
			c.Next()
			freeze, found, err := c.Keeper.Freeze(c.Ctx, 1)
			require.NoError(t, err)
			if found && freeze.Status == types.FREEZE_STATUS_DONE {
				break
			}
		}
		pool, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 1})
		require.NoError(t, err)
		height := pool.Freeze.Height
		pool.Freeze.Height = 0
		return pool, height
	}
	whole, once := frozen(100)
	require.Len(t, whole.Entries, 7)
	require.Equal(t, uint64(450), whole.Freeze.BondedPower)
	require.Equal(t, uint64(90), whole.Freeze.LargestOther)
	require.Equal(t, uint64(280), whole.Freeze.PoolWeight)
	require.Len(t, whole.Entries[0].Chains, 1, "no contract is on the other chain")
	for perBlock := range uint32(10) {
		parts, height := frozen(perBlock + 1)
		require.Equal(t, whole, parts, "%d a block", perBlock+1)
		require.Equal(t, once+int64(8/(perBlock+1)), height)
	}
}

func TestStakeThatMovesBehindTheCursorOfAFreezeCountsOnce(t *testing.T) {
	params := testutil.Params()
	c := testutil.New(t, params, equalStakes(9, 100)...)
	params.MaxCandidatesPerBlock = 3
	params.EraDuration, params.BeaconWindow = params.EraDuration*2, params.EraDuration
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 2, 2, 2)}})
	operators := make([]sdk.ValAddress, 9)
	for i := range operators {
		c.Register(i, chain)
		operators[i] = testutil.Operator(i)
	}
	slices.SortFunc(operators, func(a, b sdk.ValAddress) int { return bytes.Compare(a, b) })
	first, last := operators[0], operators[8]
	freeze := func() types.Freeze {
		c.Next()
		freeze, _, err := c.Keeper.Freeze(c.Ctx, 1)
		require.NoError(t, err)
		return freeze
	}
	for freeze().Status != types.FREEZE_STATUS_RUNNING {
	}
	_, err := stakingkeeper.NewMsgServerImpl(c.Staking).BeginRedelegate(c.Ctx, stakingtypes.NewMsgBeginRedelegate(
		sdk.AccAddress(first).String(), first.String(), last.String(), sdk.NewInt64Coin(testutil.Denom, 90_000_000),
	))
	require.NoError(t, err)
	frozen := freeze()
	require.Equal(t, types.FREEZE_STATUS_RUNNING, frozen.Status)
	standing, err := c.Keeper.Standings.Get(c.Ctx, first)
	require.NoError(t, err)
	require.Equal(t, uint64(10), standing.Weight, "who is judged is followed")
	for frozen.Status == types.FREEZE_STATUS_RUNNING {
		frozen = freeze()
	}
	require.Equal(t, uint64(900), frozen.PoolWeight)
	require.Equal(t, uint64(900), frozen.BondedPower)
	c.Run(2)
	standing, err = c.Keeper.Standings.Get(c.Ctx, last)
	require.NoError(t, err)
	require.Equal(t, uint64(190), standing.Weight, "and whoever waited once the freeze is complete")
	require.NotContains(t, chores(c), ssvkeeper.ChoreStandings)
}

func TestAMarkThatIsNotWorkedOffIsMeasuredByTheFreezeItself(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	c.Register(0, chain)
	c.Run(8)
	require.NoError(t, c.Keeper.Standings.Clear(c.Ctx, nil))
	for i := range 6 {
		require.NoError(t, c.Keeper.MarkStanding(c.Ctx, testutil.Operator(i)))
	}
	require.NoError(t, c.Keeper.FreezeWithoutMeasuring(c.Ctx))
	freeze, found, err := c.Keeper.Freeze(c.Ctx, 1)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, uint64(600), freeze.BondedPower)
	require.Equal(t, uint32(1), freeze.Admitted)
	require.Equal(t, uint64(100), freeze.LargestOther)
	for i := range 6 {
		marked, err := c.Keeper.Unmeasured.Has(c.Ctx, testutil.Operator(i))
		require.NoError(t, err)
		require.False(t, marked)
	}
}

func TestWhoMissedBlocksAndSignsAgainIsNoAbsenteeAnyMore(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	consAddr := string(testutil.ConsensusKey(0, 0).Address())
	c.Absent[consAddr] = true
	c.Run(4)
	absentee := func() bool {
		has, err := c.Keeper.Absentees.Has(c.Ctx, testutil.Operator(0))
		require.NoError(t, err)
		return has
	}
	require.True(t, absentee())
	c.Absent[consAddr] = false
	c.RunToEra(2)
	require.True(t, absentee(), "the window still has the missed blocks at the first freeze")
	c.RunToEra(4)
	require.False(t, absentee())
}

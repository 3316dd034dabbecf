package keeper_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func equalStakes(count int, stake int64) []int64 { return slices.Repeat([]int64{stake}, count) }

// modelSet is what protocol §6 says CometBFT's set should be, from x/staking's state and the excluded operators alone.
func modelSet(c *testutil.Chain, last map[string]int64) map[string]int64 {
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(c.T, err)
	pending, err := c.Staking.PendingConsKeyRotations(c.Ctx)
	require.NoError(c.T, err)
	type holder struct {
		operator sdk.ValAddress
		power    int64
	}
	var producing, excluded []holder
	require.NoError(c.T, c.Staking.IterateLastValidatorPowers(c.Ctx, func(operator sdk.ValAddress, power int64) bool {
		out, err := c.Keeper.Excluded.Has(c.Ctx, operator)
		require.NoError(c.T, err)
		if out {
			excluded = append(excluded, holder{operator, power})
		} else {
			producing = append(producing, holder{operator, power})
		}
		return false
	}))
	slices.SortFunc(excluded, func(a, b holder) int {
		return cmp.Or(cmp.Compare(b.power, a.power), bytes.Compare(a.operator, b.operator))
	})
	guarded := func() bool {
		out, rest, leader := int64(0), int64(0), int64(0)
		for _, h := range excluded {
			out += h.power
		}
		for _, h := range producing {
			rest, leader = rest+h.power, max(leader, h.power)
		}
		few := len(producing) < int(params.MinProducers)
		return !few && math.LegacyNewDec(out).LTE(params.MaxExcludedPower.MulInt64(out+rest)) && 3*leader < rest
	}
	for len(excluded) > 0 && !guarded() {
		producing, excluded = append(producing, excluded[0]), excluded[1:]
	}
	if len(producing) == 0 {
		return last
	}
	set := map[string]int64{}
	for _, h := range producing {
		validator, err := c.Staking.GetValidator(c.Ctx, h.operator)
		require.NoError(c.T, err)
		key, err := pending.EffectiveKeyForABCIUpdate(h.operator, validator)
		require.NoError(c.T, err)
		set[string(key.Address())] = h.power
	}
	return set
}

// life is a chain to which random things happen.
type life struct {
	t         *rapid.T
	c         *testutil.Chain
	count     int
	rotations map[int]int
	contract  uint64
}

// validator draws one that there is.
func (l *life) validator() (int, stakingtypes.Validator) {
	i := rapid.IntRange(0, l.count-1).Draw(l.t, "validator")
	for {
		validator, err := l.c.Staking.GetValidator(l.c.Ctx, testutil.Operator(i))
		if err == nil {
			return i, validator
		}
		i = (i + 1) % l.count // that one is gone
	}
}

func (l *life) delegate() {
	i, validator := l.validator()
	amount := rapid.Int64Range(1, 40).Draw(l.t, "delegated") * 1_000_000
	delegator := sdk.AccAddress(testutil.Operator(i))
	l.c.Fund(delegator, amount)
	_, err := l.c.Staking.Delegate(l.c.Ctx, delegator, math.NewInt(amount), stakingtypes.Unbonded, validator, true)
	require.NoError(l.t, err)
}

func (l *life) undelegate() {
	i, validator := l.validator()
	most := validator.Tokens.QuoRaw(1_000_000).Int64() - 1
	if most < 1 {
		return
	}
	amount := sdk.NewInt64Coin(testutil.Denom, rapid.Int64Range(1, most).Draw(l.t, "undelegated")*1_000_000)
	msg := stakingtypes.NewMsgUndelegate(sdk.AccAddress(testutil.Operator(i)).String(), testutil.Operator(i).String(), amount)
	cached, write := l.c.Ctx.CacheContext()
	if _, err := stakingkeeper.NewMsgServerImpl(l.c.Staking).Undelegate(cached, msg); err == nil {
		write()
	}
}

func (l *life) jail() {
	_, validator := l.validator()
	consAddr, err := validator.GetConsAddr()
	require.NoError(l.t, err)
	if !validator.IsJailed() {
		require.NoError(l.t, l.c.Staking.Jail(l.c.Ctx, consAddr))
	}
}

func (l *life) unjail() {
	i, validator := l.validator()
	if !validator.IsJailed() {
		return
	}
	msg := slashingtypes.NewMsgUnjail(testutil.Operator(i).String())
	cached, write := l.c.Ctx.CacheContext()
	if _, err := slashingkeeper.NewMsgServerImpl(l.c.Slashing).Unjail(cached, msg); err == nil {
		write()
	}
}

func (l *life) rotate() {
	i, _ := l.validator()
	cached, write := l.c.Ctx.CacheContext()
	before := l.c.Ctx
	l.c.Ctx = cached
	err := l.c.Rotate(i, l.rotations[i]+1)
	l.c.Ctx = before
	if err == nil {
		write()
		l.rotations[i]++
	}
}

func (l *life) exclude() {
	l.contract = rapid.Uint64Range(1, 3).Draw(l.t, "contract")
	committee := types.Committee{Contract: l.contract, Era: 1, Threshold: 1}
	for i := range l.count {
		if rapid.IntRange(0, 2).Draw(l.t, "member") == 0 {
			committee.Members = append(committee.Members, types.Member{Operator: testutil.Operator(i).String()})
		}
	}
	require.NoError(l.t, l.c.Keeper.SetCommittee(l.c.Ctx, committee))
}

func (l *life) create() {
	if l.count < 14 {
		l.c.CreateValidator(l.count, rapid.Int64Range(1, 50).Draw(l.t, "stake"))
		l.count++
	}
}

func (l *life) guard() {
	params, err := l.c.Keeper.GetParams(l.c.Ctx)
	require.NoError(l.t, err)
	params.MinProducers = rapid.Uint32Range(1, 8).Draw(l.t, "min producers")
	_, err = l.c.Msgs.UpdateParams(l.c.Ctx, &types.MsgUpdateParams{Authority: testutil.Authority, Params: params})
	require.NoError(l.t, err)
}

func (l *life) shrinkSet() {
	params, err := l.c.Staking.GetParams(l.c.Ctx)
	require.NoError(l.t, err)
	params.MaxValidators = rapid.Uint32Range(3, 12).Draw(l.t, "max validators")
	require.NoError(l.t, l.c.Staking.SetParams(l.c.Ctx, params))
}

func TestCometBFTAlwaysHasTheBondedValidatorsLessTheExcluded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		params := testutil.Params()
		params.MinProducers = 1
		l := &life{t: t, count: 6, rotations: map[int]int{}}
		l.c = testutil.New(t, params, 10, 20, 30, 40, 50, 60)
		things := []func(){
			l.delegate, l.undelegate, l.jail, l.unjail, l.unjail, l.rotate, l.rotate, l.exclude, l.exclude, l.create, l.guard, l.shrinkSet,
		}
		want := modelSet(l.c, nil)
		for range rapid.IntRange(1, 40).Draw(t, "blocks") {
			for range rapid.IntRange(0, 3).Draw(t, "things") {
				things[rapid.IntRange(0, len(things)-1).Draw(t, "thing")]()
			}
			height := l.c.Ctx.BlockHeight()
			l.c.Next()
			want = modelSet(l.c, want)
			require.Equal(t, want, testutil.Powers(l.c.Sets[height+2]), "CometBFT's set at height %d", height+2)
			require.Equal(t, want, l.c.Stored())
		}
	})
}

func TestWithNobodyExcludedTheUpdatesAreThoseOfStaking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &life{t: t, count: 6, rotations: map[int]int{}}
		l.c = testutil.New(t, testutil.Params(), 10, 20, 30, 40, 50, 60)
		things := []func(){l.delegate, l.undelegate, l.rotate, l.rotate, l.create, l.unjail}
		for range rapid.IntRange(1, 30).Draw(t, "blocks") {
			for range rapid.IntRange(0, 3).Draw(t, "things") {
				things[rapid.IntRange(0, len(things)-1).Draw(t, "thing")]()
			}
			l.c.Next()
			updates, err := l.c.Staking.GetValidatorUpdates(l.c.Ctx)
			require.NoError(t, err)
			require.Len(t, l.c.Updates, len(updates))
			require.ElementsMatch(t, updates, l.c.Updates)
		}
	})
}

func TestAnExcludedMemberThatRotatesItsKeyStaysOutAndReturnsWithTheNewOne(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	c.Run(3)
	old, rotated := string(testutil.ConsensusKey(0, 0).Address()), string(testutil.ConsensusKey(0, 1).Address())
	require.NotContains(t, testutil.Powers(c.Sets[c.Ctx.BlockHeight()]), old)
	require.NoError(t, c.Rotate(0, 1))
	for range 4 {
		c.Next()
		require.Empty(t, c.Updates)
	}
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1)))
	height := c.Ctx.BlockHeight()
	c.Run(2)
	require.NotContains(t, testutil.Powers(c.Sets[height+1]), rotated, "two blocks of delay")
	require.Contains(t, testutil.Powers(c.Sets[height+2]), rotated)
	require.NotContains(t, testutil.Powers(c.Sets[height+2]), old)
}

func committee(contract, era uint64, members ...int) types.Committee {
	result := types.Committee{Contract: contract, Era: era, ChainId: "cosmos-1", Threshold: 1}
	for _, i := range members {
		result.Members = append(result.Members, types.Member{
			Operator: testutil.Operator(i).String(), Signer: testutil.Signer(i, "cosmos-1").PubKey().Bytes(), Weight: 100,
		})
	}
	return result
}

func TestExcludedMembersStayBondedAndMissNoBlocks(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	address := string(testutil.ConsensusKey(0, 0).Address())
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	c.Run(2)
	c.Absent[address] = true
	c.Run(40)
	validator, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(0))
	require.NoError(t, err)
	require.True(t, validator.IsBonded())
	require.False(t, validator.IsJailed())
}

func TestAProducerThatReturnsGetsOneFreshLivenessWindow(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	address := sdk.ConsAddress(testutil.ConsensusKey(0, 0).Address())
	c.Run(25)
	c.Absent[string(address)] = true
	c.Run(6)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	c.Run(30)
	info, err := c.Slashing.GetValidatorSigningInfo(c.Ctx, address)
	require.NoError(t, err)
	require.Positive(t, info.MissedBlocksCounter, "it missed blocks before it left")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1)))
	returned := c.Ctx.BlockHeight()
	info, err = c.Slashing.GetValidatorSigningInfo(c.Ctx, address)
	require.NoError(t, err)
	require.Equal(t, returned+2, info.StartHeight, "where its first block is")
	c.Run(20)
	jailed, err := c.Staking.IsValidatorJailed(c.Ctx, address)
	require.NoError(t, err)
	require.False(t, jailed, "within the window of 20 blocks")
	c.Run(10)
	jailed, err = c.Staking.IsValidatorJailed(c.Ctx, address)
	require.NoError(t, err)
	require.True(t, jailed, "after the window it is a producer like others")
}

func TestABlockMissedBeforeAMemberServedIsNotCountedWhenItReturns(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	address := sdk.ConsAddress(testutil.ConsensusKey(0, 0).Address())
	c.Run(25)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	c.Absent[string(address)] = true
	c.Run(10)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1)))
	c.Run(2 + 10)
	c.Absent[string(address)] = false
	c.Run(20)
	jailed, err := c.Staking.IsValidatorJailed(c.Ctx, address)
	require.NoError(t, err)
	require.False(t, jailed, "ten of the twenty blocks of its new window may be missed")
}

func TestAMemberThatTheGuardHasProduceAgainGetsAFreshLivenessWindow(t *testing.T) {
	c := testutil.New(t, testutil.Params(), 10, 20, 30, 40, 50, 60, 70)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0, 1, 2)))
	c.Run(25)
	params := testutil.Params()
	params.MinProducers = 5
	_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: testutil.Authority, Params: params})
	require.NoError(t, err)
	start := func(i int) int64 {
		info, err := c.Slashing.GetValidatorSigningInfo(c.Ctx, sdk.ConsAddress(testutil.ConsensusKey(i, 0).Address()))
		require.NoError(t, err)
		return info.StartHeight
	}
	before, height := start(1), c.Ctx.BlockHeight()
	c.Next()
	require.Equal(t, height+2, start(2), "the heaviest member is kept")
	require.Equal(t, before, start(1))
	require.NoError(t, c.Keeper.ConsensusDue.Set(c.Ctx, true))
	c.Next()
	require.Equal(t, height+2, start(2), "once: it produces already")
}

func TestMembersAreKeptProducingRatherThanTooFewProducers(t *testing.T) {
	params := testutil.Params()
	params.MinProducers = 4
	c := testutil.New(t, params, 50, 51, 52, 53, 54, 55)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0, 1, 2, 3)))
	height := c.Ctx.BlockHeight()
	c.Next()
	set := testutil.Powers(c.Sets[height+2])
	require.Len(t, set, 4)
	require.Contains(t, set, string(testutil.ConsensusKey(3, 0).Address()), "the heaviest members are kept")
	require.Contains(t, set, string(testutil.ConsensusKey(2, 0).Address()))
}

// addStake has an operator delegate more, in FIS, to its own validator.
func addStake(t *testing.T, c *testutil.Chain, i int, amount int64) {
	t.Helper()
	validator, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(i))
	require.NoError(t, err)
	delegator, tokens := sdk.AccAddress(testutil.Operator(i)), amount*1_000_000
	c.Fund(delegator, tokens)
	_, err = c.Staking.Delegate(c.Ctx, delegator, math.NewInt(tokens), stakingtypes.Unbonded, validator, true)
	require.NoError(t, err)
}

func TestMembersAreKeptProducingRatherThanTooMuchPowerExcluded(t *testing.T) {
	params := testutil.Params()
	params.MaxExcludedPower = math.LegacyNewDecWithPrec(25, 2)
	c := testutil.New(t, params, equalStakes(8, 100)...)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0, 1)))
	height := c.Ctx.BlockHeight()
	c.Next()
	require.Len(t, c.Sets[height+2].Validators, 6, "a quarter is allowed")
	addStake(t, c, 0, 1)
	c.Next()
	set := testutil.Powers(c.Sets[height+3])
	require.Len(t, set, 7, "more is not")
	require.Contains(t, set, string(testutil.ConsensusKey(0, 0).Address()), "the heaviest member is kept")
}

func TestMembersAreKeptProducingRatherThanAProducerWithAThirdOfTheRest(t *testing.T) {
	c := testutil.New(t, testutil.Params(), 25, 10, 10, 10, 10, 10, 10, 10)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1, 2, 3)))
	height := c.Ctx.BlockHeight()
	c.Next()
	require.Len(t, c.Sets[height+2].Validators, 7, "25 of 85 is less than a third, 25 of 75 is not")
}

func TestWhereNobodyCanKeepAProducerBelowAThirdEverybodyProduces(t *testing.T) {
	c := testutil.New(t, testutil.Params(), 40, 10, 10, 10, 10, 10, 10, 10)
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1, 2)))
	height := c.Ctx.BlockHeight()
	c.Next()
	require.Len(t, c.Sets[height+2].Validators, 8)
}

func TestTheLastProducerIsNeverTakenOut(t *testing.T) {
	c := testutil.New(t, testutil.Params(), 10, 20)
	for i := range 2 {
		require.NoError(t, c.Staking.Jail(c.Ctx, sdk.ConsAddress(testutil.ConsensusKey(i, 0).Address())))
	}
	height := c.Ctx.BlockHeight()
	c.Next()
	require.Empty(t, c.Updates)
	require.Len(t, c.Sets[height+2].Validators, 2, "CometBFT can't run without a validator")
}

func TestABlockInWhichNothingChangesProjectsNothing(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(8, 100)...)
	c.Run(2)
	require.NoError(t, c.Keeper.ConsensusSet.Clear(c.Ctx, nil))
	c.Next()
	require.Empty(t, c.Updates, "a projection would send all anew")
	require.NoError(t, c.Keeper.ConsensusDue.Set(c.Ctx, true))
	_, err := c.Staking.EndBlocker(c.Ctx)
	require.NoError(t, err)
	updates, err := c.Module.EndBlock(c.Ctx)
	require.NoError(t, err)
	require.Len(t, updates, 8)
}

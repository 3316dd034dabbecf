package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// undelegate takes part of an operator's own stake away, in ufis.
func undelegate(c *testutil.Chain, operator string, amount int64) {
	c.T.Helper()
	_, err := stakingkeeper.NewMsgServerImpl(c.Staking).Undelegate(c.Ctx, stakingtypes.NewMsgUndelegate(
		sdk.AccAddress(raw(c.T, operator)).String(), operator, sdk.NewInt64Coin(testutil.Denom, amount)))
	require.NoError(c.T, err)
}

// leaving is what is unbonding of an operator's own stake, in ufis.
func leaving(c *testutil.Chain, operator string) int64 {
	c.T.Helper()
	unbonding, err := c.Staking.GetUnbondingDelegation(c.Ctx, sdk.AccAddress(raw(c.T, operator)), raw(c.T, operator))
	require.NoError(c.T, err)
	sum := int64(0)
	for _, entry := range unbonding.Entries {
		sum += entry.Balance.Int64()
	}
	return sum
}

func stakeIn(c *testutil.Chain, era uint64, operator string) types.Stake {
	c.T.Helper()
	stake, err := c.Keeper.Stakes.Get(c.Ctx, collections.Join(era, raw(c.T, operator)))
	require.NoError(c.T, err)
	return stake
}

// frozen runs a chain of twenty equal candidates until the pool for era 2 is frozen, and the block after it has begun.
func frozen(t *testing.T) (*testutil.Chain, types.Freeze) {
	t.Helper()
	c, _ := elected(t, 20, demand(1, 7, 5, 7))
	for range 100 {
		freeze, err := c.Keeper.Freezes.Get(c.Ctx, 1)
		if err == nil && freeze.Status == types.FREEZE_STATUS_DONE {
			return c, freeze
		}
		c.Next()
	}
	t.Fatal("no freeze")
	return nil, types.Freeze{}
}

func TestWhoKnowsThatItIsDrawnAndUndelegatesBeforeItIsSeatedIsSlashedOnWhatItWasDrawnBy(t *testing.T) {
	c, freeze := frozen(t)
	for i := range 20 {
		undelegate(c, testutil.Operator(i).String(), 50_000_000)
	}
	c.RunToEra(2)
	committee := present(c, 1)
	out := committee.Members[0].Operator
	require.Equal(t, types.Stake{Era: 2, Operator: out, Contract: 1, Height: freeze.Height, Power: 100}, stakeIn(c, 2, out))
	record(c, settled(committee, 1, out))
	c.RunToEra(3)
	member := memberOf(c, settlementOf(c, 2), out)
	require.Equal(t, int64(100), member.Power)
	require.Equal(t, freeze.Height+1, member.InfractionHeight)
	// (3/7)² · 0.1 = 0.018367… of 100 FIS, half of it of what was taken away.
	require.Equal(t, int64(50_000_000-918_367), leaving(c, out))
	require.Equal(t, int64(50_000_000-918_367), tokens(c, out))
	require.Equal(t, int64(918_367), member.Slashed.Int64())
}

func TestWhoRedelegatesAwayBeforeItIsSeatedIsSlashedOnWhatItWasDrawnBy(t *testing.T) {
	c, _ := frozen(t)
	target := testutil.Operator(20)
	c.CreateValidator(20, 10)
	for i := range 20 {
		operator := testutil.Operator(i)
		_, err := stakingkeeper.NewMsgServerImpl(c.Staking).BeginRedelegate(c.Ctx, stakingtypes.NewMsgBeginRedelegate(
			sdk.AccAddress(operator).String(), operator.String(), target.String(), sdk.NewInt64Coin(testutil.Denom, 80_000_000)))
		require.NoError(t, err)
	}
	c.RunToEra(2)
	committee := present(c, 1)
	elsewhere := tokens(c, target.String())
	out := committee.Members[0].Operator
	require.True(t, punish(c, rogue(committee, out)))
	require.Equal(t, int64(20_000_000-2_000_000), tokens(c, out))
	require.Equal(t, elsewhere-8_000_000, tokens(c, target.String()))
}

func TestWhoRotatesItsConsensusKeyBetweenTheFreezeAndTheSlashIsSlashedAllTheSame(t *testing.T) {
	for name, blocks := range map[string]int{"in the block of the slash": 0, "in the block before": 1, "and has the new one": 4} {
		t.Run(name, func(t *testing.T) {
			c, _ := frozen(t)
			c.RunToEra(2)
			committee := present(c, 1)
			out := 0
			for committee.MemberIndex(testutil.Operator(out).String()) < 0 {
				out++
			}
			require.NoError(t, c.Rotate(out, 1))
			c.Run(blocks)
			require.True(t, punish(c, rogue(committee, testutil.Operator(out).String())))
			require.Equal(t, int64(90_000_000), tokens(c, testutil.Operator(out).String()))
			c.Run(4)
			require.Equal(t, int64(90_000_000), tokens(c, testutil.Operator(out).String()))
		})
	}
}

func TestAFreezeOfManyBlocksTakesEveryStakeAsItWasWhenItBegan(t *testing.T) {
	params := testutil.Params()
	params.MaxCandidatesPerBlock, params.EraDuration, params.BeaconWindow = 6, 70*time.Second, 35*time.Second
	c := testutil.New(t, params, equalStakes(20, 100)...)
	contracts := &testutil.Contracts{Wanted: []types.Demand{demand(1, 7, 5, 7)}}
	c.Keeper.SetHooks(contracts)
	for i := range 20 {
		c.Register(i, chain)
	}
	var freeze types.Freeze
	for freeze.Evaluated == 0 {
		c.Next()
		freeze, _ = c.Keeper.Freezes.Get(c.Ctx, 1)
	}
	require.Equal(t, types.FREEZE_STATUS_RUNNING, freeze.Status)
	// All take half away in the block after the first six were judged: of all it is reached.
	for i := range 20 {
		undelegate(c, testutil.Operator(i).String(), 50_000_000)
	}
	c.RunToEra(2)
	for _, member := range present(c, 1).Members {
		stake := stakeIn(c, 2, member.Operator)
		require.Equal(t, int64(100), stake.Power)
		require.Equal(t, freeze.Begun, stake.Height)
		require.True(t, punish(c, rogue(present(c, 1), member.Operator)))
		require.Equal(t, int64(45_000_000), tokens(c, member.Operator), "a tenth of what it has left")
		require.Equal(t, int64(45_000_000), leaving(c, member.Operator), "and of what left since")
	}
}

func TestAStandbyThatIsCalledStakesWhatItWasDrawnBy(t *testing.T) {
	c, freeze := frozen(t)
	c.RunToEra(2)
	before := present(c, 1)
	called := before.Standbys[0].Operator
	undelegate(c, called, 60_000_000)
	c.Next()
	judge(c, settled(before, 1, before.Members[0].Operator), settled(before, 2, before.Members[0].Operator))
	after := present(c, 1)
	require.Equal(t, called, after.Members[0].Operator)
	next := settled(after, 3, called)
	next.Vault = 12
	record(c, next)
	c.RunToEra(3)
	member := memberOf(c, settlementOf(c, 2), called)
	require.Equal(t, int64(100), member.Power)
	require.Equal(t, freeze.Height+1, member.InfractionHeight)
	require.Equal(t, int64(60_000_000-1_102_040), leaving(c, called))
}

// carried is a committee of era 2 that serves on, since its contract asks for no election, in as many eras.
func carried(t *testing.T) (*testutil.Chain, types.Committee) {
	t.Helper()
	c, contracts, committee := emergent(t)
	contracts.Wanted = nil
	return c, committee
}

func TestIncumbentsThatAreSeatedAgainStakeTheMostThatTheyHadAtTheBeginningOfATerm(t *testing.T) {
	c, committee := carried(t)
	less, more := committee.Members[0].Operator, committee.Members[1].Operator
	c.Next()
	undelegate(c, less, 40_000_000)
	delegate(c, more, 50_000_000)
	c.RunToEra(3)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, present(c, 1).Origin)
	require.Equal(t, int64(60), stakeIn(c, 3, less).Power)
	require.Equal(t, int64(150), stakeIn(c, 3, more).Power)
	require.Equal(t, uint64(1), stakeIn(c, 3, more).Contract)
	record(c, settled(committee, 1, less, more)) // the vault is still that of era 2
	c.RunToEra(4)
	s := settlementOf(c, 3)
	// (6/7)² · 0.1 = 0.073469…
	require.Equal(t, int64(100), memberOf(c, s, less).Power, "what it took away since the first term is reached")
	require.Equal(t, int64(40_000_000-2_938_775), leaving(c, less))
	require.Equal(t, int64(150), memberOf(c, s, more).Power, "what was added since counts from the next term on")
	require.Equal(t, int64(150_000_000-11_020_408), tokens(c, more))
}

func TestATermForAnotherContractBacksNoDutyOfThisOne(t *testing.T) {
	c, committee := carried(t)
	operator := committee.Members[0].Operator
	c.RunToEra(3)
	elsewhere := stakeIn(c, 3, operator)
	elsewhere.Contract, elsewhere.Power = 2, 500
	require.NoError(t, c.Keeper.Stakes.Set(c.Ctx, collections.Join(uint64(3), raw(t, operator)), elsewhere))
	record(c, settled(committee, 1, operator))
	c.RunToEra(4)
	require.Equal(t, int64(100), memberOf(c, settlementOf(c, 3), operator).Power)
}

func TestATermEndsWithTheReachOfUnbonding(t *testing.T) {
	c, committee := carried(t)
	less := committee.Members[0].Operator
	undelegate(c, less, 40_000_000)
	// Duties last 2 + 1 + 1 eras at most: in era 6, the terms from era 3 on count.
	c.RunToEra(6)
	record(c, settled(committee, 1, less))
	c.RunToEra(7)
	require.Equal(t, int64(60), memberOf(c, settlementOf(c, 6), less).Power)
}

func TestAVaultThatIsOwedForLongerThanUnbondingReachesIsBackedByANewTerm(t *testing.T) {
	c, _, committee := emergent(t)
	late := committee.Members[0].Operator
	c.RunToEra(9)
	_, err := c.Keeper.Stakes.Get(c.Ctx, collections.Join(uint64(2), raw(t, late)))
	require.ErrorIs(t, err, collections.ErrNotFound, "pruned")
	s := settled(committee, 1, late)
	s.Vault, s.Active = 10, false
	record(c, s)
	undelegate(c, late, 40_000_000)
	c.RunToEra(10)
	member := memberOf(c, settlementOf(c, 9), late)
	require.Equal(t, int64(100), member.Power, "as it was when the vault's first session of the era settled")
	require.Equal(t, int64(40_000_000-734_693), leaving(c, late))
}

func TestStakesAreKeptWhileSomethingIsToBeJudgedOrSlashed(t *testing.T) {
	c, _, committee := emergent(t)
	out := committee.Members[0].Operator
	pending := types.DueVault{Era: 2, Vault: 99, Contract: 1, VaultEra: 2, Threshold: 5, Operators: []string{"unreadable"}}
	c.RunToEra(6)
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.HistoryEras = 1
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	pending.Era = 5
	require.NoError(t, c.Keeper.DueVaults.Set(c.Ctx, collections.Join(pending.Era, pending.Vault), pending))
	c.Run(3)
	require.Equal(t, int64(100), stakeIn(c, 2, out).Power)
	require.NoError(t, c.Keeper.DueVaults.Remove(c.Ctx, collections.Join(pending.Era, pending.Vault)))
	c.Run(3)
	_, err = c.Keeper.Stakes.Get(c.Ctx, collections.Join(uint64(2), raw(t, out)))
	require.ErrorIs(t, err, collections.ErrNotFound)
}

func TestAnIncumbentThatIsJailedAndTakesAllAwayAfterItIsSeatedAgainDoesNotEscape(t *testing.T) {
	c, committee := carried(t)
	out := committee.Members[0].Operator
	validator, err := c.Staking.GetValidator(c.Ctx, raw(t, out))
	require.NoError(t, err)
	consAddr, err := validator.GetConsAddr()
	require.NoError(t, err)
	require.NoError(t, c.Staking.Jail(c.Ctx, consAddr))
	c.RunToEra(6)
	require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, present(c, 1).Origin)
	target := testutil.Operator(30)
	c.CreateValidator(30, 10)
	_, err = stakingkeeper.NewMsgServerImpl(c.Staking).BeginRedelegate(c.Ctx, stakingtypes.NewMsgBeginRedelegate(
		sdk.AccAddress(raw(t, out)).String(), out, target.String(), sdk.NewInt64Coin(testutil.Denom, 90_000_000)))
	require.NoError(t, err)
	elsewhere := tokens(c, target.String())
	record(c, settled(committee, 1, out))
	c.RunToEra(7)
	member := memberOf(c, settlementOf(c, 6), out)
	require.Equal(t, int64(100), member.Power)
	require.Equal(t, elsewhere-1_653_061, tokens(c, target.String()), "x/staking dates it to the block in which the validator began to unbond")
}

func TestCommitteesThatGenesisNamesStakeWhatTheyHaveThere(t *testing.T) {
	c, _, committee := emergent(t)
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	genesis.Emergency.Stakes = nil
	genesis.Committees = genesis.Committees[:0]
	first := committee
	first.Origin, first.Standbys = types.COMMITTEE_ORIGIN_GENESIS, nil
	for i := range first.Members {
		first.Members[i].Height = 0
	}
	genesis.Committees = append(genesis.Committees, first)
	require.NoError(t, c.Keeper.Stakes.Clear(c.Ctx, nil))
	defer c.LengthenPhases()()
	genesis.Params, err = c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	height := c.Ctx.BlockHeight()
	_, err = c.Keeper.InitGenesis(c.Ctx, *genesis)
	require.NoError(t, err)
	out := first.Members[0].Operator
	require.Equal(t, types.Stake{Era: 2, Operator: out, Contract: 1, Height: height - 1, Power: 100}, stakeIn(c, 2, out))
	undelegate(c, out, 30_000_000)
	c.Next()
	require.True(t, punish(c, rogue(first, out)))
	require.Equal(t, int64(27_000_000), leaving(c, out), "from the first block on")
}

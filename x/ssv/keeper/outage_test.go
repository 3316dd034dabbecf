package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// unfunded is a chain with an issued reward of a million to be paid, of which the module's account is short by an amount. It returns the account
// that has it.
func unfunded(t *testing.T, short int64) (*testutil.Chain, sdk.AccAddress) {
	t.Helper()
	c := crowded(t, 1)
	change(c, func(p *types.Params) { p.EraDuration = 70 * time.Second })
	c.RunToEra(3)
	require.Equal(t, types.REWARD_STATUS_PAYING, statement(c, 2).Reward.Status)
	elsewhere := sdk.AccAddress("elsewhere-----------")
	coins := sdk.NewCoins(sdk.NewInt64Coin(testutil.Denom, short))
	require.NoError(t, c.Bank.SendCoinsFromModuleToAccount(c.Ctx, types.ModuleName, elsewhere, coins))
	return c, elsewhere
}

func TestAPaymentThatFailsTenTimesIsPutOffToTheNextEraAndMadeThen(t *testing.T) {
	c, elsewhere := unfunded(t, 1)
	for attempts := uint32(1); attempts < 10; attempts++ {
		c.Next()
		pending, err := c.Keeper.PendingRewards.Get(c.Ctx, 2)
		require.NoError(t, err)
		require.Equal(t, attempts, pending.Attempts)
		require.Zero(t, pending.ResumeEra)
	}
	c.Next()
	putOff, err := c.Keeper.PendingRewards.Get(c.Ctx, 2)
	require.NoError(t, err)
	require.Zero(t, putOff.Attempts)
	require.Equal(t, uint64(4), putOff.ResumeEra)

	require.NoError(t, c.Bank.SendCoinsFromAccountToModule(c.Ctx, elsewhere, types.ModuleName, sdk.NewCoins(sdk.NewInt64Coin(testutil.Denom, 1))))
	roundTrip(t, c)
	c.Run(2)
	require.Equal(t, uint64(3), era(c).Number)
	require.Equal(t, types.REWARD_STATUS_PAYING, statement(c, 2).Reward.Status, "not before the next era")
	require.Zero(t, balance(c, types.TreasuryName))
	c.RunToEra(4)
	c.Next()
	require.Equal(t, types.REWARD_STATUS_PAID, statement(c, 2).Reward.Status)
	require.Equal(t, int64(1_000_000), balance(c, types.TreasuryName), "all of it: the one with points is gone")
	require.Zero(t, balance(c, types.ModuleName))
}

func TestAGenesisWhoseModuleAccountIsTooPoorForTheRewardsToBePaidIsRefusedByName(t *testing.T) {
	c, elsewhere := unfunded(t, 1)
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.NoError(t, genesis.Validate())
	cached, _ := c.Ctx.CacheContext()
	_, err = c.Keeper.InitGenesis(cached, *genesis)
	require.ErrorIs(t, err, types.ErrInvalidGenesis)
	require.ErrorContains(t, err, "rewards of 1000000 ufis are to be paid, and the module's account holds 999999")

	require.NoError(t, c.Bank.SendCoinsFromAccountToModule(c.Ctx, elsewhere, types.ModuleName, sdk.NewCoins(sdk.NewInt64Coin(testutil.Denom, 1))))
	roundTrip(t, c)
}

func TestWhoIsBackAfterAStandstillOfTheChainLongerThanTheWindowIsNotEvictedForIt(t *testing.T) {
	// The window is 4 blocks and one interval of 4, of five seconds each.
	for name, standstill := range map[string]time.Duration{"within the era": 45 * time.Second, "over several eras": time.Hour} {
		t.Run(name, func(t *testing.T) {
			c, _ := elected(t, 20, demand(1, 7, 5, 7))
			change(c, func(p *types.Params) { p.EraDuration = 70 * time.Second })
			c.RunToEra(3)
			before := present(c, 1)
			silence(c)
			c.EndBlock(c.Ctx.BlockTime().Add(standstill))
			c.Next()
			late := before.Members[2].Operator
			judge(c, settled(present(c, 1), 1, late))
			require.Equal(t, before.Members, present(c, 1).Members, "its last sign of life is two blocks old")
			require.False(t, banned(c, late))
		})
	}
	t.Run("but after as many blocks", func(t *testing.T) {
		c, _, before := emergent(t)
		late := before.Members[2].Operator
		silence(c)
		c.Run(8)
		last, err := c.Keeper.Liveness.Get(c.Ctx, raw(t, late))
		require.NoError(t, err)
		silence(c) // the others, standbys too, have given signs of life since
		require.NoError(t, c.Keeper.Liveness.Set(c.Ctx, raw(t, late), last))
		judge(c, settled(before, 1, late))
		require.Equal(t, before.WithMember(2, before.Standbys[0]).Members, present(c, 1).Members)
	})
}

func TestTheHeartbeatsDueOfAnEraWithAStandstillAreThoseOfItsBlocks(t *testing.T) {
	c, _, before := emergent(t)
	change(c, func(p *types.Params) { p.MinOnlineRate = math.LegacyOneDec() })
	c.Run(2)
	c.EndBlock(era(c).EndTime.Add(time.Hour))
	c.Next()
	require.Equal(t, uint64(3), era(c).Number)
	for _, member := range before.Members {
		account, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: member.Operator, Era: 2})
		require.NoError(t, err)
		require.LessOrEqual(t, account.Heartbeats.Due, uint64(1), "four blocks, not an hour")
	}
}

package keeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func statement(c *testutil.Chain, era uint64) *types.QueryStatementResponse {
	answer, err := c.Queries.Statement(c.Ctx, &types.QueryStatementRequest{Era: era})
	require.NoError(c.T, err)
	return answer
}

func balance(c *testutil.Chain, module string) int64 {
	return c.Bank.GetBalance(c.Ctx, authtypes.NewModuleAddress(module), testutil.Denom).Amount.Int64()
}

func supply(c *testutil.Chain) int64 { return c.Bank.GetSupply(c.Ctx, testutil.Denom).Amount.Int64() }

// outstanding is what a validator and its delegators can withdraw.
func outstanding(c *testutil.Chain, operator string) int64 {
	rewards, err := c.Distribution.GetValidatorOutstandingRewardsCoins(c.Ctx, raw(c.T, operator))
	require.NoError(c.T, err)
	return rewards.AmountOf(testutil.Denom).TruncateInt64()
}

// change sets parameters.
func change(c *testutil.Chain, set func(*types.Params)) {
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(c.T, err)
	set(&params)
	require.NoError(c.T, params.Validate())
	require.NoError(c.T, c.Keeper.Params.Set(c.Ctx, params))
}

func TestPointsDecideTheSharesAndTheRestIsTheTreasurys(t *testing.T) {
	c, _, committee := emergent(t)
	change(c, func(p *types.Params) {
		p.EraBudget, p.CapShare, p.RefundReserve = math.NewInt(1_000_000), math.LegacyNewDecWithPrec(20, 2), math.NewInt(100_000)
	})
	all := operatorsOf(committee.Members)
	// All sign once, 20 points each; the first agrees too, 2; the last has 34 calls, 68, and the second misses and forfeits.
	record(c, settled(committee, 1), settled(committee, 2, all[1]))
	require.NoError(t, c.Keeper.RecordObservation(c.Ctx, 11, all, all[:1], nil))
	require.NoError(t, c.Keeper.RecordCalls(c.Ctx, 1, all[6], 34, 2))
	before := supply(c)
	lost := tokens(c, all[1])
	c.RunToEra(3)

	answer := statement(c, 2)
	require.Equal(t, types.REWARD_STATUS_PAID, answer.Reward.Status)
	require.Equal(t, int64(13*20), answer.Reward.SignaturePoints.Int64())
	require.Equal(t, int64(2+68), answer.Reward.CallPoints.Int64())
	require.Equal(t, int64(200_000), answer.Reward.Cap.Int64())
	require.Len(t, answer.Earnings, 7)
	want := map[string]int64{all[0]: 127_272, all[1]: 0, all[6]: 200_000} // 42/330; forfeit; 108/330 = 327,272 capped
	sum := int64(0)
	for _, e := range answer.Earnings {
		paid, named := want[e.Operator]
		if !named {
			paid = 121_212 // 40/330
		}
		require.Equal(t, paid, e.Paid.Int64(), e.Operator)
		require.Equal(t, paid, outstanding(c, e.Operator))
		require.Equal(t, e.Operator == all[6], e.Capped)
		require.Equal(t, e.Operator == all[1], e.Forfeit != types.FORFEIT_REASON_UNSPECIFIED)
		sum += paid
	}
	require.Equal(t, int64(1_000_000)-sum, answer.Reward.Treasury.Int64())
	require.Equal(t, int64(100_000), answer.Reward.ToRefunds.Int64())
	require.Equal(t, int64(100_000), balance(c, types.RefundPoolName))
	require.Equal(t, int64(900_000)-sum, balance(c, types.TreasuryName))
	require.Zero(t, balance(c, types.ModuleName))
	require.Equal(t, before+1_000_000-(lost-tokens(c, all[1])), supply(c), "issued, less what the fault burned")
	roundTrip(t, c)
}

func TestAnEraWithoutPointsIssuesNothing(t *testing.T) {
	c, _, _ := emergent(t)
	before := supply(c)
	c.RunToEra(4)
	require.Equal(t, before, supply(c))
	require.Equal(t, types.REWARD_STATUS_PAID, statement(c, 3).Reward.Status)
	require.True(t, statement(c, 3).Reward.Issued.IsZero())
}

func TestTheShareOfAValidatorThatIsGoneIsTheTreasurys(t *testing.T) {
	c, _, committee := emergent(t)
	change(c, func(p *types.Params) { p.RefundReserve = math.ZeroInt() })
	record(c, settled(committee, 1))
	gone := committee.Members[3].Operator
	account, err := c.Keeper.DutyAccounts.Get(c.Ctx, collections.Join3(uint64(2), raw(t, gone), uint64(11)))
	require.NoError(t, err)
	nobody := sdk.ValAddress("nobody--------------")
	account.Operator = nobody.String()
	require.NoError(t, c.Keeper.DutyAccounts.Set(c.Ctx, collections.Join3(uint64(2), nobody, uint64(11)), account))
	c.RunToEra(3)
	answer := statement(c, 2)
	at := slices.IndexFunc(answer.Earnings, func(e types.Earning) bool { return e.Operator == nobody.String() })
	require.Equal(t, types.UNPAID_GONE, answer.Earnings[at].Unpaid)
	require.True(t, answer.Earnings[at].Share.IsPositive())
	require.True(t, answer.Earnings[at].Paid.IsZero())
	require.Equal(t, answer.Reward.Treasury.Int64(), balance(c, types.TreasuryName))
}

func TestOneWhoDidEvilForfeits(t *testing.T) {
	c, _, committee := emergent(t)
	record(c, settled(committee, 1))
	out := committee.Members[0].Operator
	require.True(t, punish(c, rogue(committee, out)))
	c.RunToEra(3)
	for _, e := range statement(c, 2).Earnings {
		require.Equal(t, e.Operator == out, e.Paid.IsZero(), e.Operator)
		if e.Operator == out {
			require.Equal(t, types.FORFEIT_REASON_EVIL, e.Forfeit)
		}
	}
}

// founded is a chain in mode TRANSITION in whose era 2 all seven members signed once: 1,000,000 ufis, capped at 200,000.
func founded(t *testing.T) (*testutil.Chain, []string, *types.MsgSetEraShares) {
	t.Helper()
	c, _, committee := emergent(t)
	foundation := sdk.AccAddress("foundation----------").String()
	change(c, func(p *types.Params) {
		p.RewardMode, p.Foundation, p.FoundationWindow = types.REWARD_MODE_TRANSITION, foundation, 20*time.Second
		p.EraBudget, p.CapShare, p.RefundReserve = math.NewInt(1_000_000), math.LegacyNewDecWithPrec(20, 2), math.ZeroInt()
	})
	all := operatorsOf(committee.Members)
	slices.SortFunc(all, func(a, b string) int { return slices.Compare(raw(t, a), raw(t, b)) })
	record(c, settled(committee, 1))
	c.RunToEra(3)
	return c, all, &types.MsgSetEraShares{Foundation: foundation, Era: 2}
}

func TestTheFoundationSetsTheSharesWithinItsWindow(t *testing.T) {
	c, all, msg := founded(t)
	require.Equal(t, types.REWARD_STATUS_OPEN, statement(c, 2).Reward.Status)
	require.Zero(t, balance(c, types.ModuleName), "not issued yet")
	roundTrip(t, c)
	msg.Shares = []types.EraShare{{Operator: all[0], Amount: math.NewInt(5)}}
	_, err := c.Msgs.SetEraShares(c.Ctx, msg)
	require.NoError(t, err)
	msg.Shares = []types.EraShare{{Operator: all[1], Amount: math.NewInt(200_000)}, {Operator: all[4], Amount: math.NewInt(7)}}
	_, err = c.Msgs.SetEraShares(c.Ctx, msg)
	require.NoError(t, err, "again, in the place of the first")
	c.Run(5)
	answer := statement(c, 2)
	require.Equal(t, types.REWARD_STATUS_PAID, answer.Reward.Status)
	require.True(t, answer.Reward.ByFoundation)
	require.Equal(t, int64(0), outstanding(c, all[0]))
	require.Equal(t, int64(200_000), outstanding(c, all[1]))
	require.Equal(t, int64(7), outstanding(c, all[4]))
	require.Equal(t, int64(799_993), balance(c, types.TreasuryName))
	_, err = c.Msgs.SetEraShares(c.Ctx, msg)
	require.ErrorIs(t, err, types.ErrSharesClosed)
}

func TestWithoutTheFoundationThePointsDecideWhenItsWindowIsOver(t *testing.T) {
	c, all, _ := founded(t)
	c.Run(5)
	require.Equal(t, types.REWARD_STATUS_PAID, statement(c, 2).Reward.Status)
	for _, operator := range all {
		require.Equal(t, int64(142_857), outstanding(c, operator))
	}
	require.Equal(t, int64(1), balance(c, types.TreasuryName), "rounding")
}

func TestSharesThatAreNotTheFoundationsOrAboveTheCapAreRefusedByName(t *testing.T) {
	c, all, good := founded(t)
	before := statement(c, 2)
	share := func(operator string, amount int64) types.EraShare {
		return types.EraShare{Operator: operator, Amount: math.NewInt(amount)}
	}
	for name, test := range map[string]struct {
		spoil func(*types.MsgSetEraShares)
		want  error
	}{
		"by another":         {func(m *types.MsgSetEraShares) { m.Foundation = testutil.Authority }, types.ErrNotFoundation},
		"without shares":     {func(m *types.MsgSetEraShares) { m.Shares = nil }, types.ErrInvalidShares},
		"of an unknown era":  {func(m *types.MsgSetEraShares) { m.Era = 7 }, types.ErrStatementNotFound},
		"above the cap":      {func(m *types.MsgSetEraShares) { m.Shares = []types.EraShare{share(all[0], 200_001)} }, types.ErrInvalidShares},
		"of nothing":         {func(m *types.MsgSetEraShares) { m.Shares = []types.EraShare{share(all[0], 0)} }, types.ErrInvalidShares},
		"twice for one":      {func(m *types.MsgSetEraShares) { m.Shares = []types.EraShare{share(all[0], 1), share(all[0], 1)} }, types.ErrInvalidShares},
		"for one not served": {func(m *types.MsgSetEraShares) { m.Shares = []types.EraShare{share(sdk.ValAddress("x").String(), 1)} }, types.ErrInvalidShares},
		"above the total": {func(m *types.MsgSetEraShares) {
			for _, operator := range all {
				m.Shares = append(m.Shares, share(operator, 150_000))
			}
		}, types.ErrInvalidShares},
	} {
		msg := *good
		test.spoil(&msg)
		_, err := c.Msgs.SetEraShares(c.Ctx, &msg)
		require.ErrorIs(t, err, test.want, name)
		require.Equal(t, before, statement(c, 2), name)
	}
}

func TestPaymentsAreBoundedPerBlockAndGoOnThroughAnExport(t *testing.T) {
	c, all, _ := founded(t)
	change(c, func(p *types.Params) { p.MaxSlashesPerBlock = 3 })
	c.Run(4)
	require.Equal(t, types.REWARD_STATUS_PAYING, statement(c, 2).Reward.Status)
	require.Equal(t, int64(1_000_000-3*142_857), balance(c, types.ModuleName))
	roundTrip(t, c)
	c.Run(2)
	require.Equal(t, types.REWARD_STATUS_PAID, statement(c, 2).Reward.Status)
	require.Zero(t, balance(c, types.ModuleName))
	for _, operator := range all {
		require.Equal(t, int64(142_857), outstanding(c, operator))
	}
}

func TestOverRandomErasWhatIsPaidAndTheTreasurysIsWhatWasIssuedToTheLastUfis(t *testing.T) {
	c, _, committee := emergent(t)
	all := operatorsOf(committee.Members)
	rapid.Check(t, func(t *rapid.T) {
		change(c, func(p *types.Params) {
			p.EraBudget = math.NewInt(rapid.Int64Range(0, 1e15).Draw(t, "budget"))
			p.CapShare = math.LegacyNewDecWithPrec(rapid.Int64Range(0, 1000).Draw(t, "cap"), 3)
			p.RefundReserve = math.NewInt(rapid.Int64Range(0, 1e9).Draw(t, "reserve"))
			p.MaxSlashesPerBlock = rapid.Uint32Range(1, 10).Draw(t, "bound")
		})
		for range 10 {
			settleRandomEra(t, *c, all)
		}
	})
}

// settleRandomEra lets era 2 end with random accounts, in a branch of the state that is dropped.
func settleRandomEra(t *rapid.T, c testutil.Chain, all []string) {
	const era = uint64(2)
	ctx, _ := c.Ctx.CacheContext()
	one := c
	one.Ctx = ctx
	before, treasury := supply(&one), balance(&one, types.TreasuryName)+balance(&one, types.RefundPoolName)
	paid := balance(&one, distrtypes.ModuleName)
	for i, operator := range all {
		account := types.DutyAccount{
			Era: era, Vault: 11, Operator: operator,
			Signed: rapid.Uint64Range(0, 1000).Draw(t, "signed"), Agreed: rapid.Uint64Range(0, 1000).Draw(t, "agreed"),
		}
		require.NoError(t, one.Keeper.DutyAccounts.Set(ctx, collections.Join3(era, raw(t, operator), uint64(11)), account))
		require.NoError(t, one.Keeper.RecordCalls(ctx, 1, operator, rapid.Uint64Range(0, 1000).Draw(t, "calls"), 1))
		if rapid.Bool().Draw(t, "forfeits") && i%2 == 0 {
			require.NoError(t, one.Keeper.Forfeits.Set(ctx, collections.Join(era, raw(t, operator)), types.Forfeit{Era: era, Operator: operator, Reason: types.FORFEIT_REASON_FAULT}))
		}
	}
	current, err := one.Keeper.CurrentEra(ctx)
	require.NoError(t, err)
	ctx = ctx.WithBlockTime(current.EndTime)
	for range len(all) + 6 {
		ctx = ctx.WithBlockHeight(ctx.BlockHeight() + 1).WithBlockTime(ctx.BlockTime().Add(time.Millisecond))
		_, err = one.Keeper.EndBlock(ctx)
		require.NoError(t, err)
	}
	one.Ctx = ctx
	answer := statement(&one, era)
	require.Equal(t, types.REWARD_STATUS_PAID, answer.Reward.Status)
	sum := math.ZeroInt()
	for _, e := range answer.Earnings {
		require.True(t, e.Paid.LTE(answer.Reward.Cap))
		require.False(t, e.Forfeit != types.FORFEIT_REASON_UNSPECIFIED && e.Paid.IsPositive())
		sum = sum.Add(e.Paid)
	}
	require.Equal(t, answer.Reward.Issued.String(), sum.Add(answer.Reward.Treasury).String())
	require.Equal(t, before+answer.Reward.Issued.Int64(), supply(&one), "the bank has issued as much")
	require.Equal(t, sum.Int64(), balance(&one, distrtypes.ModuleName)-paid)
	require.Equal(t, answer.Reward.Treasury.Int64(), balance(&one, types.TreasuryName)+balance(&one, types.RefundPoolName)-treasury)
	require.Zero(t, balance(&one, types.ModuleName))
}

package types_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestParametersOfSettlementThatContradictEachOtherAreRefusedByName(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	foundation := sdk.AccAddress("foundation----------").String()
	for name, test := range map[string]struct {
		spoil func(*types.Params)
		want  string
	}{
		"withdraw_ratio below max_missed_ratio":    {func(p *types.Params) { p.WithdrawRatio = math.LegacyNewDecWithPrec(3, 1) }, "at least max_missed_ratio"},
		"max_missed_ratio above 1":                 {func(p *types.Params) { p.MaxMissedRatio = math.LegacyNewDec(2) }, "max_missed_ratio is 2"},
		"cap_share above 1":                        {func(p *types.Params) { p.CapShare = math.LegacyNewDec(2) }, "cap_share is 2"},
		"cap_share unset":                          {func(p *types.Params) { p.CapShare = math.LegacyDec{} }, "cap_share"},
		"max_wrong 0":                              {func(p *types.Params) { p.MaxWrong = 0 }, "max_wrong is 0"},
		"max_slashes_per_block 0":                  {func(p *types.Params) { p.MaxSlashesPerBlock = 0 }, "max_slashes_per_block is 0"},
		"max_slashes_per_block out of all measure": {func(p *types.Params) { p.MaxSlashesPerBlock = 10_001 }, "max_slashes_per_block is 10001"},
		"ban_eras 0":                               {func(p *types.Params) { p.BanEras = 0 }, "ban_eras is 0"},
		"withdraw_ratio above 1":                   {func(p *types.Params) { p.WithdrawRatio = math.LegacyNewDec(2) }, "withdraw_ratio is 2"},
		"max_missed_ratio unset":                   {func(p *types.Params) { p.MaxMissedRatio = math.LegacyDec{} }, "max_missed_ratio"},
		"a gas price above 1 FIS":                  {func(p *types.Params) { p.RefundGasPrice = math.LegacyNewDec(1_000_001) }, "refund_gas_price is 1000001"},
		"TRANSITION without a window": {func(p *types.Params) {
			p.RewardMode, p.Foundation, p.FoundationWindow = types.REWARD_MODE_TRANSITION, foundation, 0
		}, "foundation_window is 0s"},
		"a mode that there is not":        {func(p *types.Params) { p.RewardMode = 9 }, "reward_mode is 9"},
		"a negative budget":               {func(p *types.Params) { p.EraBudget = math.NewInt(-1) }, "era_budget is -1"},
		"a budget out of all measure":     {func(p *types.Params) { p.EraBudget = math.NewIntWithDecimal(1, 30) }, "era_budget"},
		"a negative allowance":            {func(p *types.Params) { p.RefundAllowance = math.NewInt(-1) }, "refund_allowance is -1"},
		"a negative reserve":              {func(p *types.Params) { p.RefundReserve = math.NewInt(-1) }, "refund_reserve is -1"},
		"a negative gas price":            {func(p *types.Params) { p.RefundGasPrice = math.LegacyNewDec(-1) }, "refund_gas_price is -1"},
		"no mode":                         {func(p *types.Params) { p.RewardMode = 0 }, "reward_mode"},
		"TRANSITION without a foundation": {func(p *types.Params) { p.RewardMode = types.REWARD_MODE_TRANSITION }, "without a foundation"},
		"a foundation that is no account": {func(p *types.Params) { p.Foundation = "x" }, `foundation "x"`},
		"a window longer than an era": {func(p *types.Params) {
			p.RewardMode, p.Foundation, p.FoundationWindow = types.REWARD_MODE_TRANSITION, foundation, 25*time.Hour
		}, "foundation_window is 25h0m0s"},
	} {
		params := types.DefaultParams()
		test.spoil(&params)
		err := params.Validate()
		require.ErrorIs(t, err, types.ErrInvalidParams, name)
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestASettlementStateThatDoesNotAddUpIsRefused(t *testing.T) {
	due := types.DueVault{Era: 1, Vault: 2, Threshold: 1, Operators: []string{"x"}}
	for name, state := range map[string]types.SettlementState{
		"a due vault of nobody":           {Due: []types.DueVault{{Era: 1, Vault: 2, Threshold: 1}}},
		"due twice":                       {Due: []types.DueVault{due, due}},
		"slashes of no settlement":        {Slashes: []types.PendingSlash{{Era: 1, Vault: 2}}},
		"a payment of no reward":          {Payments: []types.PendingReward{{Era: 1}}},
		"a reward without amounts":        {Rewards: []types.EraReward{{Era: 1}}},
		"an earning of nobody":            {Earnings: []types.Earning{{Era: 1}}},
		"a settlement of other members":   {Settlements: []types.Settlement{{Era: 1, Size_: 3, Fraction: math.LegacyZeroDec()}}},
		"a settlement without a fraction": {Settlements: []types.Settlement{{Era: 1}}},
		"a reward that is more than was issued": {
			Rewards:  []types.EraReward{rewardOf(100, 40, 1)},
			Earnings: []types.Earning{earning(61, 0)},
		},
		"a reward of which something is missing": {
			Rewards:  []types.EraReward{rewardOf(100, 40, 1)},
			Earnings: []types.Earning{earning(59, 0)},
		},
		"a reward that was paid to nobody": {
			Rewards:  []types.EraReward{paidReward(100, 40)},
			Earnings: []types.Earning{earning(60, 0)},
		},
		"a reward of more members than rows": {Rewards: []types.EraReward{rewardOf(100, 100, 1)}},
		"a share above the cap": {
			Rewards:  []types.EraReward{rewardOf(100, 29, 1)},
			Earnings: []types.Earning{earning(71, 0)},
		},
		"a division of nothing": {Division: &types.Division{Era: 1}},
		"a vault that is due and settled": {
			Due:         []types.DueVault{due},
			Settlements: []types.Settlement{{Era: 1, Vault: 2, Fraction: math.LegacyZeroDec()}},
		},
	} {
		require.ErrorIs(t, state.Validate(), types.ErrInvalidGenesis, name)
	}
}

// rewardOf is an era 1's reward that is being paid.
func rewardOf(issued, treasury int64, members uint32) types.EraReward {
	zero := math.ZeroInt()
	return types.EraReward{
		Era: 1, Status: types.REWARD_STATUS_PAYING, Issued: math.NewInt(issued), Cap: math.NewInt(70), Treasury: math.NewInt(treasury),
		ToRefunds: zero, SignaturePoints: zero, CallPoints: zero, Members: members,
	}
}

func paidReward(issued, treasury int64) types.EraReward {
	reward := rewardOf(issued, treasury, 1)
	reward.Status = types.REWARD_STATUS_PAID
	return reward
}

func earning(share, paid int64) types.Earning {
	return types.Earning{
		Era: 1, Operator: sdk.ValAddress("operator------------").String(), Earned: math.NewInt(share), Share: math.NewInt(share), Paid: math.NewInt(paid),
	}
}

func TestARewardThatAddsUpIsTakenAndWhatIsUnpaidOfItIsOutstanding(t *testing.T) {
	state := types.SettlementState{Rewards: []types.EraReward{rewardOf(100, 40, 1)}, Earnings: []types.Earning{earning(60, 0)}}
	require.NoError(t, state.Validate())
	require.Equal(t, int64(100), state.Outstanding().Int64())
	state.Earnings[0] = earning(60, 60)
	require.NoError(t, state.Validate())
	require.Equal(t, int64(40), state.Outstanding().Int64(), "the Treasury's")
	state.Earnings[0] = earning(60, 0)
	state.Earnings[0].Unpaid, state.Rewards[0].Treasury = types.UNPAID_GONE, math.NewInt(100)
	require.NoError(t, state.Validate())
	state.Rewards[0] = paidReward(100, 40)
	state.Earnings[0] = earning(60, 60)
	require.NoError(t, state.Validate())
	require.Zero(t, state.Outstanding().Int64())
}

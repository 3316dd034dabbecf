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
		"withdraw_ratio below max_missed_ratio": {func(p *types.Params) { p.WithdrawRatio = math.LegacyNewDecWithPrec(3, 1) }, "at least max_missed_ratio"},
		"max_missed_ratio above 1":              {func(p *types.Params) { p.MaxMissedRatio = math.LegacyNewDec(2) }, "max_missed_ratio is 2"},
		"cap_share above 1":                     {func(p *types.Params) { p.CapShare = math.LegacyNewDec(2) }, "cap_share is 2"},
		"cap_share unset":                       {func(p *types.Params) { p.CapShare = math.LegacyDec{} }, "cap_share"},
		"max_wrong 0":                           {func(p *types.Params) { p.MaxWrong = 0 }, "max_wrong is 0"},
		"max_slashes_per_block 0":               {func(p *types.Params) { p.MaxSlashesPerBlock = 0 }, "max_slashes_per_block is 0"},
		"a negative budget":                     {func(p *types.Params) { p.EraBudget = math.NewInt(-1) }, "era_budget is -1"},
		"a budget out of all measure":           {func(p *types.Params) { p.EraBudget = math.NewIntWithDecimal(1, 30) }, "era_budget"},
		"a negative allowance":                  {func(p *types.Params) { p.RefundAllowance = math.NewInt(-1) }, "refund_allowance is -1"},
		"a negative reserve":                    {func(p *types.Params) { p.RefundReserve = math.NewInt(-1) }, "refund_reserve is -1"},
		"a negative gas price":                  {func(p *types.Params) { p.RefundGasPrice = math.LegacyNewDec(-1) }, "refund_gas_price is -1"},
		"no mode":                               {func(p *types.Params) { p.RewardMode = 0 }, "reward_mode"},
		"TRANSITION without a foundation":       {func(p *types.Params) { p.RewardMode = types.REWARD_MODE_TRANSITION }, "without a foundation"},
		"a foundation that is no account":       {func(p *types.Params) { p.Foundation = "x" }, `foundation "x"`},
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
		"a vault that is due and settled": {
			Due:         []types.DueVault{due},
			Settlements: []types.Settlement{{Era: 1, Vault: 2, Fraction: math.LegacyZeroDec()}},
		},
	} {
		require.ErrorIs(t, state.Validate(), types.ErrInvalidGenesis, name)
	}
}

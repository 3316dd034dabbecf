package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// crowded is a chain in whose era 2 as many strangers as that have points, of one signature and one call each.
func crowded(t *testing.T, strangers int) *testutil.Chain {
	t.Helper()
	c, _, _ := emergent(t)
	change(c, func(p *types.Params) {
		p.EraBudget, p.CapShare, p.RefundReserve, p.MaxSlashesPerBlock = math.NewInt(1_000_000), math.LegacyOneDec(), math.ZeroInt(), 1
	})
	for i := range strangers {
		operator := sdk.ValAddress(append([]byte("stranger-----------"), byte(i)))
		account := types.DutyAccount{Era: 2, Vault: 11, Operator: operator.String(), Signed: 1}
		require.NoError(t, c.Keeper.DutyAccounts.Set(c.Ctx, collections.Join3(uint64(2), operator, uint64(11)), account))
		require.NoError(t, c.Keeper.RecordCalls(c.Ctx, 1, operator.String(), 1, 1))
	}
	return c
}

func TestADivisionOfManyMembersIsBoundedPerBlockAndGoesOnThroughAnExport(t *testing.T) {
	c := crowded(t, 24)
	c.RunToEra(3)
	dividing := 0
	for statement(c, 2).Reward.Status == types.REWARD_STATUS_DIVIDING {
		dividing++
		require.Less(t, dividing, 30)
		roundTrip(t, c)
		c.Next()
	}
	require.GreaterOrEqual(t, dividing, 6, "three times 24 rows, ten a block")
	answer := statement(c, 2)
	require.Equal(t, uint32(24), answer.Reward.Members)
	require.Equal(t, int64(24*20), answer.Reward.SignaturePoints.Int64())
	require.Equal(t, int64(24*2), answer.Reward.CallPoints.Int64())
	for _, e := range answer.Earnings {
		require.Equal(t, int64(41_666), e.Share.Int64())
	}
	roundTrip(t, c)
}

func TestADivisionThatFailsTenTimesIsGivenUpAndIssuesNothing(t *testing.T) {
	c := crowded(t, 3)
	before := supply(c)
	broken := collections.Join3(uint64(2), sdk.ValAddress("zz------------------"), uint64(11))
	key, err := collections.EncodeKeyWithPrefix(types.DutyAccountsPrefix, c.Keeper.DutyAccounts.KeyCodec(), broken)
	require.NoError(t, err)
	c.Ctx.KVStore(c.Key).Set(key, []byte{0xff})
	c.RunToEra(3)
	c.Run(9)
	require.Equal(t, types.REWARD_STATUS_FAILED, statement(c, 2).Reward.Status)
	require.Equal(t, before, supply(c))
	_, err = c.Keeper.Division.Get(c.Ctx)
	require.ErrorIs(t, err, collections.ErrNotFound)
	next, err := c.Keeper.NextReward.Get(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(3), next)
	_, err = c.Keeper.Transition.Get(c.Ctx)
	require.ErrorIs(t, err, collections.ErrNotFound, "the change of the era is done")
}

func TestTheTreasurySpendsWhatGovernanceSaysAndNothingElse(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Fund(authtypes.NewModuleAddress(types.TreasuryName), 1_000)
	recipient := sdk.AccAddress("recipient-----------")
	coins := func(amount int64) sdk.Coins { return sdk.Coins{{Denom: testutil.Denom, Amount: math.NewInt(amount)}} }
	for name, msg := range map[string]types.MsgSpendTreasury{
		"by another":            {Authority: recipient.String(), Recipient: recipient.String(), Amount: coins(1)},
		"to nobody":             {Authority: testutil.Authority, Recipient: "x", Amount: coins(1)},
		"of nothing":            {Authority: testutil.Authority, Recipient: recipient.String()},
		"of zero":               {Authority: testutil.Authority, Recipient: recipient.String(), Amount: coins(0)},
		"of less than nothing":  {Authority: testutil.Authority, Recipient: recipient.String(), Amount: coins(-1)},
		"of too many denoms":    {Authority: testutil.Authority, Recipient: recipient.String(), Amount: make(sdk.Coins, 17)},
		"of one denom twice":    {Authority: testutil.Authority, Recipient: recipient.String(), Amount: append(coins(1), coins(1)...)},
		"of more than there is": {Authority: testutil.Authority, Recipient: recipient.String(), Amount: coins(1_001)},
	} {
		cached, _ := c.Ctx.CacheContext()
		_, err := c.Msgs.SpendTreasury(cached, &msg)
		require.Error(t, err, name)
		require.Equal(t, int64(1_000), balance(c, types.TreasuryName), name)
	}
	_, err := c.Msgs.SpendTreasury(c.Ctx, &types.MsgSpendTreasury{Authority: testutil.Authority, Recipient: recipient.String(), Amount: coins(400)})
	require.NoError(t, err)
	require.Equal(t, int64(600), balance(c, types.TreasuryName))
	require.Equal(t, int64(400), c.Bank.GetBalance(c.Ctx, recipient, testutil.Denom).Amount.Int64())
}

func TestAQueryOfDutiesJudgesTheNewestSixteenVaultsOfTheOperatorAlone(t *testing.T) {
	c, _, committee := emergent(t)
	mine := committee.Members[0].Operator
	for vault := range uint64(20) {
		s := settled(committee, vault+1)
		s.Vault = 100 + vault
		record(c, s)
	}
	answer, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: mine})
	require.NoError(t, err)
	require.Len(t, answer.Costs, 16)
	require.Equal(t, uint64(104), answer.Costs[0].Vault)
	require.Equal(t, uint64(119), answer.Costs[15].Vault)
	other, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: testutil.Operator(99).String()})
	require.NoError(t, err)
	require.Empty(t, other.Costs)
}

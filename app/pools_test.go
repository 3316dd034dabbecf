package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/app"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestAPoolAndATreasuryThatSomebodyFilledFirstGetTheirPartOfAReward(t *testing.T) {
	c, _, _, operator := refunding(t)
	treasury := c.app.Account.GetModuleAddress(ssvtypes.TreasuryName)
	c.accepted(c.sign(c.stakers[0], send(account(c.stakers[0]), treasury, 1)))
	ctx, _ := c.context().CacheContext()
	era, err := c.app.SSV.CurrentEra(ctx)
	require.NoError(t, err)
	params, err := c.app.SSV.GetParams(ctx)
	require.NoError(t, err)
	params.RefundReserve = math.NewInt(2_000_000)
	require.NoError(t, c.app.SSV.Params.Set(ctx, params))
	require.NoError(t, c.app.SSV.RecordCalls(ctx, firstContract, operator, 5, 1))
	ctx = ctx.WithBlockHeight(c.height + 1).WithBlockTime(era.EndTime)
	var reward ssvtypes.EraReward
	for range 10 { // a division may take a few blocks
		_, err = c.app.SSV.EndBlock(ctx)
		require.NoError(t, err)
		if reward, err = c.app.SSV.EraRewards.Get(ctx, era.Number); err == nil && reward.Status == ssvtypes.REWARD_STATUS_PAID {
			break
		}
	}
	require.NoError(t, err)
	require.Equal(t, ssvtypes.REWARD_STATUS_PAID, reward.Status)
	rest := reward.Issued.Sub(reward.Cap).Sub(reward.ToRefunds).AddRaw(1)
	require.Equal(t, rest, c.app.Bank.GetBalance(ctx, treasury, app.BondDenom).Amount)
	require.True(t, reward.ToRefunds.IsPositive())
}

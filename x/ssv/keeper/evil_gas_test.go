package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
)

// unbond has so many accounts undelegate from an operator's validator what they delegate to it, at least what a slash takes something of.
func unbond(c *testutil.Chain, operator string, accounts int) {
	msgs := stakingkeeper.NewMsgServerImpl(c.Staking)
	for i := range accounts {
		delegator := sdk.AccAddress(fmt.Sprintf("%020d", i))
		coin := sdk.NewInt64Coin(testutil.Denom, 1_000)
		c.Fund(delegator, coin.Amount.Int64())
		_, err := msgs.Delegate(c.Ctx, stakingtypes.NewMsgDelegate(delegator.String(), operator, coin))
		require.NoError(c.T, err)
		_, err = msgs.Undelegate(c.Ctx, stakingtypes.NewMsgUndelegate(delegator.String(), operator, coin))
		require.NoError(c.T, err)
	}
}

func TestWhatAPunishmentCostsItsReporterDoesNotGrowWithWhoUndelegatesFromTheEvil(t *testing.T) {
	gas := func(undelegating int) uint64 {
		c, _, before := emergent(t)
		out := before.Members[3].Operator
		c.Next()
		unbond(c, out, undelegating)
		c.Next()
		meter := storetypes.NewInfiniteGasMeter()
		punished, err := c.Keeper.PunishEvil(c.Ctx.WithGasMeter(meter), rogue(before, out))
		require.NoError(t, err)
		require.True(t, punished)
		for i := range undelegating {
			unbonding, err := c.Staking.GetUnbondingDelegation(c.Ctx, sdk.AccAddress(fmt.Sprintf("%020d", i)), raw(t, out))
			require.NoError(t, err)
			require.Equal(t, int64(900), unbonding.Entries[0].Balance.Int64())
		}
		return meter.GasConsumed()
	}
	alone, followed := gas(0), gas(30)
	require.Equal(t, alone, followed, "who would be dear to punish could not be")
	require.Less(t, alone, uint64(1_000_000))
}

package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// BenchmarkGasOfADepositAndARedemption reports the KV gas of proposing, agreeing to and applying a deposit, one of 200 in an observation of a committee of
// four, and of a redemption's message.
func BenchmarkGasOfADepositAndARedemption(b *testing.B) {
	const deposits = 200
	var deposit, redemption float64
	for b.Loop() {
		f := running(b, func(c *types.Contract) { c.Limits.MaxAssets = atom(1_000_000_000) })
		f.fund("alice", 100_000)
		f.blocks(3)
		amounts := make([]int64, deposits)
		for i := range amounts {
			amounts[i] = 2_000
		}
		f.chain.deposits(f.state().ActiveVault, staker("bob"), userText("bob"), amounts...)
		f.chain.mine(1)
		o := f.chain.report()
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		f.accept(o)
		require.NoError(b, f.keeper.EndBlock(f.ctx))
		deposit = float64(f.ctx.GasMeter().GasConsumed()) / deposits
		require.Equal(b, int64(deposits*2_000), f.held("bob"))
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		_, err := f.redeem("alice", 10_000, staker("alice"))
		require.NoError(b, err)
		redemption = float64(f.ctx.GasMeter().GasConsumed())
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	}
	b.ReportMetric(deposit, "gas/deposit")
	b.ReportMetric(redemption, "gas/redemption")
}

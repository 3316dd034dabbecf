package keeper_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// commit writes the state to the store's trees, so that reads after it are those of a running chain.
func (f *fixture) commit() {
	f.ctx.MultiStore().(storetypes.CommitMultiStore).Commit()
}

// BenchmarkEndBlockWithNothingDue ends a block of a contract that rests, with 100,000 closed deposits in state.
func BenchmarkEndBlockWithNothingDue(b *testing.B) {
	f := running(b)
	f.fund("alice", 100_000)
	f.blocks(3)
	require.True(b, keeper.Resting(f.ctx, f.keeper))
	for i := range uint32(100_000) {
		hash := sum(string(binary.BigEndian.AppendUint32(nil, i)))
		require.NoError(b, keeper.SetDeposit(f.ctx, f.keeper, types.Deposit{
			Contract: 1, TxHash: hash, Vault: 1, Ordinal: uint64(i) + 3, Sender: staker("alice"), Recipient: userText("alice"), Memo: userText("alice"),
			Amount: atom(1_000), Status: types.DEPOSIT_STATUS_MINTED,
		}))
	}
	f.commit()
	ctx, _ := f.ctx.CacheContext()
	for b.Loop() {
		if err := f.keeper.EndBlock(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkObservationOfAThousandDeposits proposes, attests and applies 1,000 deposits with a committee of seven.
func BenchmarkObservationOfAThousandDeposits(b *testing.B) {
	f := newFixture(b)
	f.deploy(func(c *types.Contract) { c.Tiers[0].Size_, c.Tiers[0].Threshold, c.Limits.ReserveMin = 7, 5, atom(0) })
	f.seat(f.candidates(0, 7), nil, 5)
	f.openAccount()
	f.params(func(p *types.Params) { p.MaxEventsPerBlock = 1_000 })
	f.commit()
	var apply, propose, attest float64
	for b.Loop() {
		b.StopTimer()
		amounts := make([]int64, 1_000)
		for i := range amounts {
			amounts[i] = 2_000
		}
		f.chain.deposits(f.state().ActiveVault, staker("alice"), userText("alice"), amounts...)
		f.chain.mine(1)
		o := f.chain.report()
		voters := f.voters()
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		hash, err := f.propose(voters[0], o)
		require.NoError(b, err)
		propose = float64(f.ctx.GasMeter().GasConsumed())
		for _, member := range voters[1:] {
			f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
			require.NoError(b, f.attest(member, hash, true))
			attest = max(attest, float64(f.ctx.GasMeter().GasConsumed()))
		}
		f.commit()
		b.StartTimer()
		require.NoError(b, f.keeper.EndBlock(f.ctx))
		b.StopTimer()
		require.Equal(b, f.chain.height, f.state().ObservedHeight)
		f.block()
		f.commit()
		b.StartTimer()
	}
	apply = float64(b.Elapsed().Microseconds()) / float64(b.N) / 1_000
	b.ReportMetric(apply, "µs/deposit")
	b.ReportMetric(propose, "gas/proposal")
	b.ReportMetric(attest, "gas/attestation")
	b.ReportMetric(7, "transactions")
}

package ethereum

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// large is a network with mainnet's committees of 512 and short periods: what a
// cold start costs goes by periods, not by slots.
func large() beacon.Network {
	n := ethtest.Network(0, 0, 0)
	n.SyncCommitteeSize = 512
	return n
}

// recorded is a source that signs each update once, so that the benchmark pays
// for verifying only.
func recorded(chain *ethtest.Chain) *fake {
	f := newFake("recorded", chain)
	slots := chain.Network.SlotsPerEpoch * chain.Network.EpochsPerPeriod
	updates := map[uint64]*beacon.Update{}
	for p := uint64(0); p*slots < f.last(); p++ {
		updates[p] = chain.Update(min((p+1)*slots-2, f.last()-1))
	}
	final := chain.FinalityUpdate(f.last() - 1)
	f.finality = func(*beacon.Update) *beacon.Update { return final }
	f.recorded = func(period uint64, count int) (us []*beacon.Update) {
		for p := period; p < period+uint64(count) && updates[p] != nil; p++ {
			us = append(us, fresh(updates[p]))
		}
		return us
	}
	return f
}

// fresh forgets decoded keys, as a decoder makes new committees.
func fresh(u *beacon.Update) *beacon.Update {
	again := *u
	again.NextCommittee = &beacon.SyncCommittee{Pubkeys: u.NextCommittee.Pubkeys, Aggregate: u.NextCommittee.Aggregate}
	return &again
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkColdStart goes from a checkpoint to the head through 13 changes of
// the committee: mainnet changes it 12.3 times in 14 days.
func BenchmarkColdStart(b *testing.B) {
	chain := ethtest.New(large(), 1, 13*64+60, nil)
	source := recorded(chain)
	checkpoint := fresh(&beacon.Update{NextCommittee: chain.Committee(0).Public}).NextCommittee
	source.bootstrap = func(bs *beacon.Bootstrap) *beacon.Bootstrap {
		again := *bs
		again.Committee = &beacon.SyncCommittee{Pubkeys: checkpoint.Pubkeys, Aggregate: checkpoint.Aggregate}
		return &again
	}
	second := recorded(chain)
	second.name = "second"
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		f := newFixture(b, chain, source, second)
		before := cpu(b)
		b.StartTimer()
		require.NoError(b, f.Bootstrap(b.Context(), f.checkpoint(20)))
		_, err := f.Sync(b.Context())
		require.NoError(b, err)
		spent += cpu(b) - before
		require.EqualValues(b, 13, f.tip.Period(f.network))
	}
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/op")
}

// BenchmarkRestart verifies tip and head once more.
func BenchmarkRestart(b *testing.B) {
	chain := ethtest.New(large(), 1, 100, nil)
	f := synced(b, chain, 20, recorded(chain), newFake("second", chain))
	before := cpu(b)
	for b.Loop() {
		require.NoError(b, f.restore())
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkEvents reads 10,000 deposits out of 100 blocks; the heap after each
// block is what must not grow.
func BenchmarkEvents(b *testing.B) {
	const perBlock = 100
	contract := common.Address{1}
	chain := ethtest.New(forks(), 1, 130, func(uint64) (execution.List, execution.List, common.Hash) {
		return ethtest.Deposits(contract, perBlock)
	})
	f := synced(b, chain, 20, newFake("a", chain), newFake("b", chain))
	filter := execution.Filter{Addresses: []common.Address{contract}, Events: []common.Hash{execution.DepositEvent}}
	_, err := f.HeaderAt(b.Context(), 1)
	require.NoError(b, err)
	var peak uint64
	for b.Loop() {
		found := 0
		for number := uint64(1); number <= 100; number++ {
			events, err := f.Events(b.Context(), number, filter)
			require.NoError(b, err)
			for _, e := range events {
				_, err := execution.ParseDeposit(e.Log, contract)
				require.NoError(b, err)
			}
			found += len(events)
		}
		require.Equal(b, 100*perBlock, found)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*100*perBlock), "µs/deposit")
	b.ReportMetric(float64(peak>>20), "MiB-after")
}

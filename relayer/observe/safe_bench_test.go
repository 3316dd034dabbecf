package observe

import (
	"context"
	"math/big"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyDeposits is a range of so many deposits, a hundred in a block: the logs of one deposit, in as many transactions.
func manyDeposits(t testing.TB, deposits int) *safeScene {
	t.Helper()
	s, _ := newSafeScene(t, members(t, "a", 1, 21, 15))
	s.stake("stafi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysn4dz5zh", 1)
	logs := s.block[0].Logs
	s.restart()
	s.in.Vaults[0].Ledger = s.in.Vaults[0].Ledger.AddRaw(1)
	for i := range deposits {
		s.add(true)
		s.block[len(s.block)-1].Logs = logs
		s.evm.Fund(s.safe, big.NewInt(1))
		if i%100 == 99 {
			s.mine()
		}
	}
	s.in.To = s.number
	return s
}

// observation's bounds by default (x/stakingcontract).
var usual = Limits{Events: 1000, Bytes: 512 << 10}

// observeAll derives a range observation by observation, as a relayer does, and calls after each.
func (s *safeScene) observeAll(t testing.TB, each func()) (observations, deposits int) {
	t.Helper()
	scanner := &Scanner{}
	for s.in.From < s.number {
		o, _, err := scanner.Derive(context.Background(), s.in, usual)
		require.NoError(t, err)
		s.settle(o)
		observations, deposits = observations+1, deposits+len(o.Events)
		each()
	}
	return observations, deposits
}

func TestTwentyThousandDepositsInARangeTakeNoMoreMemoryThanTwoThousand(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	most := map[int]int64{}
	for _, deposits := range []int{2_000, 20_000} {
		s := manyDeposits(t, deposits)
		before := heap()
		observations, found := s.observeAll(t, func() { most[deposits] = max(most[deposits], heap()-before) })
		require.Equal(t, deposits, found)
		t.Logf("%d deposits in %d observations: at most %d KiB", deposits, observations, most[deposits]>>10)
	}
	require.Less(t, most[20_000], 2*most[2_000]+1<<20)
}

func BenchmarkDepositsToASafe(b *testing.B) {
	const deposits = 10_000
	s := manyDeposits(b, deposits)
	start, vault := s.in, s.in.Vaults[0]
	b.ReportAllocs()
	for b.Loop() {
		s.in, s.in.Vaults[0] = start, vault
		_, found := s.observeAll(b, func() {})
		if found != deposits {
			b.Fatal(found)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*deposits), "ns/deposit")
}

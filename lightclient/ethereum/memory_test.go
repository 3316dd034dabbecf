package ethereum

import (
	"runtime"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// live is what the heap holds after a collection, in bytes.
func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// rangeGrowth reads 10,000 deposits in 100 blocks and hands them on; it is by how
// many bytes the live heap after any tenth of them was above that after the first.
func rangeGrowth(t *testing.T, take func([]Event)) uint64 {
	t.Helper()
	const blocks, perBlock = 100, 100
	chain := ethtest.New(forks(), 1, 130, func(uint64) (execution.List, execution.List, common.Hash) {
		return ethtest.Deposits(contract, perBlock)
	})
	f := synced(t, chain, 20, newFake("a", chain), newFake("b", chain))
	_, err := f.HeaderAt(t.Context(), 1)
	require.NoError(t, err)
	var first, highest uint64
	found := 0
	for number := uint64(1); number <= blocks; number++ {
		events, err := f.Events(t.Context(), number, deposits())
		require.NoError(t, err)
		found += len(events)
		take(events)
		if number == blocks/10 {
			first = live()
		} else if number%(blocks/10) == 0 {
			highest = max(highest, live())
		}
	}
	require.Equal(t, blocks*perBlock, found)
	runtime.KeepAlive(f)
	return max(highest, first) - first
}

// 9,000 deposits that are kept take 4 MiB: the second part shows that the first could fail.
func TestTenThousandDepositsNeedNoMoreMemoryThanOneThousand(t *testing.T) {
	const allowed = 512 << 10
	grown := rangeGrowth(t, func([]Event) {})
	require.Less(t, grown, uint64(allowed))
	var kept [][]Event
	leak := rangeGrowth(t, func(events []Event) { kept = append(kept, events) })
	require.Greater(t, leak, uint64(4*allowed), "what is kept is seen to be kept")
	runtime.KeepAlive(kept)
	t.Logf("the live heap grew by %d KiB; by %d KiB where all events are kept", grown>>10, leak>>10)
}

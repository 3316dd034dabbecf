package execution

import (
	"syscall"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"
)

// onCPU reports what a benchmark's loop takes of a processor, whatever else the
// machine is doing.
func onCPU(b *testing.B, loop func()) {
	b.Helper()
	spent := func() time.Duration {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := spent()
	for b.Loop() {
		loop()
	}
	b.ReportMetric(float64((spent()-before).Nanoseconds())/float64(b.N)/1000, "cpu-µs/op")
}

func BenchmarkHeader(b *testing.B) {
	block := mainnetBlock(b)
	onCPU(b, func() {
		_, err := DecodeHeader(block.raw, block.header.Hash)
		require.NoError(b, err)
	})
}

// BenchmarkDeposit proves a transaction, its receipt and a deposit in it, in a
// block of 183 transactions.
func BenchmarkDeposit(b *testing.B) {
	logs := append(filler(182), []*types.Log{depositLog(contract, 5)})
	block := newBlock(b, nil, logs...)
	proof := block.inclusion(b, 182)
	filter := deposits()
	b.ReportAllocs()
	onCPU(b, func() {
		receipt, err := block.header.VerifyInclusion(proof)
		require.NoError(b, err)
		_, err = ParseDeposit(filter.In(receipt)[0], contract)
		require.NoError(b, err)
	})
}

// BenchmarkInclusion is the recorded mainnet transaction 77 of 183.
func BenchmarkInclusion(b *testing.B) {
	block := mainnetBlock(b)
	proof := block.inclusion(b, 77)
	onCPU(b, func() {
		_, err := block.header.VerifyInclusion(proof)
		require.NoError(b, err)
	})
}

// BenchmarkWholeBlock checks all 183 transactions and receipts of a mainnet
// block, as for a range in which nothing may be missed.
func BenchmarkWholeBlock(b *testing.B) {
	block := mainnetBlock(b)
	b.ReportAllocs()
	onCPU(b, func() {
		_, err := block.header.VerifyBlock(block.transactions, block.receipts)
		require.NoError(b, err)
	})
}

func BenchmarkAccount(b *testing.B) {
	slot := [32]byte{1: 1}
	h, path, _ := newState(b, safe, 1, slot, [32]byte{31: 1})
	onCPU(b, func() {
		_, err := h.VerifyAccount(safe, path)
		require.NoError(b, err)
	})
}

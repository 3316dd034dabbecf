package beacon

import (
	"syscall"
	"testing"
	"time"

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
	b.ReportMetric(float64((spent()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkFinalityUpdate is what follows the chain: a recorded mainnet update,
// 512 keys that are decoded already.
func BenchmarkFinalityUpdate(b *testing.B) {
	m := loadMainnet(b)
	s := m.store(b)
	now := m.finality.SignatureSlot
	for _, u := range m.updates {
		next, err := m.network.Apply(s, u, now)
		require.NoError(b, err)
		s = next
	}
	onCPU(b, func() {
		_, err := m.network.Apply(s, m.finality, now)
		require.NoError(b, err)
	})
}

// BenchmarkPeriodUpdate adds the hash of the next committee.
func BenchmarkPeriodUpdate(b *testing.B) {
	m := loadMainnet(b)
	s := m.store(b)
	now := m.finality.SignatureSlot
	onCPU(b, func() {
		_, err := m.network.Apply(s, m.updates[0], now)
		require.NoError(b, err)
	})
}

// BenchmarkCommittee is what a new committee costs once: 512 keys decoded, each
// checked to be in the group.
func BenchmarkCommittee(b *testing.B) {
	m := loadMainnet(b)
	onCPU(b, func() {
		c := &SyncCommittee{Pubkeys: m.bootstrap.Committee.Pubkeys}
		require.NoError(b, c.decode())
	})
}

func BenchmarkDecodeUpdateSSZ(b *testing.B) {
	m := loadMainnet(b)
	raw, err := m.network.EncodeUpdate(m.updates[0], Capella)
	require.NoError(b, err)
	for b.Loop() {
		_, err := m.network.DecodeUpdate(raw, Capella)
		require.NoError(b, err)
	}
}

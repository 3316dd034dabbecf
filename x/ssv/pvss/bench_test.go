//go:build unix

package pvss_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// The round of the figures that must be reached: 50 dealers with 4 slots each, 200 slots, t = 67.
const (
	benchDealers = 50
	benchSlots   = 4
)

// reportCPU adds the processor time of this process per operation, which a busy machine does not lengthen as it does the time on the clock.
func reportCPU(b *testing.B, run func()) {
	b.Helper()
	before := cpuNanoseconds(b)
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(cpuNanoseconds(b)-before)/float64(b.N)/1e6, "cpu-ms/op")
}

func cpuNanoseconds(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func BenchmarkDeal(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	reportCPU(b, func() {
		_, err := pvss.Deal(net.round, net.dealers[0], net.keys[0])
		require.NoError(b, err)
	})
}

// BenchmarkVerifyDealing must stay below 33 ms and 20 KB.
func BenchmarkVerifyDealing(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	dealing := net.deal(b, 0)
	reportCPU(b, func() {
		_, err := pvss.VerifyDealing(net.round, net.dealers[0], dealing)
		require.NoError(b, err)
	})
	b.ReportMetric(float64(len(dealing)), "B/dealing")
}

func BenchmarkVerifyDealingLargestRound(b *testing.B) {
	net := newNetwork(b, 64, 4)
	dealing := net.deal(b, 0)
	reportCPU(b, func() {
		_, err := pvss.VerifyDealing(net.round, net.dealers[0], dealing)
		require.NoError(b, err)
	})
	b.ReportMetric(float64(len(dealing)), "B/dealing")
}

// BenchmarkNewRound is what a transaction pays before it verifies one dealing.
func BenchmarkNewRound(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	reportCPU(b, func() {
		_, err := pvss.NewRound(testChain, testEra, net.round.Threshold(), net.slotKeys)
		require.NoError(b, err)
	})
}

// BenchmarkReconstruct verifies the decryptions of just enough owners and rebuilds one withheld secret; it must stay below 50 ms.
func BenchmarkReconstruct(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	dealing, err := pvss.VerifyDealing(net.round, net.dealers[0], net.deal(b, 0))
	require.NoError(b, err)
	decryptions := net.decryptAll(b, 0, dealing)
	reportCPU(b, func() {
		var shares []pvss.Share
		for owner := 1; len(shares) < net.round.Threshold(); owner++ {
			d := decryptions[owner]
			require.NoError(b, pvss.VerifyDecryption(net.round, net.dealers[0], d.encrypted, d.shares, d.proof))
			shares = append(shares, d.shares...)
		}
		_, err := pvss.Reconstruct(net.round.Threshold(), shares)
		require.NoError(b, err)
	})
}

func BenchmarkDecrypt(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	dealing, err := pvss.VerifyDealing(net.round, net.dealers[0], net.deal(b, 0))
	require.NoError(b, err)
	encrypted, err := dealing.EncryptedShares(net.round.SlotsOf(net.keys[1].PublicKey()))
	require.NoError(b, err)
	reportCPU(b, func() {
		_, _, err := pvss.Decrypt(net.round, net.dealers[0], encrypted, net.keys[1])
		require.NoError(b, err)
	})
}

// BenchmarkWholeRound is all that a node verifies in an era of 50 dealers when all open, and when a third of them (16) must be rebuilt; each
// dealing is checked against a round made anew, as a transaction does. It must stay below 1.7 s and 1 MB.
func BenchmarkWholeRound(b *testing.B) {
	net := newNetwork(b, benchDealers, benchSlots)
	dealings, openings := make([][]byte, benchDealers), make([]pvss.Opening, benchDealers)
	decryptions := make([][]decryption, benchDealers)
	for i := range dealings {
		dealings[i] = net.deal(b, i)
		openings[i] = net.open(b, i)
		parsed, err := pvss.ParseDealing(net.round.Slots(), dealings[i])
		require.NoError(b, err)
		decryptions[i] = net.decryptAll(b, i, parsed)
	}
	for _, withheld := range []int{0, 16} {
		b.Run(fmt.Sprintf("%d withheld", withheld), func(b *testing.B) {
			bytes := 0
			reportCPU(b, func() {
				bytes = net.verifyRound(b, dealings, openings, decryptions, withheld)
			})
			b.ReportMetric(float64(bytes), "B/round")
		})
	}
}

func (n *network) verifyRound(tb testing.TB, dealings [][]byte, openings []pvss.Opening, decryptions [][]decryption, withheld int) (bytes int) {
	tb.Helper()
	secrets := make([]pvss.Element, len(dealings))
	for i, encoded := range dealings {
		round, err := pvss.NewRound(testChain, testEra, n.round.Threshold(), n.slotKeys)
		require.NoError(tb, err)
		dealing, err := pvss.VerifyDealing(round, n.dealers[i], encoded)
		require.NoError(tb, err)
		bytes += len(encoded)
		if i >= withheld {
			secrets[i], err = pvss.VerifyOpening(dealing.Commitment(), openings[i].Bytes())
			require.NoError(tb, err)
			bytes += pvss.ScalarSize
			continue
		}
		var shares []pvss.Share
		for owner := withheld; len(shares) < round.Threshold(); owner++ {
			d := decryptions[i][owner]
			require.NoError(tb, pvss.VerifyDecryption(round, n.dealers[i], d.encrypted, d.shares, d.proof))
			shares = append(shares, d.shares...)
			bytes += len(d.shares)*pvss.ElementSize + pvss.ProofSize
		}
		secrets[i], err = pvss.Reconstruct(round.Threshold(), shares)
		require.NoError(tb, err)
	}
	pvss.Seed(testChain, testEra, secrets)
	return bytes
}

package cometbft

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
)

// BenchmarkAdjacentHeader compares what a new header costs, from foreign bytes
// to verdict, with the one signature check that can't be saved. Both run in
// turn, so that a busy machine slows them alike; "x-bare" is the ratio of
// their medians.
func BenchmarkAdjacentHeader(b *testing.B) {
	chain := newChain(b, 2, equalVals(150))
	v := verifier{cfg: testConfig(chain.now).withDefaults()}
	trusted, next := chain.light(1), chain.light(2)
	var bare, ours []time.Duration
	for b.Loop() {
		started := time.Now()
		require.NoError(b, types.VerifyCommitLight(testChainID, next.ValidatorSet, next.Commit.BlockID, 2, next.Commit))
		middle := time.Now()
		clean, err := canonical(copyForeign(next), testChainID, 2)
		require.NoError(b, err)
		require.NoError(b, v.verify(trusted, clean, chain.now()))
		bare, ours = append(bare, middle.Sub(started)), append(ours, time.Since(middle))
	}
	b.ReportMetric(float64(median(bare).Microseconds()), "bare-µs")
	b.ReportMetric(float64(median(ours).Microseconds()), "ours-µs")
	b.ReportMetric(float64(median(ours))/float64(median(bare)), "x-bare")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// copyForeign drops the hashes that a header or commit remembers.
func copyForeign(lb *types.LightBlock) *types.LightBlock {
	header := *lb.Header
	commit := &types.Commit{Height: lb.Commit.Height, Round: lb.Commit.Round, BlockID: lb.Commit.BlockID, Signatures: lb.Commit.Signatures}
	return &types.LightBlock{SignedHeader: &types.SignedHeader{Header: &header, Commit: commit}, ValidatorSet: lb.ValidatorSet}
}

func BenchmarkNonAdjacentHeader(b *testing.B) {
	chain := newChain(b, 3, equalVals(150))
	v := verifier{cfg: testConfig(chain.now).withDefaults()}
	for b.Loop() {
		require.NoError(b, v.verify(chain.light(1), chain.light(3), chain.now()))
	}
}

func BenchmarkBisection(b *testing.B) {
	chain := newChain(b, 400, rotatingVals(20))
	source := newFake("honest", chain)
	f := rooted(b, chain, 1, source)
	b.ReportAllocs()
	for b.Loop() {
		bisection := bisection{verifier: f.verifier, fetch: f.fetch, accept: func(*types.LightBlock, *types.LightBlock) error { return nil }}
		require.NoError(b, bisection.run(b.Context(), chain.light(1), candidate{block: chain.light(400), from: f.pool.Ranked()[0]}))
	}
}

func BenchmarkBlockContents(b *testing.B) {
	for _, count := range []int{3, 200, 1000} {
		b.Run(fmt.Sprint(count, " transactions"), func(b *testing.B) {
			chain := newChain(b, 0, equalVals(1))
			chain.txs = func(height int64) types.Txs {
				txs := make(types.Txs, count)
				for i := range txs {
					txs[i] = fmt.Appendf(make([]byte, 0, 300), "transaction %0250d of height %d", i, height)
				}
				return txs
			}
			chain.extend(b, 2)
			block, header, next := chain.at(1), chain.light(1).Header, chain.light(2).Header
			for b.Loop() {
				require.NoError(b, checkTxs(block.txs, header))
				require.NoError(b, checkResults(block.results, next))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/tx")
		})
	}
}

func BenchmarkStateProof(b *testing.B) {
	chain, state := newStateChain(b, 3)
	for name, key := range map[string][]byte{"present": balanceKey(50), "absent": []byte("balance/0101")} {
		b.Run(name, func(b *testing.B) {
			answer, err := state.query("/store/bank/key", key, 2)
			require.NoError(b, err)
			for b.Loop() {
				require.NoError(b, VerifyState(answer.Proof, chain.light(3).AppHash, "bank", key, answer.Value))
			}
		})
	}
}

func BenchmarkRestart(b *testing.B) {
	chain := newChain(b, 10, equalVals(150))
	f := rooted(b, chain, 1, newFake("honest", chain))
	_, err := f.Sync(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		require.NoError(b, f.restore())
	}
}

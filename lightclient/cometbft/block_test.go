package cometbft

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/lightclient"
)

func TestEveryBlockBelowTheHeadCanBeVerified(t *testing.T) {
	chain := newChain(t, 60, rotatingVals(6))
	source := newFake("honest", chain)
	f := rooted(t, chain, 30, source)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	for height := int64(1); height < 60; height++ {
		block, err := f.VerifiedBlock(t.Context(), height)
		require.NoError(t, err)
		require.Equal(t, wantBlock(chain, height), block)
	}
	require.LessOrEqual(t, source.called("headers"), 40, "contiguous ranges are cheap: each stretch of headers is fetched once")
	for _, height := range []int64{60, 61, 0, -1} {
		_, err = f.VerifiedBlock(t.Context(), height)
		require.ErrorIs(t, err, lightclient.ErrNotVerified)
	}
}

func TestABlockWithoutTransactionsNeedsNoSource(t *testing.T) {
	chain := newChain(t, 0, equalVals(4))
	chain.txs = noTxs
	chain.extend(t, 10)
	source := newFake("honest", chain)
	f := rooted(t, chain, 2, source)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	block, err := f.VerifiedBlock(t.Context(), 5)
	require.NoError(t, err)
	require.Equal(t, wantBlock(chain, 5), block)
	require.Zero(t, source.called("block")+source.called("results"))
}

func TestABlockFarBelowTheHeadIsReachedFromTheNearestAnchor(t *testing.T) {
	chain := newChain(t, 2600, equalVals(2))
	source := newFake("honest", chain)
	f := rooted(t, chain, 1, source)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)

	block, err := f.VerifiedBlock(t.Context(), 10)

	require.NoError(t, err)
	require.Equal(t, wantBlock(chain, 10), block)
	require.Less(t, source.called("headers"), 10, "the whole way back would take 130")
	for _, height := range []int64{11, 139, 600, 1500, 2599} {
		block, err := f.VerifiedBlock(t.Context(), height)
		require.NoError(t, err)
		require.Equal(t, wantBlock(chain, height), block)
	}
	anchors, err := f.Client.db.Heights(prefixAnchor, 0, 5000, 100)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 1629, 2600}, anchors, "an anchor is kept each 1,000 heights")
	head, err := f.Head()
	require.NoError(t, err)
	require.EqualValues(t, 2600, head.Height)
	f.open(t, source)
}

func TestABlockFarBelowTheCheckpointIsWalkedTo(t *testing.T) {
	chain := newChain(t, 600, equalVals(2))
	source := newFake("honest", chain)
	f := rooted(t, chain, 590, source)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	block, err := f.VerifiedBlock(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, wantBlock(chain, 10), block)
}

func TestAnySingleByteChangedInATransactionOrResultIsRefused(t *testing.T) {
	chain := newChain(t, 3, equalVals(2))
	header, next := chain.light(2).Header, chain.light(3).Header
	rapid.Check(t, func(rt *rapid.T) {
		txs := threeTxs(2)
		i := rapid.IntRange(0, 2).Draw(rt, "transaction")
		at := rapid.IntRange(0, len(txs[i])-1).Draw(rt, "at")
		txs[i][at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		if err := checkTxs(txs, header); !errors.Is(err, lightclient.ErrDataHash) {
			rt.Fatalf("transaction %d with byte %d changed: %v", i, at, err)
		}

		results := resultsOf(threeTxs(2))
		if err := checkResults(results, next); err != nil {
			rt.Fatal(err)
		}
		flip := rapid.Int64Range(1, 1<<62).Draw(rt, "result flip")
		switch rapid.IntRange(0, 3).Draw(rt, "field") {
		case 0:
			results[i].Code ^= uint32(flip) | 1
		case 1:
			results[i].Data[0] ^= byte(flip) | 1
		case 2:
			results[i].GasWanted ^= flip
		case 3:
			results[i].GasUsed ^= flip
		}
		if err := checkResults(results, next); !errors.Is(err, lightclient.ErrResultsHash) {
			rt.Fatalf("result %d changed: %v", i, err)
		}
	})
}

func TestResultsMatchOnlyInNumber(t *testing.T) {
	_, err := joinTxs(threeTxs(1), []*abci.ExecTxResult{{}, {}})
	require.ErrorIs(t, err, lightclient.ErrResultsHash)
	require.ErrorIs(t, checkResults([]*abci.ExecTxResult{nil}, newChain(t, 1, equalVals(1)).light(1).Header), lightclient.ErrMalformed)
}

func TestATransactionIsBroadcastToAllAndOneAcceptanceIsEnough(t *testing.T) {
	chain := newChain(t, 5, equalVals(2))
	refuse := func([]byte) (CheckResult, error) {
		return CheckResult{Code: 32, Codespace: "sdk", Log: "sequence mismatch"}, nil
	}
	fail := func([]byte) (CheckResult, error) { return CheckResult{}, errClosed }
	cases := []struct {
		name   string
		checks []func([]byte) (CheckResult, error)
		want   error
	}{
		{"all accept", []func([]byte) (CheckResult, error){nil, nil}, nil},
		{"one refuses", []func([]byte) (CheckResult, error){refuse, nil}, nil},
		{"one is closed", []func([]byte) (CheckResult, error){fail, nil}, nil},
		{"one refuses, one is closed", []func([]byte) (CheckResult, error){refuse, fail}, lightclient.ErrTxRefused},
		{"both are closed", []func([]byte) (CheckResult, error){fail, fail}, lightclient.ErrNoSource},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var sources []Source
			for i, check := range tc.checks {
				s := newFake(fmt.Sprint("source ", i), chain)
				s.check = check
				sources = append(sources, s)
			}
			f := newFixture(t, chain, sources...)
			hash, err := f.Broadcast(t.Context(), []byte("signed"))
			require.ErrorIs(t, err, tc.want)
			require.Equal(t, sha256.Sum256([]byte("signed")), hash)
			for _, s := range sources {
				require.Equal(t, 1, s.(*fakeSource).called("broadcast"))
			}
			var refused *lightclient.TxRefusedError
			if errors.As(err, &refused) {
				require.Equal(t, lightclient.TxRefusedError{Code: 32, Codespace: "sdk", Log: "sequence mismatch"}, *refused)
			}
		})
	}
}

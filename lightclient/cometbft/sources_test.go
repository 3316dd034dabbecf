package cometbft

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
)

// liar is the first source of a pool, so that it is asked first.
func TestALieIsRefusedByNameAndTheNextSourceAsked(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	cases := []struct {
		name string
		lie  func(*fakeSource)
		want error
	}{
		{"a transaction altered", func(s *fakeSource) {
			s.block = func(txs types.Txs) types.Txs { txs[1][0] ^= 1; return txs }
		}, lightclient.ErrDataHash},
		{"a transaction left out", func(s *fakeSource) {
			s.block = func(txs types.Txs) types.Txs { return txs[:2] }
		}, lightclient.ErrDataHash},
		{"two transactions exchanged", func(s *fakeSource) {
			s.block = func(txs types.Txs) types.Txs { return types.Txs{txs[1], txs[0], txs[2]} }
		}, lightclient.ErrDataHash},
		{"a failed transaction shown as a success", func(s *fakeSource) {
			s.results = func(rs []*abci.ExecTxResult) []*abci.ExecTxResult { rs[1].Code = 0; return rs }
		}, lightclient.ErrResultsHash},
		{"another amount of gas", func(s *fakeSource) {
			s.results = func(rs []*abci.ExecTxResult) []*abci.ExecTxResult { rs[0].GasUsed++; return rs }
		}, lightclient.ErrResultsHash},
		{"a result left out", func(s *fakeSource) {
			s.results = func(rs []*abci.ExecTxResult) []*abci.ExecTxResult { return rs[1:] }
		}, lightclient.ErrResultsHash},
		{"a header that does not link", func(s *fakeSource) {
			s.headers = func(hs []*types.Header) []*types.Header {
				hs[len(hs)/2].LastResultsHash = fixedAppHash(1)
				return hs
			}
		}, lightclient.ErrHeaderForged},
		{"a forged light block at the tip", func(s *fakeSource) {
			s.light = func(lb *types.LightBlock) *types.LightBlock {
				return chain.forge(t, lb.Height, func(h *types.Header) { h.AppHash = fixedAppHash(1) })
			}
		}, lightclient.ErrHeaderForged},
		{"another chain", func(s *fakeSource) {
			s.tip = func(tip Tip) Tip { tip.ChainID = "other"; return tip }
		}, lightclient.ErrWrongChain},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			liar, honest := newFake("liar", chain), newFake("honest", chain)
			f := rooted(t, chain, 2, newFake("root", chain))
			tc.lie(liar)
			f.open(t, liar, honest)

			head, err := f.Sync(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 30, head.Height)
			block, err := f.VerifiedBlock(t.Context(), 15)
			require.NoError(t, err)

			require.Equal(t, wantBlock(chain, 15), block)
			record := f.record("liar")
			require.NotZero(t, record.Lies, "%+v", record)
			require.ErrorIs(t, record.LastLie, tc.want)
			require.Zero(t, f.record("honest").Lies, "%v", f.record("honest").LastLie)
		})
	}
}

func wantBlock(chain *testChain, height int64) *lightclient.Block {
	b := chain.at(height)
	want := &lightclient.Block{ChainID: chain.id, Height: height, Time: b.light.Time, Hash: [32]byte(b.light.Hash())}
	for i, tx := range b.txs {
		want.Txs = append(want.Txs, lightclient.Tx{
			Hash: [32]byte(tx.Hash()), Bytes: tx, Code: b.results[i].Code, GasWanted: b.results[i].GasWanted, GasUsed: b.results[i].GasUsed,
		})
	}
	return want
}

func TestALieWithoutAnotherSourceIsAnErrorAndNoAnswer(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	liar := newFake("liar", chain)
	f := rooted(t, chain, 2, liar)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	liar.block = func(txs types.Txs) types.Txs { txs[0] = types.Tx("mint me everything"); return txs }

	block, err := f.VerifiedBlock(t.Context(), 5)

	require.ErrorIs(t, err, lightclient.ErrNoSource)
	require.ErrorIs(t, err, lightclient.ErrDataHash)
	require.Nil(t, block)
}

func TestAlteredProposerPrioritiesAreNoLieAndNoObstacle(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	odd := newFake("odd", chain)
	odd.light = func(lb *types.LightBlock) *types.LightBlock {
		lb.ValidatorSet.Validators[2].ProposerPriority = 1 << 40
		return lb
	}
	f := rooted(t, chain, 2, odd, newFake("honest", chain))

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 10, head.Height)
	require.Equal(t, lightclient.Active, f.Status().State)
	require.Zero(t, f.record("odd").Lies)
}

// stubborn ignores its context until the test ends.
func stubborn(t *testing.T) func(context.Context) error {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	return func(context.Context) error { <-release; return errClosed }
}

func TestASourceThatLagsHangsOrClosesIsPassedOver(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	cases := []struct {
		name   string
		fault  func(*testing.T, *fakeSource)
		want   error
		atMost time.Duration
	}{
		{"lags far behind", func(_ *testing.T, s *fakeSource) { s.lag = 25 }, lightclient.ErrSourceLagging, 0},
		{"hangs", func(_ *testing.T, s *fakeSource) { s.before = hang }, lightclient.ErrSourceTimeout, time.Second},
		{"hangs and ignores its context", func(t *testing.T, s *fakeSource) { s.before = stubborn(t) }, lightclient.ErrSourceTimeout, time.Second},
		{"is closed", func(_ *testing.T, s *fakeSource) { s.before = closed }, errClosed, 0},
		{"panics", func(_ *testing.T, s *fakeSource) {
			s.before = func(context.Context) error { panic("decoder bug") }
		}, lightclient.ErrMalformed, 0},
		{"claims a height that nobody has", func(_ *testing.T, s *fakeSource) {
			s.tip = func(tip Tip) Tip { tip.Height = 1 << 40; return tip }
		}, lightclient.ErrSourceLagging, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad, honest := newFake("bad", chain), newFake("honest", chain)
				f := rooted(t, chain, 10, newFake("root", chain))
				tc.fault(t, bad)
				f.hedge = 400 * time.Millisecond
				f.open(t, bad, honest)
				started := time.Now()

				head, err := f.Sync(t.Context())
				require.NoError(t, err)
				require.EqualValues(t, 30, head.Height)
				block, err := f.VerifiedBlock(t.Context(), 20)
				require.NoError(t, err)

				require.Equal(t, wantBlock(chain, 20), block)
				require.LessOrEqual(t, time.Since(started), tc.atMost)
				require.NotZero(t, f.record("bad").Failures)
				require.ErrorIs(t, f.failuresOf("bad"), tc.want)
				require.Zero(t, f.record("honest").Failures)
			})
		})
	}
}

// pretender claims a tip far above the chain's, answers for it at once, and for the blocks below it slowly, with forged blocks.
type pretender struct {
	*fakeSource
	t     *testing.T
	pause time.Duration
}

const pretendedTip = 1 << 40

// after answers after a pause.
func after(pause time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(pause):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *pretender) Tip(context.Context) (Tip, error) {
	return Tip{ChainID: s.chain.id, Height: pretendedTip}, nil
}

func (s *pretender) LightBlock(ctx context.Context, height int64) (*types.LightBlock, error) {
	if height < pretendedTip {
		if err := after(s.pause)(ctx); err != nil {
			return nil, err
		}
	}
	if height <= s.top() {
		return s.fakeSource.LightBlock(ctx, height)
	}
	return s.chain.forge(s.t, s.top(), func(h *types.Header) { h.Height = height }), nil
}

func TestForgedBlocksFarAboveTheTipAndSlowAnswersDoNotStopTheHead(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	synctest.Test(t, func(t *testing.T) {
		f := rooted(t, chain, 10, newFake("root", chain))
		liar := &pretender{fakeSource: newFake("liar", chain), t: t, pause: 7 * time.Second}
		f.hedge = 400 * time.Millisecond
		f.open(t, liar, newFake("honest", chain), newFake("other", chain))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		started := time.Now()

		head, err := f.Sync(ctx)

		require.NoError(t, err)
		require.EqualValues(t, 30, head.Height)
		require.LessOrEqual(t, time.Since(started), 15*time.Second)
		require.ErrorIs(t, f.record("liar").LastError, lightclient.ErrUnproven)
		require.True(t, f.record("liar").BackoffUntil.After(time.Now().Add(10*time.Second)), "it is left out for a while")
	})
}

func TestALongWayOverSlowSourcesIsGoneInSeveralSyncsWithoutBlame(t *testing.T) {
	chain := newChain(t, 200, rotatingVals(6))
	synctest.Test(t, func(t *testing.T) {
		f := rooted(t, chain, 2, newFake("root", chain))
		var sources []Source
		for _, name := range []string{"a", "b", "c"} {
			source := newFake(name, chain)
			source.before = after(100 * time.Millisecond)
			sources = append(sources, source)
		}
		f.hedge = 400 * time.Millisecond
		f.open(t, sources...)
		syncs := 0
		for height := int64(0); height < 200; syncs++ {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, _ = f.Sync(ctx)
			cancel()
			require.Less(t, height, f.tipHeight(), "each Sync gets further")
			height = f.tipHeight()
		}
		require.Greater(t, syncs, 1)
		for _, name := range []string{"a", "b", "c"} {
			require.NotErrorIs(t, f.failuresOf(name), lightclient.ErrUnproven)
		}
	})
}

func TestTheCallersDeadlineIsKeptWhenEverySourceHangs(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	calls := map[string]func(context.Context, *fixture) error{
		"Sync":          func(ctx context.Context, f *fixture) error { _, err := f.Sync(ctx); return err },
		"VerifiedBlock": func(ctx context.Context, f *fixture) error { _, err := f.VerifiedBlock(ctx, 5); return err },
		"VerifiedValue": func(ctx context.Context, f *fixture) error {
			_, err := f.VerifiedValue(ctx, "bank", []byte{1}, 5)
			return err
		},
		"Broadcast": func(ctx context.Context, f *fixture) error { _, err := f.Broadcast(ctx, []byte("tx")); return err },
	}
	for name, do := range calls {
		for _, kind := range []string{"hanging", "stubborn"} {
			t.Run(name+" with "+kind+" sources", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := rooted(t, chain, 2, newFake("root", chain))
					_, err := f.Sync(t.Context())
					require.NoError(t, err)
					a, b := newFake("a", chain), newFake("b", chain)
					a.before, b.before = hang, hang
					if kind == "stubborn" {
						a.before, b.before = stubborn(t), stubborn(t)
					}
					f.hedge = 400 * time.Millisecond
					f.open(t, a, b)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					started := time.Now()

					err = do(ctx, f)

					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.Equal(t, time.Second, time.Since(started))
				})
			})
		}
	}
}

func TestWaitingForAnotherSyncKeepsTheDeadline(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	synctest.Test(t, func(t *testing.T) {
		f := rooted(t, chain, 2, newFake("root", chain))
		slow := newFake("slow", chain)
		slow.before = hang
		f.open(t, slow)
		long, stop := context.WithCancel(t.Context())
		finished := make(chan error, 1)
		go func() { _, err := f.Sync(long); finished <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()

		_, err := f.Sync(ctx)

		require.ErrorIs(t, err, context.DeadlineExceeded)
		stop()
		require.ErrorIs(t, <-finished, context.Canceled)
	})
}

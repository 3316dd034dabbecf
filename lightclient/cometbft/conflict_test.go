package cometbft

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
)

func TestAValidlySignedConflictFreezesTheClientUntilTheOperatorClearsIt(t *testing.T) {
	chain := newChain(t, 40, equalVals(4))
	fork := chain.fork(t, 25, 40)
	for _, primary := range []string{"the chain", "the fork"} {
		t.Run("when "+primary+" is asked first", func(t *testing.T) {
			sources := []Source{newFake("chain", chain), newFake("fork", fork)}
			if primary == "the fork" {
				sources[0], sources[1] = sources[1], sources[0]
			}
			f := rooted(t, chain, 5, newFake("root", chain))
			f.open(t, sources...)

			_, err := f.Sync(t.Context())

			require.ErrorIs(t, err, lightclient.ErrFrozen)
			require.ErrorIs(t, err, lightclient.ErrConflict)
			f.requireFrozen(t)
			f.requireEvidence(t, chain, fork)

			f.open(t, sources...)
			f.requireFrozen(t)
			f.requireEvidence(t, chain, fork)

			require.NoError(t, f.Unfreeze(t.Context()))
			head, err := f.Head()
			require.NoError(t, err)
			require.EqualValues(t, 5, head.Height, "neither side of the conflict became the head")
			f.open(t, newFake("chain", chain))
			head, err = f.Sync(t.Context())
			require.NoError(t, err)
			require.Equal(t, [32]byte(chain.light(40).Hash()), head.Hash)
			f.requireEvidence(t, chain, fork)
		})
	}
}

func (f *fixture) requireFrozen(t *testing.T) {
	t.Helper()
	require.Equal(t, lightclient.Frozen, f.Status().State)
	_, err := f.Head()
	require.ErrorIs(t, err, lightclient.ErrFrozen)
	_, err = f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrFrozen)
	_, err = f.VerifiedBlock(t.Context(), 5)
	require.ErrorIs(t, err, lightclient.ErrFrozen)
	_, err = f.VerifiedValue(t.Context(), "bank", []byte{1}, 5)
	require.ErrorIs(t, err, lightclient.ErrFrozen)
	_, err = f.Broadcast(t.Context(), []byte("tx"))
	require.ErrorIs(t, err, lightclient.ErrFrozen)
	require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(5)), lightclient.ErrFrozen)
}

func (f *fixture) requireEvidence(t *testing.T, chain, fork *testChain) {
	t.Helper()
	found, err := f.Misbehaviour()
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.EqualValues(t, 40, found[0].Height)
	require.EqualValues(t, 5, found[0].CommonHeight)
	require.Equal(t, testChainID, found[0].ChainID)
	hashes := [][32]byte{[32]byte(chain.light(40).Hash()), [32]byte(fork.light(40).Hash())}
	require.ElementsMatch(t, hashes, [][32]byte{found[0].Trusted, found[0].Conflicting})
	attack, err := UnmarshalAttack(found[0].Evidence)
	require.NoError(t, err)
	for _, forgery := range []*types.LightBlock{attack.Trusted, attack.Conflicting} {
		evidence := attack.Evidence(forgery)
		require.NoError(t, evidence.ValidateBasic())
		require.NotEmpty(t, evidence.ByzantineValidators)
	}
}

func TestAConflictIsFoundEvenWhenTheWitnessHasToProveItInSteps(t *testing.T) {
	chain := newChain(t, 60, rotatingVals(6))
	fork := chain.fork(t, 30, 60)
	f := rooted(t, chain, 5, newFake("root", chain))
	f.open(t, newFake("chain", chain), newFake("fork", fork))

	_, err := f.Sync(t.Context())

	require.ErrorIs(t, err, lightclient.ErrConflict)
}

func TestAnInvalidConflictingHeaderOnlyCostsItsGiver(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	forged := func(lb *types.LightBlock) *types.LightBlock {
		return chain.forge(t, lb.Height, func(h *types.Header) { h.AppHash = fixedAppHash(1) })
	}
	cases := map[string]func(*fakeSource){
		"signed by nobody that is trusted": func(s *fakeSource) {
			s.light = forged
			s.headers = func(hs []*types.Header) []*types.Header {
				return []*types.Header{forged(chain.light(hs[0].Height)).Header}
			}
		},
		"shown as a header only": func(s *fakeSource) {
			s.headers = func(hs []*types.Header) []*types.Header { hs[0].AppHash = fixedAppHash(1); return hs }
		},
		"with a commit for another header": func(s *fakeSource) {
			s.headers = func(hs []*types.Header) []*types.Header { hs[0].AppHash = fixedAppHash(1); return hs }
			s.light = func(lb *types.LightBlock) *types.LightBlock { lb.AppHash = fixedAppHash(1); return lb }
		},
	}
	for name, lie := range cases {
		t.Run(name, func(t *testing.T) {
			liar := newFake("liar", chain)
			f := rooted(t, chain, 5, newFake("root", chain))
			lie(liar)
			f.open(t, newFake("honest", chain), liar)

			head, err := f.Sync(t.Context())

			require.NoError(t, err)
			require.Equal(t, [32]byte(chain.light(30).Hash()), head.Hash)
			require.Equal(t, lightclient.Active, f.Status().State)
			require.ErrorIs(t, f.record("liar").LastLie, lightclient.ErrHeaderForged)
			require.Zero(t, f.record("honest").Failures)
			found, err := f.Misbehaviour()
			require.NoError(t, err)
			require.Empty(t, found)
		})
	}
}

// mute shows another header and never the block to prove it by.
type mute struct{ *fakeSource }

func (s mute) LightBlock(ctx context.Context, _ int64) (*types.LightBlock, error) {
	return nil, hang(ctx)
}

func TestAWitnessThatNeverProvesItsHeaderDelaysOneSyncAndNoMore(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	synctest.Test(t, func(t *testing.T) {
		liar := mute{newFake("liar", chain)}
		liar.headers = func(hs []*types.Header) []*types.Header { hs[0].AppHash = fixedAppHash(1); return hs }
		honest := newFake("honest", chain)
		honest.lag, liar.lag = 10, 10
		f := rooted(t, chain, 5, newFake("root", chain))
		f.open(t, honest, liar)
		advance := func() (lightclient.Header, time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			started := time.Now()
			head, err := f.Sync(ctx)
			require.NoError(t, err)
			return head, time.Since(started)
		}
		head, took := advance()
		require.EqualValues(t, 20, head.Height)
		require.LessOrEqual(t, took, 3*time.Second)
		honest.lag = 0
		head, took = advance()
		require.EqualValues(t, 30, head.Height)
		require.Less(t, took, 100*time.Millisecond)
	})
}

func TestAWitnessThatIsABlockBehindIsNotBlamed(t *testing.T) {
	chain := newChain(t, 30, equalVals(4))
	behind := newFake("behind", chain)
	behind.lag = 1
	f := rooted(t, chain, 5, newFake("root", chain))
	f.open(t, newFake("ahead", chain), behind)

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 30, head.Height)
	require.Zero(t, f.record("behind").Failures)
}

func TestAForgedBlockInTheMiddleIsReplacedByAnotherSources(t *testing.T) {
	chain := newChain(t, 60, rotatingVals(6))
	liar := newFake("liar", chain)
	liar.light = func(lb *types.LightBlock) *types.LightBlock {
		if lb.Height == 60 {
			return lb
		}
		return chain.forge(t, lb.Height, func(h *types.Header) { h.AppHash = fixedAppHash(1) })
	}
	f := rooted(t, chain, 5, newFake("root", chain))
	f.open(t, liar, newFake("honest", chain))

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.Equal(t, [32]byte(chain.light(60).Hash()), head.Hash)
	require.ErrorIs(t, f.record("liar").LastLie, lightclient.ErrHeaderForged)
	require.Zero(t, f.record("honest").Lies)
}

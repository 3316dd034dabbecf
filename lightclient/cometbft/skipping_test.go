package cometbft

import (
	"fmt"
	"testing"
	"time"

	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/lightclient"
)

func TestNoPairIsVerifiedTwiceAndNoBlockFetchedTwiceOnABisectionOf400Headers(t *testing.T) {
	chain := newChain(t, 400, rotatingVals(20))
	source := newFake("honest", chain)
	f := rooted(t, chain, 1, source)
	pairs := map[string]int{}
	f.verifier.observe = func(trusted, untrusted int64) { pairs[fmt.Sprint(trusted, "→", untrusted)]++ }

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 400, head.Height)
	require.Equal(t, [32]byte(chain.light(400).Hash()), head.Hash)
	var repeats, total int
	for _, count := range pairs {
		total += count
		repeats += count - 1
	}
	require.Zero(t, repeats, "of %d verifications", total)
	require.Greater(t, total, 30, "the chain is meant to need many steps")
	require.Less(t, total, 200)
	for height := int64(2); height <= 400; height++ {
		require.LessOrEqual(t, source.called(fmt.Sprint("light ", height)), 2, "each call is counted twice by enter")
	}
	t.Logf("%d verifications, 0 repeated, %d light blocks fetched", total, source.called("light"))
}

func TestSkippingAgreesWithSequentialVerificationOverRandomValidatorSets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		length := rapid.IntRange(3, 14).Draw(rt, "length")
		sets := make([]map[int]int64, length+2)
		for i := range sets {
			sets[i] = rapid.MapOfN(rapid.IntRange(0, 9), rapid.Int64Range(1, 100), 1, 6).Draw(rt, "set")
		}
		chain := newChain(t, length, func(height int64) map[int]int64 { return sets[height] })
		top := int64(length)
		liar := rapid.Bool().Draw(rt, "forged")
		source := newFake("source", chain)
		if liar {
			forgedAt := rapid.Int64Range(2, top).Draw(rt, "forged at")
			source.light = func(lb *types.LightBlock) *types.LightBlock {
				if lb.Height == forgedAt {
					return chain.forge(t, forgedAt, func(h *types.Header) { h.AppHash = fixedAppHash(9999) })
				}
				return lb
			}
			top = forgedAt
		}
		f := rooted(t, chain, 1, source)

		target, err := f.fetch(t.Context(), top, nil)
		if err != nil {
			rt.Fatal(err)
		}
		skipping := f.bisect(t.Context(), chain.light(1), target, f.advanceTip)
		sequential := f.verifyOneByOne(source, top)

		if (skipping == nil) != (sequential == nil) {
			rt.Fatalf("skipping says %v, sequential says %v", skipping, sequential)
		}
	})
}

// verifyOneByOne is the naive model: every header from the one before it.
func (f *fixture) verifyOneByOne(source *fakeSource, top int64) error {
	trusted := f.chain.light(1)
	for height := int64(2); height <= top; height++ {
		next := source.chain.light(height)
		if source.light != nil {
			next = source.light(next)
		}
		if err := f.verifier.verify(trusted, next, f.now); err != nil {
			return err
		}
		trusted = next
	}
	return nil
}

func TestVerificationNamesWhatIsWrong(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	v := verifier{cfg: testConfig(time.Now).withDefaults()}
	root := chain.light(1)
	cases := []struct {
		name string
		lb   func() *types.LightBlock
		now  time.Time
		want error
	}{
		{"a trusted header outside its trusting period", func() *types.LightBlock { return chain.light(5) }, root.Time.Add(24 * time.Hour), lightclient.ErrExpired},
		{"a header from the future", func() *types.LightBlock { return chain.light(5) }, chain.light(5).Time.Add(-11 * time.Second), lightclient.ErrHeaderFromFuture},
		{"an adjacent header of other validators", func() *types.LightBlock {
			return chain.forge(t, 2, func(*types.Header) {})
		}, chain.now(), lightclient.ErrHeaderForged},
		{"a header further on of other validators", func() *types.LightBlock {
			return chain.forge(t, 5, func(*types.Header) {})
		}, chain.now(), errTooFar},
		{"a signature exchanged", func() *types.LightBlock {
			lb := copyLight(chain.light(5))
			lb.Commit.Signatures[0].Signature = lb.Commit.Signatures[1].Signature
			return lb
		}, chain.now(), lightclient.ErrHeaderForged},
		{"half of the signatures missing", func() *types.LightBlock {
			lb := copyLight(chain.light(5))
			for i := range 2 {
				lb.Commit.Signatures[i] = types.NewCommitSigAbsent()
			}
			return lb
		}, chain.now(), lightclient.ErrHeaderForged},
		{"validators that are not the header's", func() *types.LightBlock {
			lb := copyLight(chain.light(5))
			lb.ValidatorSet.Validators[0].VotingPower = 11
			return lb
		}, chain.now(), lightclient.ErrHeaderForged},
		{"a header that is not newer", func() *types.LightBlock { return chain.light(1) }, chain.now(), lightclient.ErrHeaderForged},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			require.ErrorIs(t, v.verify(root, tc.lb(), tc.now), tc.want)
		})
	}
	require.NoError(t, v.verify(root, chain.light(10), chain.now()))
	require.NoError(t, v.verify(root, chain.light(2), chain.now()))
}

func TestAForeignLightBlockIsTakenOnlyInCanonicalForm(t *testing.T) {
	chain := newChain(t, 3, equalVals(4))
	cases := []struct {
		name string
		edit func(*types.LightBlock)
		want error
	}{
		{"another chain", func(lb *types.LightBlock) { lb.ChainID = "other" }, lightclient.ErrWrongChain},
		{"another height", func(lb *types.LightBlock) { lb.Height = 3 }, lightclient.ErrHeaderForged},
		{"no commit", func(lb *types.LightBlock) { lb.Commit = nil }, lightclient.ErrMalformed},
		{"no validators", func(lb *types.LightBlock) { lb.ValidatorSet.Validators = nil }, lightclient.ErrHeaderForged},
		{"a null validator", func(lb *types.LightBlock) { lb.ValidatorSet.Validators[0] = nil }, lightclient.ErrHeaderForged},
		{"an address that is not the key's", func(lb *types.LightBlock) {
			lb.ValidatorSet.Validators[0].Address = lb.ValidatorSet.Validators[1].Address
		}, lightclient.ErrHeaderForged},
		{"a validator listed twice", func(lb *types.LightBlock) {
			lb.ValidatorSet.Validators[0] = lb.ValidatorSet.Validators[1]
		}, lightclient.ErrHeaderForged},
		{"power without end", func(lb *types.LightBlock) {
			lb.ValidatorSet.Validators[0].VotingPower = types.MaxTotalVotingPower
		}, lightclient.ErrHeaderForged},
		{"no power", func(lb *types.LightBlock) { lb.ValidatorSet.Validators[0].VotingPower = 0 }, lightclient.ErrHeaderForged},
		{"no key", func(lb *types.LightBlock) { lb.ValidatorSet.Validators[0].PubKey = nil }, lightclient.ErrHeaderForged},
		{"a header that the commit is not for", func(lb *types.LightBlock) { lb.AppHash = fixedAppHash(77) }, lightclient.ErrHeaderForged},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			lb := copyLight(chain.light(2))
			tc.edit(lb)
			_, err := canonical(lb, testChainID, 2)
			require.ErrorIs(t, err, tc.want)
		})
	}
	t.Run("priorities, proposer and order of the list change nothing", func(t *testing.T) {
		lb := copyLight(chain.light(2))
		for i, val := range lb.ValidatorSet.Validators {
			val.ProposerPriority = int64(i) * 1_000_000
		}
		lb.ValidatorSet.Proposer = nil
		lb.ValidatorSet.Validators[0], lb.ValidatorSet.Validators[1] = lb.ValidatorSet.Validators[1], lb.ValidatorSet.Validators[0]
		altered, err := canonical(lb, testChainID, 2)
		require.NoError(t, err)
		plain, err := canonical(chain.light(2), testChainID, 2)
		require.NoError(t, err)
		require.Equal(t, plain, altered)
	})
}

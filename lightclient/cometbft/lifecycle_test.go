package cometbft

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

func TestBootstrapRefusesACheckpointThatIsExpiredOrNotOnTheChain(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	t.Run("expired", func(t *testing.T) {
		f := newFixture(t, chain, newFake("honest", chain))
		f.now = chain.light(5).Time.Add(24 * time.Hour)
		require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(5)), lightclient.ErrExpired)
		f.requireUnrooted(t)
	})
	t.Run("another hash", func(t *testing.T) {
		f := newFixture(t, chain, newFake("honest", chain))
		cp := f.checkpoint(5)
		cp.Hash[0] ^= 1
		require.ErrorIs(t, f.Bootstrap(t.Context(), cp), lightclient.ErrCheckpoint)
		f.requireUnrooted(t)
	})
	t.Run("the right hash without signatures", func(t *testing.T) {
		source := newFake("unsigned", chain)
		source.light = func(lb *types.LightBlock) *types.LightBlock {
			lb.Commit.Signatures[0].Signature = lb.Commit.Signatures[1].Signature
			return lb
		}
		f := newFixture(t, chain, source)
		require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(5)), lightclient.ErrHeaderForged)
		f.requireUnrooted(t)
	})
	t.Run("the right hash with other validators", func(t *testing.T) {
		source := newFake("forger", chain)
		source.light = func(lb *types.LightBlock) *types.LightBlock {
			forged := chain.forge(t, 5, func(*types.Header) {})
			return &types.LightBlock{SignedHeader: lb.SignedHeader, ValidatorSet: forged.ValidatorSet}
		}
		f := newFixture(t, chain, source)
		require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(5)), lightclient.ErrHeaderForged)
		f.requireUnrooted(t)
	})
	t.Run("a chain that is followed already disagrees", func(t *testing.T) {
		f := rooted(t, chain, 5, newFake("honest", chain))
		for _, height := range []int64{5, 8} {
			cp := f.checkpoint(height)
			cp.Hash[31] ^= 1
			require.ErrorIs(t, f.Bootstrap(t.Context(), cp), lightclient.ErrCheckpoint)
			require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(height)))
		}
	})
}

func (f *fixture) requireUnrooted(t *testing.T) {
	t.Helper()
	_, err := f.Head()
	require.ErrorIs(t, err, lightclient.ErrNotBootstrapped)
	_, err = f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrNotBootstrapped)
	require.Equal(t, lightclient.Unrooted, f.Status().State)
}

func TestAnExpiredClientRefusesToSyncUntilItGetsANewCheckpoint(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	f := rooted(t, chain, 5, newFake("honest", chain))
	f.now = chain.light(5).Time.Add(25 * time.Hour)
	require.Equal(t, lightclient.Expired, f.Status().State)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrExpired)
	require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(4)), lightclient.ErrExpired)
	require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(10)), lightclient.ErrExpired, "it is just as old")

	chain.extend(t, 1)
	late := chain.next(t).light
	late.Header.Time = f.now.Add(-time.Minute)
	late.SignedHeader = chain.sign(t, late.Header, late.ValidatorSet)
	chain.blocks = append(chain.blocks, &testBlock{light: late})
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(12)))
	require.Equal(t, lightclient.Active, f.Status().State)
}

func TestAHeadThatGrowsOldIsReportedAsStalled(t *testing.T) {
	chain := newChain(t, 10, equalVals(4))
	f := rooted(t, chain, 5, newFake("honest", chain))
	f.now = chain.now().Add(3 * time.Minute)
	head, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrStalled)
	require.EqualValues(t, 10, head.Height)
	require.Equal(t, lightclient.Stalled, f.Status().State)
}

func TestTheHeadNeverGoesBack(t *testing.T) {
	chain := newChain(t, 20, equalVals(4))
	f := rooted(t, chain, 5, newFake("honest", chain))
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	behind := newFake("behind", chain)
	behind.lag = 3
	f.open(t, behind)

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 20, head.Height)
}

func TestARestartVerifiesTheHeadAgainWithoutANetwork(t *testing.T) {
	chain := newChain(t, 60, rotatingVals(6))
	f := rooted(t, chain, 1, newFake("honest", chain))
	synced, err := f.Sync(t.Context())
	require.NoError(t, err)
	dead := newFake("dead", chain)
	dead.before = closed
	var pairs []string

	f.open(t, dead)

	head, err := f.Head()
	require.NoError(t, err)
	require.Equal(t, synced, head)
	require.Empty(t, dead.calls)
	f.verifier.observe = func(a, b int64) { pairs = append(pairs, fmt.Sprint(a, "→", b)) }
	require.NoError(t, f.restore())
	require.Len(t, pairs, 1, "the head is verified from its parent")
	block, err := f.VerifiedBlock(t.Context(), 1)
	require.Nil(t, block)
	require.ErrorIs(t, err, lightclient.ErrNoSource)
}

func TestAnInterruptedSyncGoesOnWhereItWas(t *testing.T) {
	chain := newChain(t, 200, rotatingVals(6))
	source := newFake("honest", chain)
	f := rooted(t, chain, 1, source)
	ctx, cancel := context.WithCancel(t.Context())
	source.before = func(context.Context) error {
		if source.calls["light"] == 30 {
			cancel()
		}
		return ctx.Err()
	}
	_, err := f.Sync(ctx)
	require.ErrorIs(t, err, context.Canceled)
	reached := f.tip.Height
	require.Greater(t, reached, int64(1))
	require.EqualValues(t, 1, f.head.Height)

	again := newFake("again", chain)
	f.open(t, again)
	require.Equal(t, reached, f.tip.Height)
	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 200, head.Height)
	for height := int64(2); height <= reached; height++ {
		require.Zero(t, again.called(fmt.Sprint("light ", height)))
	}
}

func TestADamagedStoreIsRefused(t *testing.T) {
	chain := newChain(t, 20, equalVals(4))
	source := newFake("honest", chain)
	damage := map[string]func(t *testing.T, f *fixture){
		"a flipped bit in the head": func(t *testing.T, f *fixture) {
			key := store.HeightKey(prefixAnchor, 20)
			raw, err := f.db.Get(key)
			require.NoError(t, err)
			raw = append([]byte(nil), raw...)
			raw[len(raw)/2] ^= 1
			require.NoError(t, f.db.Set(key, raw))
		},
		"a head without its proof": func(t *testing.T, f *fixture) {
			require.NoError(t, f.db.Delete(store.HeightKey(prefixAnchor, 5)))
		},
		"a head that nobody signed, checksum and all": func(t *testing.T, f *fixture) {
			forged := chain.forge(t, 20, func(*types.Header) {})
			batch := f.Client.db.Batch()
			require.NoError(t, putAnchor(batch, anchor{block: forged, parent: 5, verifiedAt: f.now}))
			require.NoError(t, batch.Commit())
		},
	}
	for name, harm := range damage {
		t.Run(name, func(t *testing.T) {
			f := rooted(t, chain, 5, source)
			_, err := f.Sync(t.Context())
			require.NoError(t, err)
			harm(t, f)
			_, err = f.reopen(t, source)
			require.ErrorIs(t, err, store.ErrCorrupt)
		})
	}
}

func TestADamagedCheckpointIsRefused(t *testing.T) {
	chain := newChain(t, 20, equalVals(4))
	f := rooted(t, chain, 5, newFake("honest", chain))
	batch := f.Client.db.Batch()
	require.NoError(t, putAnchor(batch, anchor{block: chain.forge(t, 5, func(*types.Header) {}), verifiedAt: f.now}))
	require.NoError(t, batch.Commit())
	_, err := f.reopen(t, newFake("honest", chain))
	require.ErrorIs(t, err, store.ErrCorrupt)
}

func TestPruningKeepsTheHeadersFromTheFloorAndWhatProvesTheHead(t *testing.T) {
	chain := newChain(t, 80, equalVals(4))
	source := newFake("honest", chain)
	f := rooted(t, chain, 5, source)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	_, err = f.VerifiedBlock(t.Context(), 6)
	require.NoError(t, err)

	require.NoError(t, f.Prune(t.Context(), 50))

	heights, err := f.Client.db.Heights(prefixHeader, 0, 1000, 1000)
	require.NoError(t, err)
	require.Equal(t, []int64{5, 50}, heights[:2])
	require.Len(t, heights, 32)
	dead := newFake("dead", chain)
	dead.before = closed
	f.open(t, dead)
	require.NoError(t, f.Prune(t.Context(), 1000), "a floor above the head leaves the head")
	head, err := f.Head()
	require.NoError(t, err)
	require.EqualValues(t, 80, head.Height)
	f.open(t, source)
	block, err := f.VerifiedBlock(t.Context(), 60)
	require.NoError(t, err)
	require.Equal(t, wantBlock(chain, 60), block)
}

func TestAnchorsBehindTheHeadAreThinned(t *testing.T) {
	chain := newChain(t, 5, equalVals(4))
	source := newFake("honest", chain)
	f := rooted(t, chain, 1, source)
	for range 40 {
		chain.extend(t, 1)
		f.now = chain.now()
		_, err := f.Sync(t.Context())
		require.NoError(t, err)
	}
	anchors, err := f.Client.db.Heights(prefixAnchor, 0, 1000, 1000)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 44, 45}, anchors)
	f.open(t, source)
}

func TestAClientOnDiskSurvivesARestart(t *testing.T) {
	chain := newChain(t, 20, equalVals(4))
	dir := filepath.Join(t.TempDir(), "counterparty")
	open := func() *Client {
		pool, err := NewPool([]Source{newFake("honest", chain)}, PoolConfig{})
		require.NoError(t, err)
		db, err := store.Open(dir, Kind, testChainID)
		require.NoError(t, err)
		c, err := New(testConfig(chain.now), pool, db)
		require.NoError(t, err)
		return c
	}
	c := open()
	require.NoError(t, c.Bootstrap(t.Context(), lightclient.Checkpoint{Height: 3, Hash: [32]byte(chain.light(3).Hash())}))
	want, err := c.Sync(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Close())
	c = open()
	got, err := c.Head()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, c.Close())
}

func TestAConfigurationIsCheckedAtStart(t *testing.T) {
	for name, edit := range map[string]func(*Config){
		"chain id is empty":      func(c *Config) { c.ChainID = "" },
		"trusting period is 0s":  func(c *Config) { c.TrustingPeriod = 0 },
		"can't be negative":      func(c *Config) { c.StallAfter = -1 },
		"within [1/3, 1], given": func(c *Config) { c.TrustLevel.Numerator, c.TrustLevel.Denominator = 1, 4 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(time.Now)
			edit(&cfg)
			_, err := New(cfg, nil, nil)
			require.ErrorContains(t, err, name)
		})
	}
}

package ethereum

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

var errClosed = errors.New("connection is closed")

func closed(context.Context, string) error { return errClosed }

func TestAClientIsRootedCatchesUpThroughTheForksAndFollows(t *testing.T) {
	chain := ethtest.New(forks(), 1, 300, nil)
	a, b := two(chain)
	f := newFixture(t, chain, a, b)
	require.Equal(t, lightclient.Unrooted, f.Status().State)
	_, err := f.Head()
	require.ErrorIs(t, err, lightclient.ErrNotBootstrapped)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(20)))

	head, err := f.Sync(t.Context())

	require.NoError(t, err)
	require.EqualValues(t, 280, head.Height, "two epochs before slot 299")
	require.Equal(t, [32]byte(chain.Blocks[280].Hash), head.Hash)
	require.Equal(t, chain.Now(280), head.Time)
	require.Equal(t, lightclient.Active, f.Status().State)
	require.Equal(t, chain.Now(280).Add(24*time.Hour), f.Status().Expires)
	for slot := uint64(301); slot < 420; slot += 7 {
		chain.Extend(slot)
		f.atSlot(slot + 1)
		head, err = f.Sync(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, ((slot-1)/8-2)*8, head.Height)
	}
}

func TestARestartVerifiesTheHeadAgainWithoutASingleRequest(t *testing.T) {
	chain := ethtest.New(forks(), 1, 200, nil)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	before, err := f.Head()
	require.NoError(t, err)
	c, d := newFake("c", chain), newFake("d", chain)
	c.before, d.before = closed, closed

	f.open(t, c, d)

	after, err := f.Head()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, lightclient.Active, f.Status().State)
	header, err := f.HeaderAt(t.Context(), uint64(after.Height))
	require.NoError(t, err)
	require.Equal(t, after.Hash, [32]byte(header.Hash))
	require.Zero(t, c.called()+d.called())
	c.before, d.before = nil, nil
	chain.Extend(230)
	f.atSlot(231)
	head, err := f.Sync(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 208, head.Height)
}

func TestAStoreThatNoLongerProvesItsHeadIsRefused(t *testing.T) {
	chain := ethtest.New(forks(), 1, 120, nil)
	a, b := two(chain)
	for name, spoil := range map[string]func(f *fixture, batch *store.Batch){
		"another checkpoint's anchor": func(f *fixture, batch *store.Batch) {
			raw, err := anchor{bootstrap: chain.Bootstrap(30)}.marshal(f.network)
			require.NoError(t, err)
			batch.Put(tipKey, raw)
		},
		"the checkpoint's own anchor": func(f *fixture, batch *store.Batch) {
			raw, err := anchor{bootstrap: chain.Bootstrap(20)}.marshal(f.network)
			require.NoError(t, err)
			batch.Put(tipKey, raw)
		},
		"another chain's head block": func(_ *fixture, batch *store.Batch) {
			batch.Put(headerKey(96), ethtest.New(forks(), 1, 97, ethtest.Marked).Blocks[96].RawHeader)
		},
		"no anchor": func(_ *fixture, batch *store.Batch) { batch.Delete(tipKey) },
		"half an anchor": func(f *fixture, batch *store.Batch) {
			raw, err := f.db0().Get(tipKey)
			require.NoError(t, err)
			batch.Put(tipKey, raw[:len(raw)/2])
		},
		"a changed signature": func(f *fixture, batch *store.Batch) {
			raw, err := f.db0().Get(tipKey)
			require.NoError(t, err)
			a, err := unmarshalAnchor(f.network, raw)
			require.NoError(t, err)
			f.chain.Sign(a.update, 30)
			a.update.Aggregate.Bits[3] = 0xff
			raw, err = a.marshal(f.network)
			require.NoError(t, err)
			batch.Put(tipKey, raw)
		},
		"another head block": func(_ *fixture, batch *store.Batch) { batch.Put(headerKey(96), chain.Blocks[95].RawHeader) },
		"no head block":      func(_ *fixture, batch *store.Batch) { batch.Delete(headerKey(96)) },
		"no JSON":            func(_ *fixture, batch *store.Batch) { batch.Put(stateKey, []byte("{")) },
	} {
		t.Run(name, func(t *testing.T) {
			f := synced(t, chain, 20, a, b)
			_, err := f.reopen(t, a, b)
			require.NoError(t, err)
			batch := f.db0().Batch()
			spoil(f, batch)
			require.NoError(t, batch.Commit())
			_, err = f.reopen(t, a, b)
			require.ErrorIs(t, err, store.ErrCorrupt)
		})
	}
}

func TestATipThatItsAnchorDoesNotLeadToIsRefused(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	f := rooted(t, chain, 20, a, b)
	b.before = closed
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, ErrUnconfirmed)
	_, err = f.reopen(t, a, b)
	require.NoError(t, err)
	raw, err := f.db0().Get(headKey)
	require.NoError(t, err)
	batch := f.db0().Batch()
	batch.Put(tipKey, raw)
	require.NoError(t, batch.Commit())
	_, err = f.reopen(t, a, b)
	require.ErrorIs(t, err, store.ErrCorrupt)
	require.ErrorContains(t, err, "anchor leads to slot 20, want 80")
}

// db0 is the client's own store.
func (f *fixture) db0() *store.Store { return f.Client.db }

func TestAStaleWrongOrUnknownCheckpointIsRefusedByName(t *testing.T) {
	chain, other := ethtest.New(forks(), 1, 100, nil), ethtest.New(forks(), 2, 100, nil)
	a, b := two(chain)
	f := newFixture(t, chain, a, b)
	unknown := lightclient.Checkpoint{Height: 20, Hash: other.Blocks[20].Root}
	require.ErrorIs(t, f.Bootstrap(t.Context(), unknown), lightclient.ErrHeightUnavailable)
	wrongSlot := lightclient.Checkpoint{Height: 21, Hash: chain.Blocks[20].Root}
	require.ErrorIs(t, f.Bootstrap(t.Context(), wrongSlot), lightclient.ErrCheckpoint)
	require.ErrorIs(t, f.Bootstrap(t.Context(), lightclient.Checkpoint{}), lightclient.ErrCheckpoint)
	f.now = chain.Now(20).Add(24*time.Hour + time.Second)
	require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(20)), beacon.ErrStaleCheckpoint)
	require.Equal(t, lightclient.Unrooted, f.Status().State)
	f.now = chain.Now(20).Add(24 * time.Hour)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(20)))
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(20)), "harmless when repeated")
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(30)), "both sources show it")
	require.ErrorIs(t, f.Bootstrap(t.Context(), lightclient.Checkpoint{Height: 30, Hash: [32]byte{1}}), lightclient.ErrCheckpoint)
	require.Equal(t, f.checkpoint(20), f.state.Checkpoint)
}

func TestAClientThatSleptTooLongNeedsANewCheckpoint(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	chain.Extend(200)
	f.now = chain.Now(80).Add(24*time.Hour + time.Second)
	require.Equal(t, lightclient.Expired, f.Status().State)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrExpired)
	require.ErrorIs(t, f.Bootstrap(t.Context(), f.checkpoint(70)), lightclient.ErrExpired)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(190)))
	head, err := f.Head()
	require.NoError(t, err)
	require.EqualValues(t, 190, head.Height)
}

func TestAHeadThatIsOldIsReportedAsStalled(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	f.now = f.now.Add(time.Hour)
	head, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrStalled)
	require.EqualValues(t, 80, head.Height)
	require.Equal(t, lightclient.Stalled, f.Status().State)
}

func TestPruningKeepsTheHeadAndWhatProvesIt(t *testing.T) {
	chain := ethtest.New(forks(), 1, 200, nil)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	_, err := f.HeaderAt(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, f.Prune(t.Context(), 1000))
	f.open(t, a, b)
	head, err := f.Head()
	require.NoError(t, err)
	numbers, err := f.db0().Heights(prefixHeader, 0, 1000, 1000)
	require.NoError(t, err)
	require.Equal(t, []int64{head.Height}, numbers)
}

func TestAConfigThatMakesNoSenseIsRefused(t *testing.T) {
	chain := ethtest.New(forks(), 1, 10, nil)
	f := newFixture(t, chain, newFake("a", chain), newFake("b", chain))
	for name, change := range map[string]func(*Config){
		"no chain id":     func(c *Config) { c.ChainID = "" },
		"quorum of three": func(c *Config) { c.Quorum = 3 },
		"negative quorum": func(c *Config) { c.Quorum = -1 },
		"negative age":    func(c *Config) { c.WeakSubjectivity = -1 },
		"no network":      func(c *Config) { c.Network = beacon.Network{} },
	} {
		cfg := f.config()
		change(&cfg)
		_, err := New(cfg, f.beacons, f.blocks, f.db0())
		require.Error(t, err, name)
	}
	_, err := NewBeaconPool(nil, poolConfig)
	require.Error(t, err)
	_, err = NewExecutionPool([]ExecutionSource{newFake("a", chain), newFake("a", chain)}, poolConfig)
	require.Error(t, err)
}

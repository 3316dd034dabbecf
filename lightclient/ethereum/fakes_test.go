package ethereum

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// fake is a beacon and an execution source of one chain. A hook, if set, alters
// an answer; before, if set, can fail any call.
type fake struct {
	name   string
	chain  *ethtest.Chain
	before func(ctx context.Context, method string) error
	// tip is the newest slot that it has; the chain's if 0.
	tip uint64

	bootstrap    func(*beacon.Bootstrap) *beacon.Bootstrap
	updates      func([]*beacon.Update) []*beacon.Update
	recorded     func(period uint64, count int) []*beacon.Update
	finality     func(*beacon.Update) *beacon.Update
	blockRoot    func(beacon.Root) beacon.Root
	header       func([]byte) []byte
	headers      func([][]byte) [][]byte
	transactions func(execution.List) execution.List
	receipts     func(execution.List) execution.List
	proof        func(common.Hash, common.Address, []common.Hash) (StateProof, error)
	send         func([]byte) error

	mu    sync.Mutex
	calls map[string]int
}

func newFake(name string, chain *ethtest.Chain) *fake {
	return &fake{name: name, chain: chain, calls: map[string]int{}}
}

func (f *fake) Name() string { return f.name }

// chains are shared by fakes, and sign lazily.
var chains sync.Mutex

func enter[T any](ctx context.Context, f *fake, method string, alter func(T) T, answer func() (T, error)) (T, error) {
	f.mu.Lock()
	f.calls[method]++
	f.mu.Unlock()
	var zero T
	if f.before != nil {
		if err := f.before(ctx, method); err != nil {
			return zero, err
		}
	}
	chains.Lock()
	defer chains.Unlock()
	value, err := answer()
	if err != nil || alter == nil {
		return value, err
	}
	return alter(value), nil
}

func (f *fake) called(methods ...string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for method, calls := range f.calls {
		for _, m := range methods {
			if m == method {
				n += calls
			}
		}
		if len(methods) == 0 {
			n += calls
		}
	}
	return n
}

func (f *fake) last() uint64 {
	if f.tip != 0 {
		return f.tip
	}
	return uint64(len(f.chain.Blocks)) - 1
}

func (f *fake) Bootstrap(ctx context.Context, root beacon.Root) (*beacon.Bootstrap, error) {
	return enter(ctx, f, "bootstrap", f.bootstrap, func() (*beacon.Bootstrap, error) {
		for slot, b := range f.chain.Blocks {
			if b.Root == root {
				return f.chain.Bootstrap(uint64(slot)), nil
			}
		}
		return nil, lightclient.ErrHeightUnavailable
	})
}

func (f *fake) Updates(ctx context.Context, period uint64, count int) ([]*beacon.Update, error) {
	return enter(ctx, f, "updates", f.updates, func() ([]*beacon.Update, error) {
		if f.recorded != nil {
			return f.recorded(period, count), nil
		}
		var found []*beacon.Update
		slots := f.chain.Network.SlotsPerEpoch * f.chain.Network.EpochsPerPeriod
		for p := period; p < period+uint64(count) && p*slots < f.last(); p++ {
			found = append(found, f.chain.Update(min((p+1)*slots-2, f.last()-1)))
		}
		return found, nil
	})
}

func (f *fake) FinalityUpdate(ctx context.Context) (*beacon.Update, error) {
	return enter(ctx, f, "finality", f.finality, func() (*beacon.Update, error) {
		if f.recorded != nil {
			return nil, nil // finality gives it
		}
		return f.chain.FinalityUpdate(f.last() - 1), nil
	})
}

func (f *fake) BlockRoot(ctx context.Context, slot uint64) (beacon.Root, error) {
	return enter(ctx, f, "root", f.blockRoot, func() (beacon.Root, error) {
		if slot > f.last() {
			return beacon.Root{}, lightclient.ErrSourceLagging
		}
		return f.chain.Blocks[slot].Root, nil
	})
}

func (f *fake) block(hash common.Hash) (*ethtest.Block, error) {
	for _, b := range f.chain.Blocks {
		if b.Hash == hash {
			return b, nil
		}
	}
	return nil, lightclient.ErrHeightUnavailable
}

func (f *fake) Header(ctx context.Context, hash common.Hash) ([]byte, error) {
	return enter(ctx, f, "header", f.header, func() ([]byte, error) {
		b, err := f.block(hash)
		if err != nil {
			return nil, err
		}
		return b.RawHeader, nil
	})
}

func (f *fake) Headers(ctx context.Context, from, to uint64) ([][]byte, error) {
	return enter(ctx, f, "headers", f.headers, func() ([][]byte, error) {
		var raws [][]byte
		for _, b := range f.chain.Blocks[from : to+1] { // numbers are slots
			raws = append(raws, b.RawHeader)
		}
		return raws, nil
	})
}

func (f *fake) Transactions(ctx context.Context, hash common.Hash) (execution.List, error) {
	return enter(ctx, f, "transactions", f.transactions, func() (execution.List, error) {
		b, err := f.block(hash)
		if err != nil {
			return nil, err
		}
		return b.Transactions, nil
	})
}

func (f *fake) Receipts(ctx context.Context, hash common.Hash) (execution.List, error) {
	return enter(ctx, f, "receipts", f.receipts, func() (execution.List, error) {
		b, err := f.block(hash)
		if err != nil {
			return nil, err
		}
		return b.Receipts, nil
	})
}

func (f *fake) Proof(ctx context.Context, hash common.Hash, account common.Address, slots []common.Hash) (StateProof, error) {
	return enter(ctx, f, "proof", nil, func() (StateProof, error) { return f.proof(hash, account, slots) })
}

func (f *fake) SendTransaction(ctx context.Context, raw []byte) error {
	_, err := enter(ctx, f, "send", nil, func() (struct{}, error) {
		if f.send == nil {
			return struct{}{}, nil
		}
		return struct{}{}, f.send(raw)
	})
	return err
}

// fixture is a client under test with its parts.
type fixture struct {
	*Client
	chain *ethtest.Chain
	db    dbm.DB
	now   time.Time

	noting   sync.Mutex
	failures map[string]error // by source, joined
}

func (f *fixture) note(source string, err error) {
	f.noting.Lock()
	defer f.noting.Unlock()
	f.failures[source] = errors.Join(f.failures[source], err)
}

const testChainID = "eth-test"

// newFixture is an unrooted client of a chain, at the time of its last block.
func newFixture(t testing.TB, chain *ethtest.Chain, sources ...*fake) *fixture {
	t.Helper()
	f := &fixture{chain: chain, db: dbm.NewMemDB(), failures: map[string]error{}}
	f.atSlot(uint64(len(chain.Blocks)))
	f.open(t, sources...)
	return f
}

func (f *fixture) atSlot(slot uint64) { f.now = f.chain.Now(slot) }

func (f *fixture) open(t testing.TB, sources ...*fake) {
	t.Helper()
	client, err := f.reopen(t, sources...)
	require.NoError(t, err)
	f.Client = client
}

func (f *fixture) config() Config {
	return Config{ChainID: testChainID, Network: f.chain.Network, WeakSubjectivity: 24 * time.Hour, Now: func() time.Time { return f.now }}
}

// reopen starts a client on the fixture's database, as after a restart.
func (f *fixture) reopen(t testing.TB, sources ...*fake) (*Client, error) {
	t.Helper()
	var beacons []BeaconSource
	var blocks []ExecutionSource
	for _, s := range sources {
		beacons, blocks = append(beacons, s), append(blocks, s)
	}
	cfg := poolConfig
	cfg.OnFailure = f.note
	beaconPool, err := NewBeaconPool(beacons, cfg)
	require.NoError(t, err)
	blockPool, err := NewExecutionPool(blocks, cfg)
	require.NoError(t, err)
	db, err := store.New(f.db, Kind, testChainID)
	require.NoError(t, err)
	return New(f.config(), beaconPool, blockPool, db)
}

func (f *fixture) checkpoint(slot uint64) lightclient.Checkpoint {
	return lightclient.Checkpoint{Height: int64(slot), Hash: f.chain.Blocks[slot].Root}
}

// rooted is a client with a checkpoint in a slot.
func rooted(t testing.TB, chain *ethtest.Chain, slot uint64, sources ...*fake) *fixture {
	t.Helper()
	f := newFixture(t, chain, sources...)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(slot)))
	return f
}

// synced is a rooted client at the chain's finalized block.
func synced(t testing.TB, chain *ethtest.Chain, slot uint64, sources ...*fake) *fixture {
	t.Helper()
	f := rooted(t, chain, slot, sources...)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	return f
}

func two(chain *ethtest.Chain) (*fake, *fake) { return newFake("a", chain), newFake("b", chain) }

// forks starts each fork at a new sync committee period of 64 slots.
func forks() beacon.Network { return ethtest.Network(8, 16, 24) }

var poolConfig = pool.Config{HedgeDelay: time.Minute}

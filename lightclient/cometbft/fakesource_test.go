package cometbft

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

var errClosed = errors.New("connection refused")

// fakeSource serves a test chain; its fields make it lie, lag, hang or close.
type fakeSource struct {
	name  string
	chain *testChain

	mu      sync.Mutex
	lag     int64
	before  func(ctx context.Context) error // runs ahead of every answer
	tip     func(Tip) Tip
	light   func(*types.LightBlock) *types.LightBlock
	headers func([]*types.Header) []*types.Header
	block   func(types.Txs) types.Txs
	results func([]*abci.ExecTxResult) []*abci.ExecTxResult
	query   func(path string, key []byte, height int64) (Value, error)
	check   func(tx []byte) (CheckResult, error)
	calls   map[string]int
}

var _ Source = (*fakeSource)(nil)

func newFake(name string, chain *testChain) *fakeSource {
	return &fakeSource{name: name, chain: chain, calls: map[string]int{}}
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func closed(context.Context) error { return errClosed }

func (s *fakeSource) enter(ctx context.Context, call string) error {
	s.mu.Lock()
	s.calls[call]++
	before := s.before
	s.mu.Unlock()
	if before != nil {
		return before(ctx)
	}
	return ctx.Err()
}

func (s *fakeSource) called(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

func (s *fakeSource) top() int64 { return s.chain.height() - s.lag }

func (s *fakeSource) within(height int64) error {
	if height > s.top() {
		return fmt.Errorf("%w: height %d, at %d", lightclient.ErrSourceLagging, height, s.top())
	}
	return nil
}

func alter[T any](value T, how func(T) T) T {
	if how == nil {
		return value
	}
	return how(value)
}

func (s *fakeSource) Name() string { return s.name }

func (s *fakeSource) Tip(ctx context.Context) (Tip, error) {
	err := s.enter(ctx, "tip")
	return alter(Tip{ChainID: s.chain.id, Height: s.top()}, s.tip), err
}

func (s *fakeSource) LightBlock(ctx context.Context, height int64) (*types.LightBlock, error) {
	if err := errors.Join(s.enter(ctx, "light"), s.enter(ctx, fmt.Sprint("light ", height)), s.within(height)); err != nil {
		return nil, err
	}
	return alter(copyLight(s.chain.light(height)), s.light), nil
}

func (s *fakeSource) Headers(ctx context.Context, from, to int64) ([]*types.Header, error) {
	if err := errors.Join(s.enter(ctx, "headers"), s.within(to)); err != nil {
		return nil, err
	}
	var headers []*types.Header
	for height := from; height <= to; height++ {
		header := *s.chain.light(height).Header
		headers = append(headers, &header)
	}
	return alter(headers, s.headers), nil
}

func (s *fakeSource) Block(ctx context.Context, height int64) (types.Txs, error) {
	if err := errors.Join(s.enter(ctx, "block"), s.within(height)); err != nil {
		return nil, err
	}
	txs := make(types.Txs, len(s.chain.at(height).txs))
	for i, tx := range s.chain.at(height).txs {
		txs[i] = append(types.Tx(nil), tx...)
	}
	return alter(txs, s.block), nil
}

func (s *fakeSource) BlockResults(ctx context.Context, height int64) ([]*abci.ExecTxResult, error) {
	if err := errors.Join(s.enter(ctx, "results"), s.within(height)); err != nil {
		return nil, err
	}
	var results []*abci.ExecTxResult
	for _, result := range s.chain.at(height).results {
		own := *result
		results = append(results, &own)
	}
	return alter(results, s.results), nil
}

func (s *fakeSource) ABCIQuery(ctx context.Context, path string, key []byte, height int64) (Value, error) {
	if err := s.enter(ctx, "query"); err != nil {
		return Value{}, err
	}
	return s.query(path, key, height)
}

func (s *fakeSource) BroadcastTx(ctx context.Context, tx []byte) (CheckResult, error) {
	if err := s.enter(ctx, "broadcast"); err != nil {
		return CheckResult{}, err
	}
	if s.check == nil {
		return CheckResult{}, nil
	}
	return s.check(tx)
}

func copyLight(lb *types.LightBlock) *types.LightBlock {
	header := *lb.Header
	return &types.LightBlock{
		SignedHeader: &types.SignedHeader{Header: &header, Commit: lb.Commit.Clone()},
		ValidatorSet: lb.ValidatorSet.Copy(),
	}
}

// fixture is a client under test with its parts.
type fixture struct {
	*Client
	chain *testChain
	db    dbm.DB
	now   time.Time
	// hedge is the pool's hedge delay: a minute, so that a busy machine does not
	// look like a slow source; tests of slow sources run on a fake clock.
	hedge time.Duration

	mu       sync.Mutex
	failures map[string]error // by source, joined
}

// testConfig trusts for a day.
func testConfig(now func() time.Time) Config {
	return Config{ChainID: testChainID, TrustingPeriod: 24 * time.Hour, WitnessTimeout: 10 * time.Second, Now: now}
}

// newFixture is an unrooted client of a chain, at the time of its last block.
func newFixture(t testing.TB, chain *testChain, sources ...Source) *fixture {
	t.Helper()
	f := &fixture{chain: chain, db: dbm.NewMemDB(), now: chain.now(), hedge: time.Minute}
	f.open(t, sources...)
	return f
}

// open starts a client on the fixture's database, as after a restart.
func (f *fixture) open(t testing.TB, sources ...Source) {
	t.Helper()
	client, err := f.reopen(t, sources...)
	require.NoError(t, err)
	f.Client = client
}

func (f *fixture) reopen(t testing.TB, sources ...Source) (*Client, error) {
	t.Helper()
	f.mu.Lock()
	f.failures = map[string]error{}
	f.mu.Unlock()
	pool, err := NewPool(sources, PoolConfig{HedgeDelay: f.hedge, OnFailure: f.noteFailure})
	require.NoError(t, err)
	db, err := store.New(f.db, Kind, testChainID)
	require.NoError(t, err)
	return New(testConfig(func() time.Time { return f.now }), pool, db)
}

func (f *fixture) checkpoint(height int64) lightclient.Checkpoint {
	return lightclient.Checkpoint{Height: height, Hash: [32]byte(f.chain.light(height).Hash())}
}

func (f *fixture) noteFailure(source string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures[source] = errors.Join(f.failures[source], err)
}

// failuresOf are all that a source is on record for.
func (f *fixture) failuresOf(source string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures[source]
}

// rooted is a client with a checkpoint at a height.
func rooted(t testing.TB, chain *testChain, height int64, sources ...Source) *fixture {
	t.Helper()
	f := newFixture(t, chain, sources...)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(height)))
	return f
}

// record is the status of a source.
func (f *fixture) record(name string) lightclient.SourceStatus {
	for _, status := range f.Status().Sources {
		if status.Name == name {
			return status
		}
	}
	return lightclient.SourceStatus{}
}

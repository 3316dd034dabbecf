package cometbft

import (
	"context"
	"fmt"
	"sync"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Client implements lightclient.Client for one CometBFT chain.
//
// Invariants: head and tip are nil together, before a checkpoint; tip is at or
// above head; both are in the store with what proved them. Only the holder of
// turn changes them, and only after the batch that says so is on disk.
type Client struct {
	cfg      Config
	pool     *Pool
	db       *store.Store
	verifier verifier
	turn     chan struct{}

	mu    sync.RWMutex
	state state
	head  *types.LightBlock
	tip   *types.LightBlock
}

var _ lightclient.Client = (*Client)(nil)

// New opens a client on a store, which it then owns, and verifies what the
// store says once more, without a network. Errors: store.ErrCorrupt when the
// stored head no longer follows from its proof.
func New(cfg Config, pool *Pool, db *store.Store) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("light client of %q: %w", cfg.ChainID, err)
	}
	c := &Client{cfg: cfg, pool: pool, db: db, verifier: verifier{cfg: cfg}, turn: make(chan struct{}, 1)}
	return c, c.restore()
}

// ChainID implements lightclient.Client.
func (c *Client) ChainID() string { return c.cfg.ChainID }

// Close implements lightclient.Client.
func (c *Client) Close() error { return c.db.Close() }

// Head implements lightclient.Client.
func (c *Client) Head() (lightclient.Header, error) {
	head, err := c.standing()
	if err != nil {
		return lightclient.Header{}, err
	}
	return summary(head.Header), nil
}

// Status implements lightclient.Client.
func (c *Client) Status() lightclient.Status {
	c.mu.RLock()
	defer c.mu.RUnlock()
	status := lightclient.Status{ChainID: c.cfg.ChainID, State: c.stateName(), Sources: c.pool.Status()}
	if c.head != nil {
		status.Head = summary(c.head.Header)
		status.Expires = c.tip.Time.Add(c.cfg.TrustingPeriod)
	}
	return status
}

// stateName needs c.mu.
func (c *Client) stateName() lightclient.State {
	now := c.cfg.Now()
	switch {
	case c.state.Frozen:
		return lightclient.Frozen
	case c.head == nil:
		return lightclient.Unrooted
	case c.verifier.fresh(c.tip, now) != nil:
		return lightclient.Expired
	case now.Sub(c.head.Time) > c.cfg.StallAfter:
		return lightclient.Stalled
	}
	return lightclient.Active
}

// standing is the head, unless the client is frozen or unrooted.
func (c *Client) standing() (*types.LightBlock, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.state.Frozen {
		return nil, lightclient.ErrFrozen
	}
	if c.head == nil {
		return nil, lightclient.ErrNotBootstrapped
	}
	return c.head, nil
}

// snapshot is the state, head and tip of one moment.
func (c *Client) snapshot() (state, *types.LightBlock, *types.LightBlock) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state, c.head, c.tip
}

// take waits for the turn to change the state, within the context.
func (c *Client) take(ctx context.Context) (release func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// commit writes a batch with a new state and then takes it over. It needs the
// turn. A nil head or tip stays as it is.
func (c *Client) commit(batch *store.Batch, st state, head, tip *types.LightBlock) error {
	if err := putState(batch, st); err != nil {
		return err
	}
	if err := batch.Commit(); err != nil {
		return fmt.Errorf("writing light client step: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = st
	if head != nil {
		c.head = head
	}
	if tip != nil {
		c.tip = tip
	}
	return nil
}

func summary(header *types.Header) lightclient.Header {
	return lightclient.Header{
		ChainID: header.ChainID, Height: header.Height, Time: header.Time.UTC(), Hash: [32]byte(header.Hash()),
	}
}

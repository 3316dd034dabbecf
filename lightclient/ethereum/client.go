package ethereum

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Client implements lightclient.Client for one Ethereum network. Heights are
// numbers of execution blocks; a checkpoint's height is a slot, its hash the
// root of the beacon block in it.
//
// Invariants: head and tip are nil together, before a checkpoint; tip is at or
// above head; both are in the store with what proved them. Only the holder of
// turn changes them, and only after the batch that says so is on disk.
type Client struct {
	cfg     Config
	network *beacon.Network
	beacons *BeaconPool
	blocks  *ExecutionPool
	db      *store.Store
	turn    chan struct{}

	mu    sync.RWMutex
	state state
	tip   *beacon.Store
	head  *execution.Header
}

var _ lightclient.Client = (*Client)(nil)

// New opens a client on a store, which it then owns, and verifies what the
// store says once more, without a network. Errors: store.ErrCorrupt when the
// stored head no longer follows from its proof.
func New(cfg Config, beacons *BeaconPool, blocks *ExecutionPool, db *store.Store) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(beacons.Len()); err != nil {
		return nil, fmt.Errorf("light client of %q: %w", cfg.ChainID, err)
	}
	c := &Client{cfg: cfg, network: &cfg.Network, beacons: beacons, blocks: blocks, db: db, turn: make(chan struct{}, 1)}
	return c, c.restore()
}

// ChainID implements lightclient.Client.
func (c *Client) ChainID() string { return c.cfg.ChainID }

// Close implements lightclient.Client.
func (c *Client) Close() error { return c.db.Close() }

// Head implements lightclient.Client: the finalized execution block.
func (c *Client) Head() (lightclient.Header, error) {
	head, err := c.standing()
	if err != nil {
		return lightclient.Header{}, err
	}
	return c.summary(head), nil
}

// Status implements lightclient.Client. Sources are beacon sources, then
// execution sources.
func (c *Client) Status() lightclient.Status {
	c.mu.RLock()
	defer c.mu.RUnlock()
	status := lightclient.Status{
		ChainID: c.cfg.ChainID, State: c.stateName(),
		Sources: slices.Concat(c.beacons.Status(), c.blocks.Status()),
	}
	if c.head != nil {
		status.Head = c.summary(c.head)
		status.Expires = c.network.SlotTime(c.tip.Finalized.Beacon.Slot).Add(c.cfg.WeakSubjectivity)
	}
	return status
}

// stateName needs c.mu.
func (c *Client) stateName() lightclient.State {
	switch {
	case c.state.Frozen:
		return lightclient.Frozen
	case c.head == nil:
		return lightclient.Unrooted
	case c.fresh(c.tip) != nil:
		return lightclient.Expired
	case c.cfg.Now().Sub(c.head.Time()) > c.cfg.StallAfter:
		return lightclient.Stalled
	}
	return lightclient.Active
}

// fresh refuses a store past the weak subjectivity period. Error: ErrExpired.
func (c *Client) fresh(s *beacon.Store) error {
	return c.network.CheckAge(s.Finalized.Beacon.Slot, c.cfg.Now(), c.cfg.WeakSubjectivity)
}

// standing is the head, unless the client is frozen or unrooted.
func (c *Client) standing() (*execution.Header, error) {
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

// snapshot is the state and tip of one moment.
func (c *Client) snapshot() (state, *beacon.Store) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.state, c.tip
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
// turn. A nil tip or head stays as it is.
func (c *Client) commit(batch *store.Batch, st state, tip *beacon.Store, head *execution.Header) error {
	if err := putState(batch, st); err != nil {
		return err
	}
	if err := batch.Commit(); err != nil {
		return fmt.Errorf("writing light client step: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = st
	if tip != nil {
		c.tip = tip
	}
	if head != nil {
		c.head = head
	}
	return nil
}

func (c *Client) summary(h *execution.Header) lightclient.Header {
	return lightclient.Header{ChainID: c.cfg.ChainID, Height: int64(h.Number), Time: h.Time(), Hash: h.Hash}
}

package ethereum

import (
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// restore loads the state and proves tip and head from what proved them before.
func (c *Client) restore() error {
	st, err := loadState(c.db)
	if err != nil || st.Tip == 0 {
		c.state = st
		return err
	}
	tip, err := c.reverify(st, tipKey, st.Tip)
	if err != nil {
		return err
	}
	rooted := tip
	if st.Head != st.Tip {
		if rooted, err = c.reverify(st, headKey, st.Head); err != nil {
			return err
		}
	}
	head, err := loadHeader(c.db, st.Block)
	if err != nil {
		return corrupt("head", err)
	}
	if want := rooted.Finalized.ExecutionHash(); beacon.Root(head.Hash) != want {
		return fmt.Errorf("%w: head %d is %s, want %s", store.ErrCorrupt, st.Block, head.Hash, want)
	}
	c.state, c.tip, c.head = st, tip, head
	return nil
}

// reverify checks, in this order: the anchor can be read; its proof holds, as at
// the slot at which it was made; it leads to the slot that the state names.
// Error: store.ErrCorrupt.
func (c *Client) reverify(st state, key []byte, slot uint64) (*beacon.Store, error) {
	s, err := c.loadAnchored(st, key)
	if err != nil {
		return nil, corrupt("anchor", err)
	}
	if s.Finalized.Beacon.Slot != slot {
		return nil, fmt.Errorf("%w: anchor leads to slot %d, want %d", store.ErrCorrupt, s.Finalized.Beacon.Slot, slot)
	}
	return s, nil
}

func (c *Client) loadAnchored(st state, key []byte) (*beacon.Store, error) {
	raw, err := c.db.Get(key)
	if err != nil {
		return nil, err
	}
	a, err := unmarshalAnchor(c.network, raw)
	if err != nil {
		return nil, err
	}
	return a.prove(c.network, st.Checkpoint)
}

func corrupt(what string, err error) error {
	if errors.Is(err, store.ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %s can't be verified again: %w", store.ErrCorrupt, what, err)
}

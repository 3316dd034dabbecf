package cometbft

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient/store"
)

// restore loads the state and verifies head and tip against what proved them.
func (c *Client) restore() error {
	st, err := loadState(c.db)
	if err != nil || st.Head == 0 {
		c.state = st
		return err
	}
	head, err := c.reverify(st, st.Head)
	if err != nil {
		return err
	}
	tip := head
	if st.Tip != st.Head {
		if tip, err = c.reverify(st, st.Tip); err != nil {
			return err
		}
	}
	c.state, c.head, c.tip = st, head.block, tip.block
	return nil
}

// reverify checks, in this order: the anchor in itself; for a checkpoint, its
// hash and its own commit; else that it follows from its parent at the time at
// which it was first verified. Error: store.ErrCorrupt.
func (c *Client) reverify(st state, height int64) (anchor, error) {
	a, err := loadAnchor(c.db, c.cfg.ChainID, height)
	if err != nil {
		return anchor{}, corrupt(height, err)
	}
	if a.parent == 0 {
		return a, corrupt(height, c.reverifyCheckpoint(st, a))
	}
	parent, err := loadAnchor(c.db, c.cfg.ChainID, a.parent)
	if err != nil {
		return anchor{}, corrupt(height, err)
	}
	return a, corrupt(height, c.verifier.verify(parent.block, a.block, a.verifiedAt))
}

func (c *Client) reverifyCheckpoint(st state, a anchor) error {
	if a.block.Height != st.Checkpoint.Height || !bytes.Equal(a.block.Hash(), st.Checkpoint.Hash[:]) {
		return fmt.Errorf("header %d %X is not the checkpoint %d %X",
			a.block.Height, a.block.Hash(), st.Checkpoint.Height, st.Checkpoint.Hash)
	}
	return c.verifier.self(a.block)
}

func corrupt(height int64, err error) error {
	if err == nil || errors.Is(err, store.ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: anchor %d can't be verified again: %w", store.ErrCorrupt, height, err)
}

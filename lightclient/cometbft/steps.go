package cometbft

import (
	"errors"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient/store"
)

// anchorSpacing is how many heights lie at least between two anchors that are
// kept for later verifications from the middle of the chain. A set of 150
// validators takes about 35 KB; a chain of one block per second keeps 3 MB a day.
const anchorSpacing = 1000

// advanceTip makes a step of verification durable. It needs the turn.
func (c *Client) advanceTip(parent, child *types.LightBlock) error {
	st, _, _ := c.snapshot()
	batch := c.db.Batch()
	err := putAnchor(batch, anchor{block: child, parent: parent.Height, verifiedAt: c.cfg.Now()})
	if err != nil {
		return err
	}
	st.Tip = child.Height
	return c.commit(batch, st, nil, child)
}

// promote makes the tip the head and thins the anchors behind it. It needs the
// turn.
func (c *Client) promote(tip *types.LightBlock) error {
	st, _, _ := c.snapshot()
	batch := c.db.Batch()
	if err := c.thin(batch, tip.Height); err != nil {
		return err
	}
	st.Head, st.Tip = tip.Height, tip.Height
	return c.commit(batch, st, tip, tip)
}

// thin drops the anchor that proved the new head's proof, if the one before it
// is near: a restart needs the head and its parent only.
func (c *Client) thin(batch *store.Batch, head int64) error {
	a, err := loadAnchor(c.db, c.cfg.ChainID, head)
	if err != nil || a.parent == 0 {
		return err
	}
	candidate, err := c.db.Floor(prefixAnchor, a.parent-1)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before, err := c.db.Floor(prefixAnchor, candidate-1)
	if err == nil && candidate-before < anchorSpacing {
		batch.Delete(store.HeightKey(prefixAnchor, candidate))
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

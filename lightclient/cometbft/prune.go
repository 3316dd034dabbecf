package cometbft

import (
	"context"
	"math"
	"slices"

	"github.com/stafiprotocol/stafid/lightclient/store"
)

// pruneBatch bounds one batch of deletions.
const pruneBatch = 1000

// Prune implements lightclient.Client. It waits for a Sync under way, so that
// what proves the head can't change meanwhile.
func (c *Client) Prune(ctx context.Context, below int64) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	kept, err := c.proofHeights()
	if err != nil {
		return err
	}
	st, _, _ := c.snapshot()
	below = min(below, st.Head)
	for _, prefix := range []byte{prefixHeader, prefixAnchor} {
		if err := c.pruneBelow(ctx, prefix, below, kept); err != nil {
			return err
		}
	}
	return nil
}

// proofHeights are those of head, tip and their parents.
func (c *Client) proofHeights() ([]int64, error) {
	st, _, _ := c.snapshot()
	if st.Head == 0 {
		return nil, nil
	}
	kept := []int64{st.Head, st.Tip}
	for _, height := range [...]int64{st.Head, st.Tip} {
		a, err := loadAnchor(c.db, c.cfg.ChainID, height)
		if err != nil {
			return nil, err
		}
		kept = append(kept, a.parent)
	}
	return kept, nil
}

// pruneBelow deletes in bounded batches; at most len(kept) records stay behind.
func (c *Client) pruneBelow(ctx context.Context, prefix byte, below int64, kept []int64) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		heights, err := c.db.Heights(prefix, 0, below, pruneBatch)
		if err != nil {
			return err
		}
		doomed := slices.DeleteFunc(heights, func(h int64) bool { return slices.Contains(kept, h) })
		if len(doomed) == 0 {
			return nil
		}
		batch := c.db.Batch()
		for _, height := range doomed {
			batch.Delete(store.HeightKey(prefix, height))
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
}

// dropAbove deletes all headers and anchors above a height within a batch; they
// are the few steps between head and tip.
func (c *Client) dropAbove(batch *store.Batch, height int64) error {
	for _, prefix := range []byte{prefixHeader, prefixAnchor} {
		heights, err := c.db.Heights(prefix, height+1, math.MaxInt64, math.MaxInt)
		if err != nil {
			return err
		}
		for _, h := range heights {
			batch.Delete(store.HeightKey(prefix, h))
		}
	}
	return nil
}

package cometbft

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Bootstrap implements lightclient.Client. A client whose tip is fresh is not
// rooted anew: the checkpoint is compared with the chain it follows. One that
// is unrooted or expired fetches the header of the checkpoint, checks its hash,
// its own commit and its age, and starts from there.
func (c *Client) Bootstrap(ctx context.Context, cp lightclient.Checkpoint) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	st, _, tip := c.snapshot()
	if st.Frozen {
		return lightclient.ErrFrozen
	}
	if tip != nil && c.verifier.fresh(tip, c.cfg.Now()) == nil {
		return c.agrees(ctx, tip, cp)
	}
	if tip != nil && cp.Height <= tip.Height {
		return fmt.Errorf("%w: height %d, tip %d", lightclient.ErrExpired, cp.Height, tip.Height)
	}
	return c.root(ctx, st, cp)
}

// agrees compares a checkpoint with the chain followed; one above the tip is
// verified from it, one below is compared if that header is stored.
func (c *Client) agrees(ctx context.Context, tip *types.LightBlock, cp lightclient.Checkpoint) error {
	if cp.Height > tip.Height {
		block, err := c.proveAt(ctx, tip, cp.Height, c.advanceTip)
		if err != nil {
			return err
		}
		return matches(block.Header, cp)
	}
	header, err := loadHeader(c.db, cp.Height)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return matches(header, cp)
}

func (c *Client) root(ctx context.Context, st state, cp lightclient.Checkpoint) error {
	block, _, err := pool.Ask(ctx, c.pool, c.pool.Ranked(), func(ctx context.Context, source Source) (*types.LightBlock, error) {
		block, err := c.lightBlockFrom(cp.Height)(ctx, source)
		if err != nil {
			return nil, err
		}
		if err := matches(block.Header, cp); err != nil {
			return nil, err
		}
		return block, c.verifier.self(block)
	})
	if err != nil {
		return fmt.Errorf("checkpoint %d: %w", cp.Height, err)
	}
	now := c.cfg.Now()
	if err := c.verifier.fresh(block, now); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	batch := c.db.Batch()
	if err := putAnchor(batch, anchor{block: block, verifiedAt: now}); err != nil {
		return err
	}
	st.Checkpoint, st.Head, st.Tip = cp, cp.Height, cp.Height
	return c.commit(batch, st, block, block)
}

func matches(header *types.Header, cp lightclient.Checkpoint) error {
	if !bytes.Equal(header.Hash(), cp.Hash[:]) {
		return fmt.Errorf("%w: height %d has hash %X, want %X", lightclient.ErrCheckpoint, cp.Height, header.Hash(), cp.Hash)
	}
	return nil
}

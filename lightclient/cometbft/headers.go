package cometbft

import (
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// walkLimit is the longest way back by hash links, MaxHeaders a request, that is
// preferred to verifying commits from an older anchor.
const walkLimit = 256

// headerAt is the verified header at a height up to the head: stored, or linked
// by hashes to a stored later one, or verified from an older anchor when that
// is nearer. What it fetches it stores. Errors: ErrNotVerified, ErrNoSource.
func (c *Client) headerAt(ctx context.Context, height int64) (*types.Header, error) {
	head, err := c.standing()
	if err != nil {
		return nil, err
	}
	if height < 1 || height > head.Height {
		return nil, fmt.Errorf("%w: height %d, head %d", lightclient.ErrNotVerified, height, head.Height)
	}
	header, err := loadHeader(c.db, height)
	if !errors.Is(err, store.ErrNotFound) {
		return header, err
	}
	from, err := c.above(ctx, height)
	if err != nil {
		return nil, err
	}
	return c.walkBack(ctx, from, height)
}

// above is a verified header above a height, from which it can be walked to.
func (c *Client) above(ctx context.Context, height int64) (*types.Header, error) {
	next, err := c.db.Ceil(prefixHeader, height+1)
	if err != nil {
		return nil, err
	}
	if next-height > walkLimit {
		block, err := c.fromOlder(ctx, min(height+walkLimit/2, next-1))
		if err == nil {
			return block.Header, nil
		}
		if !errors.Is(err, lightclient.ErrExpired) && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return loadHeader(c.db, next)
}

// fromOlder verifies the block at a height from the nearest anchor below.
// Errors: store.ErrNotFound without one, ErrExpired if it is too old.
func (c *Client) fromOlder(ctx context.Context, height int64) (*types.LightBlock, error) {
	floor, err := c.db.Floor(prefixAnchor, height-1)
	if err != nil {
		return nil, err
	}
	older, err := loadAnchor(c.db, c.cfg.ChainID, floor)
	if err != nil {
		return nil, err
	}
	if err := c.verifier.fresh(older.block, c.cfg.Now()); err != nil {
		return nil, err
	}
	return c.proveAt(ctx, older.block, height, c.keepAnchor)
}

// keepAnchor stores a step below the head; the tip stays. It is an anchor if the
// last one is far enough away, else a header only.
func (c *Client) keepAnchor(parent, child *types.LightBlock) error {
	floor, err := c.db.Floor(prefixAnchor, child.Height)
	if err != nil {
		return err
	}
	if child.Height-floor < anchorSpacing {
		return c.storeHeaders([]*types.Header{child.Header})
	}
	batch := c.db.Batch()
	if err := putAnchor(batch, anchor{block: child, parent: parent.Height, verifiedAt: c.cfg.Now()}); err != nil {
		return err
	}
	return batch.Commit()
}

// walkBack follows LastBlockID hashes from a verified header down to a height,
// storing each stretch, so that an interrupted walk goes on where it was.
func (c *Client) walkBack(ctx context.Context, verified *types.Header, height int64) (*types.Header, error) {
	for verified.Height > height {
		from := max(height, verified.Height-MaxHeaders)
		headers, _, err := pool.Ask(ctx, c.pool, c.pool.Ranked(), linkedHeaders(from, verified))
		if err != nil {
			return nil, fmt.Errorf("headers %d to %d: %w", from, verified.Height-1, err)
		}
		if err := c.storeHeaders(headers); err != nil {
			return nil, err
		}
		verified = headers[0]
	}
	return verified, nil
}

// linkedHeaders requests the headers from a height up to the one before a
// verified header, and refuses any that does not link to it.
func linkedHeaders(from int64, verified *types.Header) func(context.Context, Source) ([]*types.Header, error) {
	return func(ctx context.Context, source Source) ([]*types.Header, error) {
		headers, err := source.Headers(ctx, from, verified.Height-1)
		if err != nil {
			return nil, err
		}
		return headers, checkLinks(headers, from, verified)
	}
}

// checkLinks checks number, heights and, newest first, the conditions of
// light.VerifyBackwards. Errors: ErrMalformed, ErrHeaderForged.
func checkLinks(headers []*types.Header, from int64, verified *types.Header) error {
	if want := verified.Height - from; int64(len(headers)) != want {
		return fmt.Errorf("%w: %d headers, want %d", lightclient.ErrMalformed, len(headers), want)
	}
	for i := len(headers) - 1; i >= 0; i-- {
		header := headers[i]
		if header == nil {
			return fmt.Errorf("%w: header %d is missing", lightclient.ErrMalformed, from+int64(i))
		}
		if want := from + int64(i); header.Height != want {
			return fmt.Errorf("%w: header of height %d, want %d", lightclient.ErrHeaderForged, header.Height, want)
		}
		if err := light.VerifyBackwards(header, verified); err != nil {
			return fmt.Errorf("%w: height %d: %w", lightclient.ErrHeaderForged, header.Height, err)
		}
		verified = header
	}
	return nil
}

func (c *Client) storeHeaders(headers []*types.Header) error {
	batch := c.db.Batch()
	for _, header := range headers {
		if err := putHeader(batch, header); err != nil {
			return err
		}
	}
	return batch.Commit()
}

package ethereum

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// HeaderAt is the verified execution header of a block number up to the head's:
// stored, or linked by parent hashes to a stored later one. What it fetches it
// stores. Errors: ErrNotVerified, ErrNoSource, ErrConflict.
func (c *Client) HeaderAt(ctx context.Context, number uint64) (*execution.Header, error) {
	head, err := c.standing()
	if err != nil {
		return nil, err
	}
	if number > head.Number {
		return nil, fmt.Errorf("%w: block %d, head %d", lightclient.ErrNotVerified, number, head.Number)
	}
	header, err := loadHeader(c.db, number)
	if !errors.Is(err, store.ErrNotFound) {
		return header, err
	}
	above, err := c.db.Ceil(prefixHeader, int64(number)+1)
	if err != nil {
		return nil, err
	}
	verified, err := loadHeader(c.db, uint64(above))
	if err != nil {
		return nil, err
	}
	return c.walkBack(ctx, verified, number)
}

// walkBack follows parent hashes from a verified header down to a number,
// storing each stretch, so that an interrupted walk goes on where it was.
func (c *Client) walkBack(ctx context.Context, verified *execution.Header, number uint64) (*execution.Header, error) {
	for verified.Number > number {
		to := verified.Number - 1
		from := max(number, verified.Number-min(verified.Number, MaxHeaders))
		raws, _, err := pool.Ask(ctx, c.blocks, c.blocks.Ranked(), linkedHeaders(verified, from, to))
		if err != nil {
			return nil, fmt.Errorf("headers %d to %d: %w", from, to, err)
		}
		headers, err := execution.DecodeParents(verified, raws)
		if err != nil {
			return nil, err
		}
		lowest := headers[len(headers)-1]
		if err := c.meets(lowest); err != nil {
			return nil, err
		}
		batch := c.db.Batch()
		for i, raw := range raws {
			batch.Put(headerKey(headers[i].Number), raw)
		}
		if err := batch.Commit(); err != nil {
			return nil, err
		}
		verified = lowest
	}
	return verified, nil
}

// meets compares the end of a walk with a verified header right below it.
// Error: ErrConflict.
func (c *Client) meets(lowest *execution.Header) error {
	if lowest.Number == 0 {
		return nil
	}
	below, err := loadHeader(c.db, lowest.Number-1)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && below.Hash != lowest.ParentHash {
		err = fmt.Errorf("%w: block %d has parent %s, verified before is %s", lightclient.ErrConflict, lowest.Number, lowest.ParentHash, below.Hash)
	}
	return err
}

// linkedHeaders requests the headers of a range below a verified one, newest
// first, and refuses any that does not link.
func linkedHeaders(verified *execution.Header, from, to uint64) func(context.Context, ExecutionSource) ([][]byte, error) {
	return func(ctx context.Context, source ExecutionSource) ([][]byte, error) {
		raws, err := source.Headers(ctx, from, to)
		if err != nil {
			return nil, err
		}
		if want := to - from + 1; uint64(len(raws)) != want {
			return nil, fmt.Errorf("%w: %d headers, want %d", lightclient.ErrMalformed, len(raws), want)
		}
		raws = slices.Clone(raws)
		slices.Reverse(raws)
		_, err = execution.DecodeParents(verified, raws)
		return raws, err
	}
}

// Prune implements lightclient.Client: it drops execution headers below a block
// number. The head's stays, and what proves it.
func (c *Client) Prune(ctx context.Context, below int64) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	st, _ := c.snapshot()
	below = min(below, int64(st.Block))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		numbers, err := c.db.Heights(prefixHeader, 0, below, pruneBatch)
		if err != nil || len(numbers) == 0 {
			return err
		}
		batch := c.db.Batch()
		for _, number := range numbers {
			batch.Delete(store.HeightKey(prefixHeader, number))
		}
		if err := batch.Commit(); err != nil {
			return err
		}
	}
}

// pruneBatch bounds one batch of deletions.
const pruneBatch = 1000

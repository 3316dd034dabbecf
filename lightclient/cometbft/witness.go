package cometbft

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// crossCheck asks the sources other than the one that gave a proven header for
// theirs at that height, for at most WitnessTimeout; one that is backing off is
// left out, so that a source that hangs does not slow each Sync down. Silence and
// lag are no verdict. Another header is one only if it too can be proven from the head:
// then the evidence is stored and the client frozen (ErrFrozen with
// ErrConflict). If it can't, its giver lied.
func (c *Client) crossCheck(ctx context.Context, head, proven *types.LightBlock, from *member) error {
	for _, other := range c.others(ctx, proven, from) {
		conflicting, err := c.examine(ctx, head, proven, other)
		if err != nil {
			return err
		}
		if conflicting != nil {
			return c.freeze(head, proven, conflicting, other)
		}
	}
	return ctx.Err()
}

// others are the witnesses that show another header than the one proven.
func (c *Client) others(ctx context.Context, proven *types.LightBlock, from *member) []*member {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.WitnessTimeout)
	defer cancel()
	answers := pool.AskAll(ctx, c.pool.Available(from), c.cfg.WitnessTimeout, func(ctx context.Context, source Source) (*types.Header, error) {
		return oneHeader(ctx, source, proven.Height)
	})
	var differ []*member
	for _, a := range answers {
		if a.Value != nil && !bytes.Equal(a.Value.Hash(), proven.Hash()) {
			differ = append(differ, a.From)
		}
	}
	return differ
}

// oneHeader is a source's header at a height, nil if it has not got that far:
// a witness a block behind is no news.
func oneHeader(ctx context.Context, source Source, height int64) (*types.Header, error) {
	headers, err := source.Headers(ctx, height, height)
	if errors.Is(err, lightclient.ErrSourceLagging) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(headers) != 1 || headers[0] == nil || headers[0].Height != height {
		return nil, fmt.Errorf("%w: not one header of height %d", lightclient.ErrMalformed, height)
	}
	return headers[0], nil
}

// examine tries to prove a witness's header from the head with that witness's
// own blocks. It returns the block if it is proven and differs, nil if the
// witness could not prove it within ConflictTimeout and half of the caller's
// time, which is held against it: a witness that is slow must not delay each
// Sync. Errors: the caller's context, ErrExpired.
func (c *Client) examine(ctx context.Context, head, proven *types.LightBlock, witness *member) (*types.LightBlock, error) {
	half, cancel := share(ctx, 2)
	defer cancel()
	own, cancel := context.WithTimeout(half, c.cfg.ConflictTimeout)
	defer cancel()
	target, err := fetchFrom(own, c, witness, proven.Height)
	if err == nil && bytes.Equal(target.block.Hash(), proven.Hash()) {
		witness.Failed(fmt.Errorf("%w: height %d shown with two hashes", lightclient.ErrHeaderForged, proven.Height))
		return nil, nil
	}
	if err == nil {
		err = c.witnessBisection(witness).run(own, head, target)
	}
	if err == nil {
		return target.block, nil
	}
	if errors.Is(err, lightclient.ErrExpired) {
		return nil, err
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		witness.Failed(fmt.Errorf("%w: conflicting header %d: %w", lightclient.ErrUnproven, proven.Height, err))
	}
	return nil, ctx.Err()
}

// witnessBisection fetches from the witness alone and keeps nothing.
func (c *Client) witnessBisection(witness *member) *bisection {
	return &bisection{
		verifier: c.verifier,
		fetch: func(ctx context.Context, height int64, except []*member) (candidate, error) {
			if len(except) > 0 {
				return candidate{}, fmt.Errorf("%w: height %d was forged", lightclient.ErrNoSource, height)
			}
			return fetchFrom(ctx, c, witness, height)
		},
		accept: func(*types.LightBlock, *types.LightBlock) error { return nil },
	}
}

func fetchFrom(ctx context.Context, c *Client, m *member, height int64) (candidate, error) {
	block, err := pool.Call(ctx, m, c.lightBlockFrom(height))
	return candidate{block: block, from: m}, err
}

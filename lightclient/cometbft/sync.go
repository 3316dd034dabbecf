package cometbft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Sync implements lightclient.Client. In this order: all sources say how far
// they are; the newest header that any of them can give is verified from the
// tip, each step durable; the other sources are asked for their header of that
// height; then it is the head.
func (c *Client) Sync(ctx context.Context) (lightclient.Header, error) {
	release, err := c.take(ctx)
	if err != nil {
		return lightclient.Header{}, err
	}
	defer release()
	if err := c.canAdvance(); err != nil {
		return lightclient.Header{}, err
	}
	if err := c.advance(ctx); err != nil {
		return lightclient.Header{}, err
	}
	return c.headOrStalled()
}

func (c *Client) canAdvance() error {
	if _, err := c.standing(); err != nil {
		return err
	}
	_, _, tip := c.snapshot()
	return c.verifier.fresh(tip, c.cfg.Now())
}

// headOrStalled is the head; with ErrStalled if it is too old.
func (c *Client) headOrStalled() (lightclient.Header, error) {
	head, err := c.Head()
	if err != nil {
		return lightclient.Header{}, err
	}
	if age := c.cfg.Now().Sub(head.Time); age > c.cfg.StallAfter {
		return head, fmt.Errorf("%w: head %d is %s old, want at most %s", lightclient.ErrStalled, head.Height, age, c.cfg.StallAfter)
	}
	return head, nil
}

// advance moves the head to the best header on offer. Nothing newer on offer is
// no error; nobody to ask is. No offer takes the time of the others: one that
// can't be proven in its share, which a source can bring about with forged
// blocks far above the tip and slow answers, is dropped.
func (c *Client) advance(ctx context.Context) error {
	offers, err := c.offers(ctx)
	if err != nil {
		return err
	}
	_, _, start := c.snapshot()
	for {
		_, head, tip := c.snapshot()
		newer := slices.DeleteFunc(slices.Clone(offers), func(o offer) bool { return o.height <= tip.Height })
		if len(newer) == 0 {
			return c.settle(ctx, head, tip, nil)
		}
		target, err := c.target(ctx, newer)
		if err != nil {
			return c.settleBut(ctx, err)
		}
		err = c.bisectInShare(ctx, start.Height, tip, target, len(newer))
		var forged *forgedError
		switch {
		case err == nil:
			target.from.Proved()
			return c.settle(ctx, head, target.block, target.from)
		case errors.Is(err, errShareSpent) && c.tipHeight() > tip.Height:
		case errors.Is(err, errShareSpent), errors.As(err, &forged):
			offers = slices.DeleteFunc(offers, func(o offer) bool { return o.from == target.from })
			if len(offers) == 0 {
				return c.settleBut(ctx, pool.NoSource([]error{err}))
			}
		default:
			return err
		}
	}
}

// errShareSpent: an offer's share of the time is over, but this Sync has
// advanced the tip. It never leaves the package.
var errShareSpent = errors.New("share of the time is spent")

// bisectInShare verifies a target within one share of the time left to the
// context. When it is over: errShareSpent if the tip is above where this Sync
// began, for then the way is long; else a *forgedError that blames target's
// giver.
func (c *Client) bisectInShare(ctx context.Context, start int64, tip *types.LightBlock, target candidate, shares int) error {
	own, cancel := share(ctx, shares)
	defer cancel()
	err := c.bisect(own, tip, target, c.advanceTip)
	if err == nil || own.Err() == nil || ctx.Err() != nil {
		return err
	}
	if c.tipHeight() > start {
		return errShareSpent
	}
	reason := fmt.Errorf("%w: nothing was proven towards height %d in time", lightclient.ErrUnproven, target.block.Height)
	target.from.Failed(fmt.Errorf("%s: %w", target.from.Source.Name(), reason))
	return &forgedError{from: target.from, height: target.block.Height, err: reason}
}

func (c *Client) tipHeight() int64 {
	_, _, tip := c.snapshot()
	return tip.Height
}

// share is one of equal shares of the time left to a context; all of it where
// there is no deadline.
func share(ctx context.Context, shares int) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
}

// settle makes a tip that was proven, now or before a restart, the head.
func (c *Client) settle(ctx context.Context, head, tip *types.LightBlock, from *member) error {
	if tip.Height == head.Height {
		return nil
	}
	if err := c.crossCheck(ctx, head, tip, from); err != nil {
		return err
	}
	return c.promote(tip)
}

// settleBut settles for what was proven on the way, and reports why not more.
// If that is a gain, it is no failure.
func (c *Client) settleBut(ctx context.Context, reason error) error {
	_, head, tip := c.snapshot()
	if tip.Height == head.Height || ctx.Err() != nil {
		return reason
	}
	return c.settle(ctx, head, tip, nil)
}

// offer is a height that a source claims to have.
type offer struct {
	from   *member
	height int64
}

// offers asks how far the sources are; highest first, then as ranked.
func (c *Client) offers(ctx context.Context) ([]offer, error) {
	_, head, _ := c.snapshot()
	ranked := c.pool.Healthy()
	answers := pool.AskAll(ctx, ranked, c.pool.HedgeDelay(), c.claimedTip)
	var offers []offer
	var reasons []error
	for _, a := range answers {
		if a.Err != nil {
			reasons = append(reasons, a.Err)
			continue
		}
		a.From.Claimed(a.Value)
		if behind := head.Height - a.Value; behind > c.cfg.MaxLag {
			a.From.Failed(fmt.Errorf("%w: at height %d, %d below the head", lightclient.ErrSourceLagging, a.Value, behind))
		}
		offers = append(offers, offer{from: a.From, height: a.Value})
	}
	if len(offers) == 0 {
		return nil, errors.Join(ctx.Err(), pool.NoSource(reasons))
	}
	slices.SortFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(b.height, a.height), cmp.Compare(slices.Index(ranked, a.from), slices.Index(ranked, b.from)))
	})
	return offers, nil
}

func (c *Client) claimedTip(ctx context.Context, source Source) (int64, error) {
	tip, err := source.Tip(ctx)
	if err != nil {
		return 0, err
	}
	if tip.ChainID != c.cfg.ChainID {
		return 0, fmt.Errorf("%w: %q, want %q", lightclient.ErrWrongChain, tip.ChainID, c.cfg.ChainID)
	}
	return tip.Height, nil
}

// target fetches the newest light block that its source can back up, hedged:
// one offer may be empty, or its source silent.
func (c *Client) target(ctx context.Context, offers []offer) (candidate, error) {
	heights := make(map[*member]int64, len(offers))
	order := make([]*member, len(offers))
	for i, o := range offers {
		heights[o.from], order[i] = o.height, o.from
	}
	block, from, err := pool.Race(ctx, c.pool, order, func(ctx context.Context, m *member) (*types.LightBlock, error) {
		return pool.Call(ctx, m, c.lightBlockFrom(heights[m]))
	})
	return candidate{block: block, from: from}, err
}

// bisect verifies a target from a trusted block with the whole pool's help;
// accept makes each step durable.
func (c *Client) bisect(ctx context.Context, trusted *types.LightBlock, target candidate, accept step) error {
	b := bisection{verifier: c.verifier, fetch: c.fetch, accept: accept}
	return b.run(ctx, trusted, target)
}

// fetch gets a light block from anyone but those excluded.
func (c *Client) fetch(ctx context.Context, height int64, except []*member) (candidate, error) {
	block, from, err := pool.Ask(ctx, c.pool, c.pool.Ranked(except...), c.lightBlockFrom(height))
	return candidate{block: block, from: from}, err
}

// proveAt verifies the header at a height above a trusted one. The verification
// starts anew with another source's block when one was forged.
func (c *Client) proveAt(ctx context.Context, trusted *types.LightBlock, height int64, accept step) (*types.LightBlock, error) {
	var liars []*member
	track := func(parent, child *types.LightBlock) error {
		trusted = child
		return accept(parent, child)
	}
	for {
		target, err := c.fetch(ctx, height, liars)
		if err != nil {
			return nil, err
		}
		err = c.bisect(ctx, trusted, target, track)
		var forged *forgedError
		if !errors.As(err, &forged) {
			return target.block, err
		}
		liars = append(liars, forged.from)
	}
}

package cometbft

import (
	"context"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// candidate is a canonical light block that is not verified yet, and who gave it.
type candidate struct {
	block *types.LightBlock
	from  *member
}

// bisection verifies a target from a trusted block with as few blocks between
// as the validator sets allow.
//
// Invariant: the stack holds unverified blocks of ascending height from top to
// bottom, all above trusted. Each pair (trusted, top) is verified once: after a
// success trusted changes, after errTooFar the top does. No block is fetched
// twice unless it was a lie.
type bisection struct {
	verifier verifier
	// fetch gets a canonical block from anyone but those excluded.
	fetch func(ctx context.Context, height int64, except []*member) (candidate, error)
	// accept is told each step that was proven, in ascending order.
	accept step
}

// step makes use of a child that was proven by its parent.
type step func(parent, child *types.LightBlock) error

// forgedError is a block that was disproven, and its giver.
type forgedError struct {
	from   *member
	height int64
	err    error
}

func (e *forgedError) Error() string { return fmt.Sprintf("height %d: %v", e.height, e.err) }

// Unwrap is the reason.
func (e *forgedError) Unwrap() error { return e.err }

// run returns nil when target is proven. A *forgedError blames target's giver;
// the givers of blocks in between that are disproven are blamed on the way, and
// others asked. Other errors: the context's, ErrExpired, ErrNoSource, accept's.
func (b *bisection) run(ctx context.Context, trusted *types.LightBlock, target candidate) error {
	stack := []candidate{target}
	var liars []*member
	for len(stack) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		top := stack[len(stack)-1]
		err := b.verifier.verify(trusted, top.block, b.verifier.cfg.Now())
		switch {
		case err == nil:
			if err := b.accept(trusted, top.block); err != nil {
				return err
			}
			trusted, stack = top.block, stack[:len(stack)-1]
			continue
		case errors.Is(err, errTooFar):
		case errors.Is(err, lightclient.ErrExpired):
			return err
		case len(stack) == 1:
			return b.blame(top, err)
		default:
			liars = append(liars, top.from)
			_ = b.blame(top, err)
			stack = stack[:len(stack)-1]
		}
		pivot, err := b.pivot(ctx, trusted, stack[len(stack)-1], target, liars)
		if err != nil {
			return err
		}
		stack = append(stack, pivot)
	}
	return nil
}

// pivot is the block in the middle between trusted and top. If nobody has it,
// target is not provable: an honest source serves the blocks below its tip.
func (b *bisection) pivot(ctx context.Context, trusted *types.LightBlock, top, target candidate, liars []*member) (candidate, error) {
	height := trusted.Height + (top.block.Height-trusted.Height)/2
	pivot, err := b.fetch(ctx, height, liars)
	if errors.Is(err, lightclient.ErrNoSource) {
		return candidate{}, b.blame(target, fmt.Errorf("%w: nobody has height %d: %v",
			lightclient.ErrUnproven, height, err))
	}
	return pivot, err
}

func (b *bisection) blame(c candidate, err error) error {
	c.from.Failed(fmt.Errorf("%s: %w", c.from.Source.Name(), err))
	return &forgedError{from: c.from, height: c.block.Height, err: err}
}

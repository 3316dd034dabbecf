package ethereum

import (
	"context"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Sync implements lightclient.Client. In this order: missing sync committee
// periods are caught up, each step durable; all beacon sources are asked for
// their newest finality, each verified from the tip; the newest is the tip; a
// quorum of sources must show it; its execution block is fetched and must
// descend from the head; then it is the head.
func (c *Client) Sync(ctx context.Context) (lightclient.Header, error) {
	release, err := c.take(ctx)
	if err != nil {
		return lightclient.Header{}, err
	}
	defer release()
	if err := c.canAdvance(); err != nil {
		return lightclient.Header{}, err
	}
	missed := c.catchUp(ctx)
	if err := c.follow(ctx); err != nil {
		return lightclient.Header{}, errors.Join(err, missed)
	}
	head, err := c.headOrStalled()
	if err != nil {
		err = errors.Join(err, missed)
	}
	return head, err
}

func (c *Client) canAdvance() error {
	if _, err := c.standing(); err != nil {
		return err
	}
	_, tip := c.snapshot()
	return c.fresh(tip)
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

// step is a verified update: where it led from and to.
type step struct {
	before, after *beacon.Store
	update        *beacon.Update
	nowSlot       uint64
}

// catchUp applies the updates of the periods between the tip and now.
func (c *Client) catchUp(ctx context.Context) error {
	for {
		_, tip := c.snapshot()
		from, current := c.nextPeriod(tip), c.network.Period(c.cfg.nowSlot())
		if from > current {
			return nil
		}
		steps, err := c.fetchUpdates(ctx, tip, from, current)
		if err != nil {
			return fmt.Errorf("updates of periods %d to %d: %w", from, current, err)
		}
		if len(steps) == 0 {
			return nil
		}
		for _, s := range steps {
			if err := c.advanceTip(s); err != nil {
				return err
			}
		}
	}
}

// nextPeriod is the one whose update the tip needs: its own, until it knows the
// next committee.
func (c *Client) nextPeriod(tip *beacon.Store) uint64 {
	if tip.Next == nil {
		return tip.Period(c.network)
	}
	return tip.Period(c.network) + 1
}

// fetchUpdates asks for the updates of periods and verifies them. None is an
// answer in the current period only: for one that is over, they exist.
func (c *Client) fetchUpdates(ctx context.Context, tip *beacon.Store, from, current uint64) ([]step, error) {
	count := int(min(current-from+1, MaxUpdates))
	steps, _, err := pool.Ask(ctx, c.beacons, c.beacons.Ranked(), func(ctx context.Context, source BeaconSource) ([]step, error) {
		updates, err := source.Updates(ctx, from, count)
		if err != nil {
			return nil, err
		}
		if len(updates) > count {
			return nil, fmt.Errorf("%w: %d updates, want at most %d", lightclient.ErrTooLarge, len(updates), count)
		}
		steps, err := c.replay(ctx, tip, updates)
		if err == nil && len(steps) == 0 && from < current {
			err = fmt.Errorf("%w: no finality shown for period %d, which is over", lightclient.ErrSourceLagging, from)
		}
		return steps, err
	})
	return steps, err
}

// replay applies updates to a store one after the other, as far as they hold. An
// update that moves nothing is passed over; an error is one only if nothing held.
func (c *Client) replay(ctx context.Context, s *beacon.Store, updates []*beacon.Update) ([]step, error) {
	var steps []step
	for _, u := range updates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := c.cfg.nowSlot()
		next, err := c.network.Apply(s, u, now)
		if movesNothing(err) {
			continue
		}
		if err != nil && len(steps) == 0 {
			return nil, err
		}
		if err != nil {
			return steps, nil
		}
		steps, s = append(steps, step{before: s, after: next, update: u, nowSlot: now}), next
	}
	return steps, nil
}

func movesNothing(err error) bool {
	return errors.Is(err, beacon.ErrIrrelevant) || errors.Is(err, beacon.ErrNoFinality) || errors.Is(err, beacon.ErrSupermajority)
}

// advanceTip makes a step durable. It needs the turn.
func (c *Client) advanceTip(s step) error {
	proof, err := anchor{before: s.before, update: s.update, nowSlot: s.nowSlot}.marshal(c.network)
	if err != nil {
		return err
	}
	st, _ := c.snapshot()
	batch := c.db.Batch()
	batch.Put(tipKey, proof)
	st.Tip = s.after.Finalized.Beacon.Slot
	return c.commit(batch, st, s.after, nil)
}

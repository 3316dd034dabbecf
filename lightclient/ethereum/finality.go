package ethereum

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

const (
	// agreementGrace is how long the other sources may take after the first has
	// answered: as long as any call. A shorter one would let a quick source that
	// shows nothing new keep slower ones from ever being heard.
	agreementGrace = 8 * time.Second
	// walkLimit is the longest way between two heads on which their link is
	// checked at once: three hours of mainnet. A longer one, after a stop, is
	// checked when the blocks on it are asked for.
	walkLimit = 1024
)

// shown is what one source's finality update proves; step is nil when that is
// not newer than the tip.
type shown struct {
	slot uint64
	root beacon.Root
	step *step
}

// follow takes over the newest finality that any source proves.
func (c *Client) follow(ctx context.Context) error {
	_, tip := c.snapshot()
	answers := pool.AskAll(ctx, c.beacons.Healthy(), agreementGrace, c.finalityFrom(tip))
	if err := ctx.Err(); err != nil {
		return err
	}
	var reasons []error
	showing := map[*pool.Member[BeaconSource]]shown{}
	for _, a := range answers {
		if a.Err != nil {
			reasons = append(reasons, a.Err)
			continue
		}
		a.From.Claimed(int64(a.Value.slot))
		showing[a.From] = a.Value
	}
	if len(showing) == 0 {
		return pool.NoSource(reasons)
	}
	if err := c.checkConflicts(tip, answers); err != nil {
		return err
	}
	if best := newest(answers); best != nil {
		if err := c.advanceTip(*best); err != nil {
			return err
		}
	}
	return c.settle(ctx, showing)
}

// finalityFrom requests a source's newest finality and verifies it from the tip.
func (c *Client) finalityFrom(tip *beacon.Store) func(context.Context, BeaconSource) (shown, error) {
	return func(ctx context.Context, source BeaconSource) (shown, error) {
		u, err := source.FinalityUpdate(ctx)
		if err != nil {
			return shown{}, err
		}
		now := c.cfg.nowSlot()
		next, err := c.network.Apply(tip, u, now)
		if errors.Is(err, beacon.ErrIrrelevant) && u.Finalized != nil {
			return c.notNewer(tip, u, now)
		}
		if err != nil {
			return shown{}, err
		}
		return shown{
			slot: u.Finalized.Beacon.Slot, root: u.Finalized.Beacon.Root(),
			step: &step{before: tip, after: next, update: u, nowSlot: now},
		}, nil
	}
}

// notNewer is an update that does not move the tip. One that shows another block
// in the tip's slot is verified all the same: it may be a conflict.
func (c *Client) notNewer(tip *beacon.Store, u *beacon.Update, now uint64) (shown, error) {
	s := shown{slot: u.Finalized.Beacon.Slot, root: u.Finalized.Beacon.Root()}
	if s.slot != tip.Finalized.Beacon.Slot || s.root == tip.Finalized.Beacon.Root() {
		return s, nil
	}
	if err := c.network.VerifyFinality(tip, u, now); err != nil {
		return shown{}, err
	}
	s.step = &step{before: tip, after: tip, update: u, nowSlot: now}
	return s, nil
}

// newest is the step to the highest slot, nil when none is above the tip.
func newest(answers []pool.Answer[BeaconSource, shown]) *step {
	var best *step
	for _, a := range answers {
		s := a.Value.step
		if a.Err != nil || s == nil || s.after == s.before {
			continue
		}
		if best == nil || s.after.Finalized.Beacon.Slot > best.after.Finalized.Beacon.Slot {
			best = s
		}
	}
	return best
}

// checkConflicts freezes the client when two thirds of a committee signed for
// two blocks in one finalized slot. Error: ErrFrozen with ErrConflict.
func (c *Client) checkConflicts(tip *beacon.Store, answers []pool.Answer[BeaconSource, shown]) error {
	proven := map[uint64]shown{tip.Finalized.Beacon.Slot: {slot: tip.Finalized.Beacon.Slot, root: tip.Finalized.Beacon.Root()}}
	for _, a := range answers {
		if a.Err != nil || a.Value.step == nil {
			continue
		}
		other, seen := proven[a.Value.slot]
		if !seen {
			proven[a.Value.slot] = a.Value
			continue
		}
		if other.root != a.Value.root {
			return c.freeze(other, a.Value, a.From.Source.Name())
		}
	}
	return nil
}

// settle makes a tip that enough sources show the head. Error: ErrUnconfirmed.
func (c *Client) settle(ctx context.Context, showing map[*pool.Member[BeaconSource]]shown) error {
	st, tip := c.snapshot()
	if st.Tip == st.Head {
		return nil
	}
	slot, root := tip.Finalized.Beacon.Slot, tip.Finalized.Beacon.Root()
	agree, err := c.shownBy(ctx, slot, root, showing)
	if err != nil {
		return err
	}
	if agree < c.cfg.Quorum {
		return fmt.Errorf("%w: slot %d, block %s: %d, want %d", ErrUnconfirmed, slot, root, agree, c.cfg.Quorum)
	}
	return c.promote(ctx, st, tip)
}

// shownBy counts the sources that show a block in a slot: by their own finality
// update, else by their word. Silence counts as no; another block is held
// against its giver, who could not prove it.
func (c *Client) shownBy(ctx context.Context, slot uint64, root beacon.Root, showing map[*pool.Member[BeaconSource]]shown) (int, error) {
	agree := 0
	var ask []*pool.Member[BeaconSource]
	for _, m := range c.beacons.Healthy() {
		if s, ok := showing[m]; ok && s.slot == slot && s.root == root {
			agree++
		} else {
			ask = append(ask, m)
		}
	}
	answers := pool.AskAll(ctx, ask, agreementGrace, func(ctx context.Context, source BeaconSource) (beacon.Root, error) {
		found, err := source.BlockRoot(ctx, slot)
		if err == nil && found != root {
			err = fmt.Errorf("%w: slot %d shown with %s, proven is %s", lightclient.ErrUnproven, slot, found, root)
		}
		return found, err
	})
	for _, a := range answers {
		if a.Err == nil {
			agree++
		}
	}
	return agree, ctx.Err()
}

// promote makes the tip's execution block the head, if it descends from the one
// before. It needs the turn.
func (c *Client) promote(ctx context.Context, st state, tip *beacon.Store) error {
	raw, head, err := c.block(ctx, common.Hash(tip.Finalized.ExecutionHash()))
	if err != nil {
		return err
	}
	if err := c.descends(ctx, head); err != nil {
		return err
	}
	proof, err := c.db.Get(tipKey)
	if err != nil {
		return err
	}
	batch := c.db.Batch()
	batch.Put(headKey, proof)
	batch.Put(headerKey(head.Number), raw)
	st.Head, st.Block = st.Tip, head.Number
	return c.commit(batch, st, nil, head)
}

// descends walks from a new head to the one before. A finalized block that does
// not descend from a finalized one is a conflict: ErrFrozen with ErrConflict.
func (c *Client) descends(ctx context.Context, head *execution.Header) error {
	old, err := c.standing()
	if err != nil {
		return err
	}
	if head.Hash == old.Hash {
		return nil // a beacon block without a payload
	}
	link := head
	if head.Number > old.Number+walkLimit {
		return nil
	}
	if head.Number > old.Number+1 {
		link, err = c.walkBack(ctx, head, old.Number+1)
		if err != nil && !errors.Is(err, lightclient.ErrConflict) {
			return err
		}
	}
	if err == nil && head.Number > old.Number && link.ParentHash == old.Hash {
		return nil
	}
	return c.freezeHeads(old, head)
}

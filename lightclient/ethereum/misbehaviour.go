package ethereum

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Attack is the evidence of a conflict: anchors, in the form in which the store
// keeps them, of both sides. Each holds the store before and the update that two
// thirds of its sync committee signed.
type Attack struct {
	Trusted     []byte `json:"trusted"`
	Conflicting []byte `json:"conflicting"`
}

// Verify checks that each side is signed by two thirds of a sync committee (or is
// the checkpoint itself), and that they finalize different blocks. Whether both
// can be true is for the reader: blocks of one slot can't, others link by hashes.
// Errors: those of beacon; store.ErrCorrupt; ErrMalformed for a single block.
func (a Attack) Verify(n *beacon.Network, checkpoint lightclient.Checkpoint) error {
	var roots [2]beacon.Root
	for i, raw := range [][]byte{a.Trusted, a.Conflicting} {
		side, err := unmarshalAnchor(n, raw)
		if err != nil {
			return err
		}
		if roots[i], err = side.finalized(n, checkpoint); err != nil {
			return err
		}
	}
	if roots[0] == roots[1] {
		return fmt.Errorf("%w: both sides finalize %s", lightclient.ErrMalformed, roots[0])
	}
	return nil
}

// finalized is the root of the block that an anchor's proof finalizes.
func (a anchor) finalized(n *beacon.Network, checkpoint lightclient.Checkpoint) (beacon.Root, error) {
	if a.bootstrap != nil {
		_, err := n.NewStore(checkpoint.Hash, a.bootstrap)
		return checkpoint.Hash, err
	}
	if err := n.VerifyFinality(a.before, a.update, a.nowSlot); err != nil {
		return beacon.Root{}, err
	}
	return a.update.Finalized.Beacon.Root(), nil
}

// Misbehaviour implements lightclient.Client.
func (c *Client) Misbehaviour() ([]lightclient.Misbehaviour, error) {
	st, _ := c.snapshot()
	found := make([]lightclient.Misbehaviour, 0, st.Conflicts)
	for seq := int64(1); seq <= st.Conflicts; seq++ {
		raw, err := c.db.Get(store.HeightKey(prefixMisbehaviour, seq))
		if err != nil {
			return nil, err
		}
		var m lightclient.Misbehaviour
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("%w: misbehaviour %d: %w", store.ErrCorrupt, seq, err)
		}
		found = append(found, m)
	}
	return found, nil
}

// Unfreeze implements lightclient.Client. What was proven after the last head is
// forgotten, as it may be one side of the conflict.
func (c *Client) Unfreeze(ctx context.Context) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	st, tip := c.snapshot()
	batch := c.db.Batch()
	if st.Tip != st.Head {
		if tip, err = c.loadAnchored(st, headKey); err != nil {
			return err
		}
		raw, err := c.db.Get(headKey)
		if err != nil {
			return err
		}
		batch.Put(tipKey, raw)
	}
	st.Frozen, st.Tip = false, st.Head
	return c.commit(batch, st, tip, nil)
}

// freeze is for two proven blocks in one finalized slot.
func (c *Client) freeze(trusted, conflicting shown, source string) error {
	ours, err := c.evidence(trusted.step)
	if err != nil {
		return err
	}
	theirs, err := c.evidence(conflicting.step)
	if err != nil {
		return err
	}
	return c.record(lightclient.Misbehaviour{
		Height: int64(trusted.slot), Trusted: trusted.root, Conflicting: conflicting.root, Source: source,
	}, Attack{Trusted: ours, Conflicting: theirs})
}

// evidence is a step's anchor; the tip's own for what was proven before.
func (c *Client) evidence(s *step) ([]byte, error) {
	if s == nil {
		return c.db.Get(tipKey)
	}
	return anchor{before: s.before, update: s.update, nowSlot: s.nowSlot}.marshal(c.network)
}

// freezeHeads is for a finalized block that does not descend from the head.
func (c *Client) freezeHeads(old, head *execution.Header) error {
	ours, err := c.db.Get(headKey)
	if err != nil {
		return err
	}
	theirs, err := c.db.Get(tipKey)
	if err != nil {
		return err
	}
	return c.record(lightclient.Misbehaviour{
		Height: int64(head.Number), Trusted: old.Hash, Conflicting: head.Hash,
	}, Attack{Trusted: ours, Conflicting: theirs})
}

// record stores the evidence and the frozen state in one batch, then reports.
// The heights are slots, or block numbers where two heads do not link.
func (c *Client) record(m lightclient.Misbehaviour, attack Attack) error {
	st, _ := c.snapshot()
	evidence, err := json.Marshal(attack)
	if err != nil {
		return err
	}
	m.ChainID, m.CommonHeight, m.SeenAt, m.Evidence = c.cfg.ChainID, int64(st.Head), c.cfg.Now().UTC(), evidence
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	st.Frozen = true
	st.Conflicts++
	batch := c.db.Batch()
	batch.Put(store.HeightKey(prefixMisbehaviour, st.Conflicts), raw)
	if err := c.commit(batch, st, nil, nil); err != nil {
		return err
	}
	return fmt.Errorf("%w: %w: height %d has %s, %s shows %s", lightclient.ErrFrozen, lightclient.ErrConflict,
		m.Height, beacon.Root(m.Trusted), m.Source, beacon.Root(m.Conflicting))
}

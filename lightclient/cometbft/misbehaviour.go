package cometbft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Attack is the evidence of a conflict: two proven light blocks of one height
// and the last one before them that both sides share.
type Attack struct {
	Common      *types.LightBlock
	Trusted     *types.LightBlock
	Conflicting *types.LightBlock
}

// Evidence is CometBFT's own form of an attack, as a full node of the side that
// is taken to be honest accepts it: against says which of the two blocks is the
// forgery.
func (a Attack) Evidence(against *types.LightBlock) *types.LightClientAttackEvidence {
	honest := a.Trusted
	if against == a.Trusted {
		honest = a.Conflicting
	}
	ev := &types.LightClientAttackEvidence{
		ConflictingBlock: against,
		CommonHeight:     a.Common.Height,
		TotalVotingPower: a.Common.ValidatorSet.TotalVotingPower(),
		Timestamp:        a.Common.Time,
	}
	if !ev.ConflictingHeaderIsInvalid(honest.Header) {
		ev.CommonHeight = against.Height
		ev.TotalVotingPower = honest.ValidatorSet.TotalVotingPower()
		ev.Timestamp = honest.Time
	}
	ev.ByzantineValidators = ev.GetByzantineValidators(a.Common.ValidatorSet, honest.SignedHeader)
	return ev
}

// attackJSON holds light blocks as protobuf.
type attackJSON struct {
	Common      []byte `json:"common"`
	Trusted     []byte `json:"trusted"`
	Conflicting []byte `json:"conflicting"`
}

// MarshalAttack encodes evidence for lightclient.Misbehaviour.
func MarshalAttack(a Attack) ([]byte, error) {
	var out attackJSON
	var errs [3]error
	out.Common, errs[0] = marshalLightBlock(a.Common)
	out.Trusted, errs[1] = marshalLightBlock(a.Trusted)
	out.Conflicting, errs[2] = marshalLightBlock(a.Conflicting)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("encoding evidence: %w", err)
	}
	return json.Marshal(out)
}

// UnmarshalAttack decodes the evidence of a lightclient.Misbehaviour; it
// verifies nothing.
func UnmarshalAttack(raw []byte) (Attack, error) {
	var in attackJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return Attack{}, fmt.Errorf("%w: evidence: %w", lightclient.ErrMalformed, err)
	}
	var a Attack
	var errs [3]error
	a.Common, errs[0] = unmarshalLightBlock(in.Common)
	a.Trusted, errs[1] = unmarshalLightBlock(in.Trusted)
	a.Conflicting, errs[2] = unmarshalLightBlock(in.Conflicting)
	if err := errors.Join(errs[:]...); err != nil {
		return Attack{}, fmt.Errorf("%w: evidence: %w", lightclient.ErrMalformed, err)
	}
	return a, nil
}

// Misbehaviour implements lightclient.Client.
func (c *Client) Misbehaviour() ([]lightclient.Misbehaviour, error) {
	st, _, _ := c.snapshot()
	found := make([]lightclient.Misbehaviour, 0, st.Conflicts)
	for seq := int64(1); seq <= st.Conflicts; seq++ {
		raw, err := c.db.Get(store.HeightKey(prefixMisbehavior, seq))
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

// Unfreeze implements lightclient.Client. What was verified after the last head
// is forgotten, as it is one side of the conflict.
func (c *Client) Unfreeze(ctx context.Context) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	st, head, _ := c.snapshot()
	st.Frozen, st.Tip = false, st.Head
	batch := c.db.Batch()
	if err := c.dropAbove(batch, st.Head); err != nil {
		return err
	}
	return c.commit(batch, st, head, head)
}

// freeze stores the evidence and the frozen state in one batch, then reports.
func (c *Client) freeze(common, trusted, conflicting *types.LightBlock, witness *member) error {
	record, err := c.record(Attack{Common: common, Trusted: trusted, Conflicting: conflicting}, witness.Source.Name())
	if err != nil {
		return err
	}
	st, _, _ := c.snapshot()
	st.Frozen = true
	st.Conflicts++
	batch := c.db.Batch()
	batch.Put(store.HeightKey(prefixMisbehavior, st.Conflicts), record)
	if err := c.commit(batch, st, nil, nil); err != nil {
		return err
	}
	return fmt.Errorf("%w: %w: height %d has %X, %s shows %X", lightclient.ErrFrozen, lightclient.ErrConflict,
		trusted.Height, trusted.Hash(), witness.Source.Name(), conflicting.Hash())
}

func (c *Client) record(a Attack, source string) ([]byte, error) {
	evidence, err := MarshalAttack(a)
	if err != nil {
		return nil, err
	}
	return json.Marshal(lightclient.Misbehaviour{
		ChainID: c.cfg.ChainID, Height: a.Trusted.Height, CommonHeight: a.Common.Height,
		Trusted: [32]byte(a.Trusted.Hash()), Conflicting: [32]byte(a.Conflicting.Hash()),
		Source: source, SeenAt: c.cfg.Now().UTC(), Evidence: evidence,
	})
}

func marshalLightBlock(lb *types.LightBlock) ([]byte, error) {
	proto, err := lb.ToProto()
	if err != nil {
		return nil, err
	}
	return proto.Marshal()
}

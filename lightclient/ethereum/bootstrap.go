package ethereum

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Bootstrap implements lightclient.Client. The height is a slot, the hash the
// root of its beacon block. A client whose tip is fresh is not rooted anew: the
// checkpoint is compared with what a quorum of sources shows. One that is
// unrooted or expired takes, in this order: the age of the checkpoint; its
// bootstrap; its execution block.
func (c *Client) Bootstrap(ctx context.Context, cp lightclient.Checkpoint) error {
	release, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	if cp.Height <= 0 {
		return fmt.Errorf("%w: slot %d, want more than 0", lightclient.ErrCheckpoint, cp.Height)
	}
	st, tip := c.snapshot()
	if st.Frozen {
		return lightclient.ErrFrozen
	}
	if tip != nil && c.fresh(tip) == nil {
		return c.agrees(ctx, st, cp)
	}
	if tip != nil && uint64(cp.Height) <= tip.Finalized.Beacon.Slot {
		return fmt.Errorf("%w: slot %d, tip %d", lightclient.ErrExpired, cp.Height, tip.Finalized.Beacon.Slot)
	}
	return c.root(ctx, st, cp)
}

// agrees compares a checkpoint with the one in use, or with the sources' block
// in its slot. Error: ErrCheckpoint.
func (c *Client) agrees(ctx context.Context, st state, cp lightclient.Checkpoint) error {
	if cp == st.Checkpoint {
		return nil
	}
	agree, err := c.shownBy(ctx, uint64(cp.Height), cp.Hash, nil)
	if err != nil {
		return err
	}
	if agree < c.cfg.Quorum {
		return fmt.Errorf("%w: slot %d: %d sources show %s, want %d", lightclient.ErrCheckpoint, cp.Height, agree, beacon.Root(cp.Hash), c.cfg.Quorum)
	}
	return nil
}

func (c *Client) root(ctx context.Context, st state, cp lightclient.Checkpoint) error {
	slot := uint64(cp.Height)
	if err := c.network.CheckAge(slot, c.cfg.Now(), c.cfg.WeakSubjectivity); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	var rooted *beacon.Store
	bootstrap, _, err := pool.Ask(ctx, c.beacons, c.beacons.Ranked(), func(ctx context.Context, source BeaconSource) (*beacon.Bootstrap, error) {
		b, err := source.Bootstrap(ctx, cp.Hash)
		if err != nil {
			return nil, err
		}
		_, err = c.network.NewStore(cp.Hash, b)
		return b, err
	})
	if err == nil {
		rooted, err = c.network.NewStore(cp.Hash, bootstrap)
	}
	if err != nil {
		return fmt.Errorf("checkpoint %d: %w", slot, err)
	}
	if found := rooted.Finalized.Beacon.Slot; found != slot {
		return fmt.Errorf("%w: %s is of slot %d, want %d", lightclient.ErrCheckpoint, beacon.Root(cp.Hash), found, slot)
	}
	raw, head, err := c.block(ctx, common.Hash(rooted.Finalized.ExecutionHash()))
	if err != nil {
		return fmt.Errorf("checkpoint %d: %w", slot, err)
	}
	proof, err := anchor{bootstrap: bootstrap}.marshal(c.network)
	if err != nil {
		return err
	}
	batch := c.db.Batch()
	batch.Put(tipKey, proof)
	batch.Put(headKey, proof)
	batch.Put(headerKey(head.Number), raw)
	st.Checkpoint, st.Tip, st.Head, st.Block = cp, slot, slot, head.Number
	return c.commit(batch, st, rooted, head)
}

// block fetches the execution header of a proven hash.
func (c *Client) block(ctx context.Context, hash common.Hash) ([]byte, *execution.Header, error) {
	raw, _, err := pool.Ask(ctx, c.blocks, c.blocks.Ranked(), func(ctx context.Context, source ExecutionSource) ([]byte, error) {
		raw, err := source.Header(ctx, hash)
		if err != nil {
			return nil, err
		}
		_, err = execution.DecodeHeader(raw, hash)
		return raw, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("execution block %s: %w", hash, err)
	}
	header, err := execution.DecodeHeader(raw, hash)
	return raw, header, err
}

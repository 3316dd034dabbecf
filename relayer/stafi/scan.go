package stafi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stafiprotocol/stafid/relayer/cosmostx"
	"github.com/stafiprotocol/stafid/relayer/journal"
)

const (
	// maxScan bounds the blocks read in one call; the rest follows at the next.
	maxScan = 100
	// scanGrace is how long past a transaction's timeout unreadable blocks are asked for again before it is given up. What
	// was given up wrongly is refused by the chain as a repetition.
	scanGrace = time.Minute
)

// Settlement is a pending transaction whose fate was found in a block.
type Settlement struct {
	Key   string
	Entry Entry
}

// Advance takes note of the newest block and looks in the blocks since the last call for what is pending. It reads no block
// while nothing is.
func (o *Outbox) Advance(ctx context.Context, now Moment) ([]Settlement, error) {
	o.mu.Lock()
	if now.Height > o.now.Height {
		o.now = now
	}
	o.mu.Unlock()
	var settled []Settlement
	for range maxScan {
		height := o.nextScan()
		if height == 0 || height > now.Height {
			break
		}
		found, err := o.scan(ctx, height)
		settled = append(settled, found...)
		if err != nil {
			lost, dropErr := o.giveUp(now)
			return append(settled, lost...), errors.Join(err, dropErr)
		}
	}
	return settled, o.forget(now)
}

// nextScan is the lowest height that a pending transaction still has to be looked for in, 0 for none.
func (o *Outbox) nextScan() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var next int64
	for _, entry := range o.entries {
		if entry.State == Pending && (next == 0 || entry.Scanned+1 < next) {
			next = entry.Scanned + 1
		}
	}
	return next
}

func (o *Outbox) scan(ctx context.Context, height int64) ([]Settlement, error) {
	block, err := o.node.rpc.Block(ctx, &height)
	if err != nil {
		return nil, fmt.Errorf("reading block %d: %w", height, err)
	}
	index := map[string]int{}
	for i, tx := range block.Block.Txs {
		index[hexHash(cosmostx.Hash(tx))] = i
	}
	var settled []Settlement
	for key, entry := range o.pendingBefore(height) {
		i, included := index[entry.Hash]
		switch {
		case included:
			entry, err = o.included(ctx, entry, height, i)
		case block.Block.Time.After(entry.Timeout):
			entry.State, entry.End = Expired, height
		}
		if err != nil {
			return settled, err
		}
		entry.Scanned = height
		if entry.State == Pending {
			o.keep(key, entry)
			continue
		}
		if err := o.save(key, entry); err != nil {
			return settled, err
		}
		settled = append(settled, Settlement{Key: key, Entry: entry})
	}
	return settled, nil
}

func (o *Outbox) included(ctx context.Context, entry Entry, height int64, index int) (Entry, error) {
	results, err := o.node.rpc.BlockResults(ctx, &height)
	if err != nil {
		return entry, fmt.Errorf("reading results of block %d: %w", height, err)
	}
	if index >= len(results.TxsResults) {
		return entry, fmt.Errorf("block %d has %d results, want more than %d", height, len(results.TxsResults), index)
	}
	result := results.TxsResults[index]
	entry.End = height
	if result.Code == 0 {
		entry.State, entry.Refusal = Included, nil
		return entry, nil
	}
	entry.State = Refused
	entry.Refusal = &RefusedError{Codespace: result.Codespace, Code: result.Code, Log: result.Log}
	return entry, nil
}

// pendingBefore are copies of the pending entries that were not looked for at a height yet.
func (o *Outbox) pendingBefore(height int64) map[string]Entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	pending := map[string]Entry{}
	for key, entry := range o.entries {
		if entry.State == Pending && entry.Scanned < height {
			pending[key] = entry
		}
	}
	return pending
}

// keep takes over the progress of an entry that is still pending; it is not worth a write.
func (o *Outbox) keep(key string, entry Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, ok := o.entries[key]; ok && found.Hash == entry.Hash {
		found.Scanned = entry.Scanned
		o.entries[key] = found
	}
}

// giveUp expires what timed out long ago and can't be looked for, as the node no longer has the blocks.
func (o *Outbox) giveUp(now Moment) ([]Settlement, error) {
	var lost []Settlement
	for key, entry := range o.pendingBefore(now.Height) {
		if now.Time.Before(entry.Timeout.Add(scanGrace)) {
			continue
		}
		entry.State, entry.End = Expired, now.Height
		if err := o.save(key, entry); err != nil {
			return lost, err
		}
		lost = append(lost, Settlement{Key: key, Entry: entry})
	}
	return lost, nil
}

// forget deletes entries that were settled long ago.
func (o *Outbox) forget(now Moment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var records []journal.Record
	for key, entry := range o.entries {
		if entry.State != Pending && entry.End+keepBlocks < now.Height {
			records = append(records, journal.Record{Kind: journal.Outbox, Key: key})
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := o.journal.Write(records...); err != nil {
		return err
	}
	for _, record := range records {
		delete(o.entries, record.Key)
	}
	return nil
}

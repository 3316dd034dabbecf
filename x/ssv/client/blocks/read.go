// Package blocks reads this chain's blocks from a node, or from the stores in its home, for verifications that look at no state. What it
// gives is linked: each block's transactions fit its header, each header names the one before it, and results fit the next header. Whoever
// compares the hash of the last block with that of a source he trusts has compared them all.
package blocks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
)

var (
	// ErrNoBlock says that the source does not have a block (any more).
	ErrNoBlock = errors.New("no such block")
	// ErrNoResults says that the source does not have the results of a block (any more).
	ErrNoResults = errors.New("no results of the block")
	// ErrUnlinked says that blocks or results do not fit each other.
	ErrUnlinked = errors.New("blocks do not fit each other")
)

// Source gives blocks by height.
type Source interface {
	// Head is the height of the newest block.
	Head(ctx context.Context) (int64, error)
	// Block of a height. Error: ErrNoBlock.
	Block(ctx context.Context, height int64) (*cmttypes.Block, error)
	// Results of a block's transactions, in their order. Error: ErrNoResults.
	Results(ctx context.Context, height int64) ([]*abci.ExecTxResult, error)
}

// Reader reads a span of blocks, once.
type Reader struct {
	source Source
	head   int64
	last   *cmttypes.Block
}

// NewReader reads from a source whose newest block is at head.
func NewReader(source Source, head int64) *Reader { return &Reader{source: source, head: head} }

// Last is the newest block that was read, nil before the first.
func (r *Reader) Last() *cmttypes.Block { return r.last }

// Blocks reads the blocks from a height to another, both included. It ends with the first error: ErrNoBlock, ErrUnlinked, those of the
// source. Results that the source does not have are left out.
func (r *Reader) Blocks(ctx context.Context, from, to int64) iter.Seq2[beacon.Block, error] {
	return func(yield func(beacon.Block, error) bool) {
		next, err := r.next(ctx, from)
		for height := from; height <= to; height++ {
			var read beacon.Block
			block := next
			if err == nil {
				next, read, err = r.read(ctx, block, height < to || height < r.head)
			}
			if !yield(read, err) || err != nil {
				return
			}
		}
	}
}

// read gives a block with its results, and the block after it, by whose header the results are checked, if there is one.
func (r *Reader) read(ctx context.Context, block *cmttypes.Block, more bool) (next *cmttypes.Block, read beacon.Block, err error) {
	read = beacon.Block{ChainID: block.ChainID, Height: block.Height, LastHash: block.LastBlockID.Hash}
	for _, tx := range block.Txs {
		read.Txs = append(read.Txs, tx)
	}
	r.last = block
	if more {
		if next, err = r.next(ctx, block.Height+1); err != nil {
			return nil, beacon.Block{}, err
		}
	}
	results, err := r.source.Results(ctx, block.Height)
	if errors.Is(err, ErrNoResults) {
		return next, read, nil
	}
	if err != nil {
		return nil, beacon.Block{}, err
	}
	if len(results) != len(block.Txs) {
		return nil, beacon.Block{}, fmt.Errorf("%w: block %d has %d transactions and %d results", ErrUnlinked, block.Height, len(block.Txs), len(results))
	}
	if hash := cmttypes.NewResults(results).Hash(); next != nil && !bytes.Equal(hash, next.LastResultsHash) {
		return nil, beacon.Block{}, fmt.Errorf("%w: results of block %d have hash %X, the header of the next names %X",
			ErrUnlinked, block.Height, hash, next.LastResultsHash)
	}
	read.Codes = make([]uint32, len(results))
	for i, result := range results {
		read.Codes[i] = result.Code
	}
	return next, read, nil
}

// next reads a block and links it to the one before.
func (r *Reader) next(ctx context.Context, height int64) (*cmttypes.Block, error) {
	block, err := r.source.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	if block.Height != height {
		return nil, fmt.Errorf("%w: asked for block %d, got %d", ErrUnlinked, height, block.Height)
	}
	if hash := block.Txs.Hash(); !bytes.Equal(hash, block.DataHash) {
		return nil, fmt.Errorf("%w: transactions of block %d have hash %X, its header names %X", ErrUnlinked, height, hash, block.DataHash)
	}
	if len(block.Header.Hash()) == 0 {
		return nil, fmt.Errorf("%w: block %d has no hash: its header is not complete", ErrUnlinked, height)
	}
	if r.last != nil && !bytes.Equal(block.LastBlockID.Hash, r.last.Header.Hash()) {
		return nil, fmt.Errorf("%w: block %d has hash %X, the header of the next names %X",
			ErrUnlinked, r.last.Height, r.last.Header.Hash(), block.LastBlockID.Hash)
	}
	return block, nil
}

package cometbft

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	"github.com/cometbft/cometbft/types"
)

// Source is an untrusted origin of bytes of one chain. Nothing that it returns
// is believed before it is verified; an implementation only moves and decodes.
// Methods return lightclient.ErrSourceLagging for a height not reached yet and
// lightclient.ErrHeightUnavailable for one no longer kept.
type Source interface {
	// Name identifies the source in status and logs; unique within a pool.
	Name() string
	// Tip is the newest height the source claims to have.
	Tip(ctx context.Context) (Tip, error)
	// LightBlock is the header, commit and validator set at a height.
	LightBlock(ctx context.Context, height int64) (*types.LightBlock, error)
	// Headers are those of from to to, both included, ascending; at most MaxHeaders.
	Headers(ctx context.Context, from, to int64) ([]*types.Header, error)
	// Block is the raw transactions of the block at a height, in order.
	Block(ctx context.Context, height int64) (types.Txs, error)
	// BlockResults are the results of those transactions, in order; only code,
	// data and gas are read.
	BlockResults(ctx context.Context, height int64) ([]*abci.ExecTxResult, error)
	// ABCIQuery asks the application for a key's value in the state after the
	// block at a height, with proof.
	ABCIQuery(ctx context.Context, path string, key []byte, height int64) (Value, error)
	// BroadcastTx hands over a signed transaction and returns the mempool's
	// answer. A transaction that is in the mempool already is a success.
	BroadcastTx(ctx context.Context, tx []byte) (CheckResult, error)
}

// MaxHeaders is how many headers one call returns at most: CometBFT's own bound
// for its blockchain query.
const MaxHeaders = 20

// Tip is a source's unproven word about the chain that it follows.
type Tip struct {
	ChainID string
	Height  int64
}

// Value is an unproven answer to a state query. Value is empty when the key is
// absent; Proof are ICS-23 operations, leaf to root.
type Value struct {
	Key    []byte
	Value  []byte
	Height int64
	Proof  *crypto.ProofOps
}

// CheckResult is the mempool's unproven answer; Code 0 is acceptance.
type CheckResult struct {
	Code      uint32
	Codespace string
	Log       string
}

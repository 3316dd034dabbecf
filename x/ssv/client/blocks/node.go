package blocks

import (
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// RPC is what is used of a CometBFT node.
type RPC interface {
	Status(ctx context.Context) (*ctypes.ResultStatus, error)
	Block(ctx context.Context, height *int64) (*ctypes.ResultBlock, error)
	BlockResults(ctx context.Context, height *int64) (*ctypes.ResultBlockResults, error)
}

// Node is a running node.
type Node struct{ rpc RPC }

// NewNode reads through a node's RPC.
func NewNode(rpc RPC) Node { return Node{rpc: rpc} }

// Head implements Source.
func (n Node) Head(ctx context.Context) (int64, error) {
	status, err := n.rpc.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking the node for its height: %w", err)
	}
	return status.SyncInfo.LatestBlockHeight, nil
}

// Block implements Source.
func (n Node) Block(ctx context.Context, height int64) (*cmttypes.Block, error) {
	answer, err := n.rpc.Block(ctx, &height)
	if err != nil {
		return nil, fmt.Errorf("%w: %d: %w", ErrNoBlock, height, err)
	}
	if answer.Block == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoBlock, height)
	}
	return answer.Block, nil
}

// Results implements Source. Every failure counts as ErrNoResults: a node that keeps none answers in no way of its own.
func (n Node) Results(ctx context.Context, height int64) ([]*abci.ExecTxResult, error) {
	answer, err := n.rpc.BlockResults(ctx, &height)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %d: %w", ErrNoResults, height, err)
	}
	return answer.TxsResults, nil
}

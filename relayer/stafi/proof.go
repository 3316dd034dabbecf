package stafi

import (
	"context"
	"errors"
	"fmt"

	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
)

// ErrNoProof: the node gives no proof of a record.
var ErrNoProof = errors.New("node gives no proof")

// prover is a node that proves what it says; CometBFT's HTTP client is one.
type prover interface {
	ABCIQueryWithOptions(
		ctx context.Context, path string, data cmtbytes.HexBytes, options rpcclient.ABCIQueryOptions,
	) (*ctypes.ResultABCIQuery, error)
}

// Proof returns the value of a key in a store in the state after the block at a height, with its ICS-23 proof against the app hash of the next
// header; value is empty where the key is absent. Error: ErrNoProof.
func (n *Node) Proof(ctx context.Context, store string, key []byte, height int64) (value []byte, proof *cmtcrypto.ProofOps, err error) {
	proving, ok := n.rpc.(prover)
	if !ok {
		return nil, nil, fmt.Errorf("%w: its connection has no such call", ErrNoProof)
	}
	result, err := proving.ABCIQueryWithOptions(ctx, "/store/"+store+"/key", key, rpcclient.ABCIQueryOptions{Height: height, Prove: true})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoProof, err)
	}
	response := result.Response
	switch {
	case response.Code != 0:
		return nil, nil, fmt.Errorf("%w: code %d: %s", ErrNoProof, response.Code, response.Log)
	case response.ProofOps == nil:
		return nil, nil, fmt.Errorf("%w: of %X in %s at height %d", ErrNoProof, key, store, height)
	case response.Height != height:
		return nil, nil, fmt.Errorf("%w: it is of height %d, want %d", ErrNoProof, response.Height, height)
	}
	return response.Value, response.ProofOps, nil
}

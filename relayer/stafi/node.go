package stafi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

var (
	// ErrWrongChain: the node follows another chain than the configured one.
	ErrWrongChain = errors.New("node follows another chain")
	// ErrCatchingUp: the node has not caught up with its chain; nothing is decided from its state.
	ErrCatchingUp = errors.New("node is catching up")
)

// RPC is what is used of a CometBFT node.
type RPC interface {
	Status(ctx context.Context) (*ctypes.ResultStatus, error)
	ABCIInfo(ctx context.Context) (*ctypes.ResultABCIInfo, error)
	Block(ctx context.Context, height *int64) (*ctypes.ResultBlock, error)
	BlockResults(ctx context.Context, height *int64) (*ctypes.ResultBlockResults, error)
	BroadcastTxSync(ctx context.Context, tx cmttypes.Tx) (*ctypes.ResultBroadcastTx, error)
	ABCIQuery(ctx context.Context, path string, data cmtbytes.HexBytes) (*ctypes.ResultABCIQuery, error)
}

// Moment is a height of this chain and its block's time (UTC).
type Moment struct {
	Height int64
	Time   time.Time
}

// Node is the operator's own node of this chain. It is safe for concurrent use.
type Node struct {
	chainID string
	rpc     RPC
	conn    grpc.ClientConnInterface
	close   func() error

	Multisig  multisigtypes.QueryClient
	SSV       ssvtypes.QueryClient
	Contracts contracttypes.QueryClient
	Auth      authtypes.QueryClient
	Bank      banktypes.QueryClient
}

// Dial prepares the connections to a node; it does not wait for the node to be up. rpcAddress is the CometBFT RPC
// ("http://127.0.0.1:26657"), grpcAddress is host:port, with "https://" before it for TLS.
func Dial(chainID, rpcAddress, grpcAddress string) (*Node, error) {
	rpc, err := rpchttp.NewWithTimeout(rpcAddress, "/websocket", rpcTimeoutSeconds)
	if err != nil {
		return nil, fmt.Errorf("node rpc address %q: %w", rpcAddress, err)
	}
	target, transport := transportOf(grpcAddress)
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(transport), CodecOption())
	if err != nil {
		return nil, fmt.Errorf("node grpc address %q: %w", grpcAddress, err)
	}
	node := NewNode(chainID, rpc, conn)
	node.close = conn.Close
	return node, nil
}

// rpcTimeoutSeconds bounds one call to the operator's own node.
const rpcTimeoutSeconds = 10

func transportOf(address string) (target string, transport credentials.TransportCredentials) {
	if host, ok := strings.CutPrefix(address, "https://"); ok {
		return host, credentials.NewTLS(nil)
	}
	return strings.TrimPrefix(address, "http://"), insecure.NewCredentials()
}

// CodecOption makes a gRPC connection speak the SDK's protobuf dialect.
func CodecOption() grpc.DialOption {
	return grpc.WithDefaultCallOptions(grpc.ForceCodec(NewCodec().GRPCCodec()))
}

// NewCodec knows the public keys that keyrings and accounts hold, and nothing else.
func NewCodec() *codec.ProtoCodec {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	authtypes.RegisterInterfaces(registry)
	return codec.NewProtoCodec(registry)
}

// NewNode uses an RPC client and a gRPC connection made with CodecOption.
func NewNode(chainID string, rpc RPC, conn grpc.ClientConnInterface) *Node {
	return &Node{
		chainID: chainID, rpc: rpc, conn: conn, close: func() error { return nil },
		Multisig:  multisigtypes.NewQueryClient(conn),
		SSV:       ssvtypes.NewQueryClient(conn),
		Contracts: contracttypes.NewQueryClient(conn),
		Auth:      authtypes.NewQueryClient(conn),
		Bank:      banktypes.NewQueryClient(conn),
	}
}

// ChainID is the id of this chain.
func (n *Node) ChainID() string { return n.chainID }

// Close releases the connections.
func (n *Node) Close() error { return n.close() }

// Now is the newest block that the node has committed. Errors: ErrWrongChain, ErrCatchingUp.
func (n *Node) Now(ctx context.Context) (Moment, error) {
	status, err := n.rpc.Status(ctx)
	if err != nil {
		return Moment{}, fmt.Errorf("asking the node for its status: %w", err)
	}
	if found := status.NodeInfo.Network; found != n.chainID {
		return Moment{}, fmt.Errorf("%w: found %q, want %q", ErrWrongChain, found, n.chainID)
	}
	now := Moment{Height: status.SyncInfo.LatestBlockHeight, Time: status.SyncInfo.LatestBlockTime.UTC()}
	if status.SyncInfo.CatchingUp {
		return now, fmt.Errorf("%w: at height %d", ErrCatchingUp, now.Height)
	}
	return n.committed(ctx, now)
}

// committed steps back to the application's last commit: a block is in the node's store a moment before its state can be queried.
func (n *Node) committed(ctx context.Context, stored Moment) (Moment, error) {
	info, err := n.rpc.ABCIInfo(ctx)
	if err != nil {
		return Moment{}, fmt.Errorf("asking the node for its application's height: %w", err)
	}
	height := info.Response.LastBlockHeight
	if height >= stored.Height {
		return stored, nil
	}
	block, err := n.rpc.Block(ctx, &height)
	if err != nil {
		return Moment{}, fmt.Errorf("asking the node for block %d: %w", height, err)
	}
	return Moment{Height: height, Time: block.Block.Time.UTC()}, nil
}

// At pins the queries made with the returned context to the state after the block at a height, wherever they were pinned before.
func At(ctx context.Context, height int64) context.Context {
	pinned, _ := metadata.FromOutgoingContext(ctx)
	pinned = metadata.Join(pinned)
	pinned.Set(grpctypes.GRPCBlockHeightHeader, strconv.FormatInt(height, 10))
	return metadata.NewOutgoingContext(ctx, pinned)
}

package ethereum

import (
	"context"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// BeaconSource is an untrusted origin of one network's consensus data. It only
// moves and decodes; what it returns is verified by the client. Methods return
// lightclient.ErrSourceLagging for what is not reached yet and
// lightclient.ErrHeightUnavailable for what it does not have.
type BeaconSource interface {
	// Name identifies the source in status and logs; unique within a pool. Two
	// names must stand for two operators: their agreement is what they are for.
	Name() string
	// Bootstrap is the header and committee of a block by its root.
	Bootstrap(ctx context.Context, root beacon.Root) (*beacon.Bootstrap, error)
	// Updates are the best updates of successive sync committee periods, from one
	// on, at most MaxUpdates; fewer if it has not got that far.
	Updates(ctx context.Context, period uint64, count int) ([]*beacon.Update, error)
	// FinalityUpdate is the newest one.
	FinalityUpdate(ctx context.Context) (*beacon.Update, error)
	// BlockRoot is the root of the block in a slot of the chain that it follows.
	BlockRoot(ctx context.Context, slot uint64) (beacon.Root, error)
}

// ExecutionSource is an untrusted origin of one network's execution data, under
// the same rules. Blocks are asked for by their hash, so that an answer is of no
// other chain.
type ExecutionSource interface {
	// Name identifies the source in status and logs; unique within a pool.
	Name() string
	// Header is the RLP header of a block.
	Header(ctx context.Context, hash common.Hash) ([]byte, error)
	// Headers are the RLP headers of a range of numbers, both included,
	// ascending, at most MaxHeaders, on the chain that the source follows.
	Headers(ctx context.Context, from, to uint64) ([][]byte, error)
	// Transactions are all of a block, in consensus encoding, in order.
	Transactions(ctx context.Context, hash common.Hash) (execution.List, error)
	// Receipts are all of a block, in consensus encoding, in order.
	Receipts(ctx context.Context, hash common.Hash) (execution.List, error)
	// Proof is an account's path in the state after a block, and those of some of
	// its storage slots, in their order (eth_getProof).
	Proof(ctx context.Context, hash common.Hash, account common.Address, slots []common.Hash) (StateProof, error)
	// SendTransaction hands over a signed transaction. One that the node has
	// already is a success; a refusal is a *lightclient.TxRefusedError.
	SendTransaction(ctx context.Context, raw []byte) error
}

const (
	// MaxUpdates is how many updates one call returns at most, the beacon API's bound.
	MaxUpdates = 128
	// MaxHeaders is how many execution headers one call returns at most.
	MaxHeaders = 64
)

// StateProof is an unproven answer to eth_getProof.
type StateProof struct {
	Account execution.Path
	Slots   []execution.Path
}

// BeaconPool holds the beacon sources of one network.
type BeaconPool = pool.Pool[BeaconSource]

// ExecutionPool holds the execution sources of one network.
type ExecutionPool = pool.Pool[ExecutionSource]

// NewBeaconPool makes a pool of at least one source with distinct names.
func NewBeaconPool(sources []BeaconSource, cfg pool.Config) (*BeaconPool, error) {
	return pool.New(sources, cfg)
}

// executionTimeout is how long one call may take, unless the caller says so: the
// receipts of a block full of the cheapest logs are 60 MB of JSON at 60 million gas.
const executionTimeout = 14 * time.Second

// NewExecutionPool makes a pool of at least one source with distinct names. The
// default RequestTimeout is 14 s.
func NewExecutionPool(sources []ExecutionSource, cfg pool.Config) (*ExecutionPool, error) {
	if cfg.RequestTimeout <= 0 {
		cfg.RequestTimeout = executionTimeout
	}
	return pool.New(sources, cfg)
}

package observe

import (
	"context"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// EthereumChain is a verified view of an Ethereum network, as lightclient/ethereum's Client is one. Whatever it returns is proven from a finalized
// block, and Events leave out nothing.
type EthereumChain interface {
	// ChainID must be the contract's, eip155-1 for one.
	ChainID() string
	// HeaderAt is the header of a block.
	HeaderAt(ctx context.Context, number uint64) (*execution.Header, error)
	// Events are all matching logs of a block that successful transactions emitted, in order.
	Events(ctx context.Context, number uint64, filter execution.Filter) ([]ethereum.Event, error)
	// AccountAt is an account in the state after a block, and some of its slots in their order.
	AccountAt(ctx context.Context, number uint64, address common.Address, slots ...common.Hash) (*execution.Account, []common.Hash, error)
}

var _ EthereumChain = (*ethereum.Client)(nil)

// EthereumView is what a light client of an Ethereum network shows, nil for one of another kind.
func EthereumView(client Client) EthereumChain {
	view, _ := client.(EthereumChain)
	return view
}

// Provable is the newest height of which a light client at a head can prove block and state. On a Cosmos chain that takes the next header; on Ethereum
// the head's own commits to both.
func Provable(client Client, head uint64) uint64 {
	if EthereumView(client) != nil {
		return head
	}
	return max(head, 1) - 1
}

// BlockTime is the time of a verified block.
func BlockTime(ctx context.Context, client Client, height uint64) (time.Time, error) {
	if view := EthereumView(client); view != nil {
		header, err := view.HeaderAt(ctx, height)
		if err != nil {
			return time.Time{}, err
		}
		return header.Time(), nil
	}
	block, err := NewLightChain(client).Block(ctx, height)
	if err != nil {
		return time.Time{}, err
	}
	return block.Time, nil
}

// Balance is what an account is proven to hold of a contract's asset after a block, 0 where it does not exist. Errors: those of the client,
// ErrInput, ErrState.
func Balance(ctx context.Context, client Client, contract types.Contract, address string, height uint64) (math.Int, error) {
	kind, err := kindOf(contract)
	if err != nil {
		return math.Int{}, err
	}
	accounts := &accounts{read: kind.account}
	reader, err := kind.reader(Input{Contract: contract, Chain: NewLightChain(client), Ethereum: EthereumView(client)}, accounts)
	if err != nil {
		return math.Int{}, err
	}
	return reader.balance(ctx, Vault{Address: address}, height)
}

package observe

import (
	"context"
	"fmt"
	stdmath "math"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// Chain is a verified view of a Cosmos SDK chain. Whatever it returns is proven; what can't be proven (yet) is an error, and then
// there is no observation.
type Chain interface {
	// Block is the whole block at a height.
	Block(ctx context.Context, height uint64) (*lightclient.Block, error)
	// Balance of an account in a denom in the state after the block at a height; 0 where there is none.
	Balance(ctx context.Context, address, denom string, height uint64) (math.Int, error)
	// Account in the state after the block at a height; false where there is none.
	Account(ctx context.Context, address string, height uint64) (Account, bool, error)
}

// Books is what this chain knows of sessions. A session is the same at every height from which it exists.
type Books interface {
	// Session by id; false where there is none.
	Session(ctx context.Context, id uint64) (multisigtypes.Session, bool, error)
	// SessionOfDigest is the first attempt of its series that asked for a digest, with its payload; false where none did.
	SessionOfDigest(ctx context.Context, digest [32]byte) (Asked, bool, error)
}

// Asked is a session with what it asks to be signed.
type Asked struct {
	Session multisigtypes.Session
	Payload multisigtypes.Payload
}

// Client is the part of a light client that a LightChain reads.
type Client interface {
	VerifiedBlock(ctx context.Context, height int64) (*lightclient.Block, error)
	VerifiedValue(ctx context.Context, storeName string, key []byte, height int64) ([]byte, error)
}

// LightChain is a Chain over a light client of a Cosmos SDK chain.
type LightChain struct{ client Client }

// NewLightChain returns the Chain that a light client proves.
func NewLightChain(client Client) LightChain { return LightChain{client: client} }

// Block implements Chain.
func (c LightChain) Block(ctx context.Context, height uint64) (*lightclient.Block, error) {
	at, err := signed(height)
	if err != nil {
		return nil, err
	}
	return c.client.VerifiedBlock(ctx, at)
}

// Balance implements Chain. Errors: those of the client, ErrInput, ErrState.
func (c LightChain) Balance(ctx context.Context, address, denom string, height uint64) (math.Int, error) {
	key, err := BalanceKey(address, denom)
	if err != nil {
		return math.Int{}, err
	}
	value, err := c.value(ctx, BankStore, key, height)
	if err != nil {
		return math.Int{}, err
	}
	return ReadBalance(value)
}

// Account implements Chain. Errors: those of the client, ErrInput, ErrState.
func (c LightChain) Account(ctx context.Context, address string, height uint64) (Account, bool, error) {
	key, err := AccountKey(address)
	if err != nil {
		return Account{}, false, err
	}
	value, err := c.value(ctx, AuthStore, key, height)
	if err != nil {
		return Account{}, false, err
	}
	return ReadAccount(address, value)
}

func (c LightChain) value(ctx context.Context, store string, key []byte, height uint64) ([]byte, error) {
	at, err := signed(height)
	if err != nil {
		return nil, err
	}
	return c.client.VerifiedValue(ctx, store, key, at)
}

func signed(height uint64) (int64, error) {
	if height > stdmath.MaxInt64 {
		return 0, fmt.Errorf("%w: height %d, want at most %d", ErrInput, height, int64(stdmath.MaxInt64))
	}
	return int64(height), nil
}

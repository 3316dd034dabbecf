package observe

import (
	"context"
	"math/big"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// cosmosKind reads Cosmos SDK chains.
type cosmosKind struct{ prefix string }

func (k cosmosKind) account(address string) account { return readAccount(k.prefix, address) }

func (cosmosKind) reach() uint64 { return cosmosReach }

func (cosmosKind) cutsWithin() bool { return false }

func (k cosmosKind) reader(in Input, accounts *accounts) (reader, error) {
	return &cosmosReader{contract: in.Contract, prefix: k.prefix, accounts: accounts, chain: in.Chain, books: in.Books, isDust: in.isDust}, nil
}

// cosmosReader reads a Cosmos SDK chain for one derivation.
type cosmosReader struct {
	contract types.Contract
	prefix   string
	accounts *accounts
	chain    Chain
	books    Books
	isDust   func(*big.Int) bool
}

func (c *cosmosReader) owner(address string) *Vault { return c.accounts.owner(address) }

func (c *cosmosReader) balance(ctx context.Context, vault Vault, height uint64) (math.Int, error) {
	return c.chain.Balance(ctx, vault.Address, c.contract.Denom, height)
}

// state of an account. That of a vault whose address is an older generation's is never plain.
func (c *cosmosReader) state(ctx context.Context, vault Vault, height uint64) (types.AccountEvent, bool, error) {
	account, found, err := c.chain.Account(ctx, vault.Address, height)
	state := types.AccountEvent{
		Plain: account.Plain() && c.accounts.owns(vault), Number: account.Number, Sequence: account.Sequence, Type: account.Type,
		Locked: math.ZeroInt(),
	}
	if state.Plain {
		state.Locked = account.LockedIn(c.contract.Denom)
	}
	return state, found, err
}

func (c *cosmosReader) sequence(ctx context.Context, vault Vault, height uint64) (uint64, bool, error) {
	account, found, err := c.chain.Account(ctx, vault.Address, height)
	return account.Sequence, found, err
}

package observe

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// kind is what differs between the kinds of original chains. All else, above all what an observation says and where it is cut, is the same.
type kind interface {
	// account is an address in comparable form, empty where it is none of the contract's chain.
	account(address string) account
	// reach is how many blocks a range has at most.
	reach() uint64
	// cutsWithin says that a range which does not fit ends within a block rather than after one, because nodes can prove the state of recent blocks
	// only: of the end of a range that was not cut.
	cutsWithin() bool
	// reader reads the chain for one derivation. Error: ErrInput.
	reader(Input, *accounts) (reader, error)
}

// reader reads what is proven of an original chain. Errors of its methods are those of the chain and the books, which mean that the observation
// can't be derived now.
type reader interface {
	// block is what a block did to the vaults that own their accounts, in the order of the observation's events. How many effects it has does not
	// depend on who holds an account.
	block(ctx context.Context, height uint64) (blockEffects, error)
	// balance of a vault's account in the state after the block at a height.
	balance(ctx context.Context, vault Vault, height uint64) (math.Int, error)
	// state is what a vault's account is proven to be, without the vault's id; false where there is none yet.
	state(ctx context.Context, vault Vault, height uint64) (types.AccountEvent, bool, error)
	// sequence is the next one of a vault's account in the state after the block at a height,
	// false where there is no account.
	sequence(ctx context.Context, vault Vault, height uint64) (uint64, bool, error)
	// remembering reads blocks through a Scanner's memory from now on.
	remembering(memory)
}

func kindOf(contract types.Contract) (kind, error) {
	switch {
	case contract.Denom == "":
		return nil, fmt.Errorf("%w: contract %d has no denom", ErrInput, contract.Id)
	case contract.Kind == multisigtypes.CHAIN_KIND_COSMOS && contract.Cosmos != nil:
		return cosmosKind{prefix: contract.Cosmos.Bech32Prefix}, nil
	case contract.Kind == multisigtypes.CHAIN_KIND_ETHEREUM && contract.Ethereum != nil:
		return ethereumKind{}, nil
	}
	return nil, fmt.Errorf("%w: contract %d of kind %s, want %s or %s with its chain", ErrInput, contract.Id, contract.Kind,
		multisigtypes.CHAIN_KIND_COSMOS, multisigtypes.CHAIN_KIND_ETHEREUM)
}

// Reach is how many blocks of a contract's chain a range should have at most. On a Cosmos chain a member that was away for long catches up in steps that
// the others can follow before the deadline. On Ethereum the end is best the newest final block, the only one of which every node can still prove the
// state: the bound is what a Scanner remembers, about two days.
func Reach(contract types.Contract) uint64 {
	kind, err := kindOf(contract)
	if err != nil {
		return cosmosReach
	}
	return kind.reach()
}

// cosmosReach and ethereumReach in blocks.
const (
	cosmosReach   = 1_000
	ethereumReach = 14_000
)

package observe

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// proxyCodeHash is keccak256 of the code of a SafeProxy of version 1.4.1: what an account has to have besides the right storage.
var proxyCodeHash = common.HexToHash("0xd7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c")

// ethereumKind reads Ethereum networks.
type ethereumKind struct{}

func (ethereumKind) account(address string) account {
	parsed, err := vaultethereum.ParseAddress(address)
	if err != nil {
		return ""
	}
	return account(parsed.Bytes())
}

func (ethereumKind) reach() uint64 { return ethereumReach }

func (ethereumKind) cutsWithin() bool { return true }

func (ethereumKind) reader(in Input, accounts *accounts) (reader, error) {
	if in.Ethereum == nil {
		return nil, fmt.Errorf("%w: contract %d is on %s, want a light client of an Ethereum network", ErrInput, in.Contract.Id, in.Contract.ChainId)
	}
	if id := in.Ethereum.ChainID(); id != in.Contract.ChainId {
		return nil, fmt.Errorf("%w: light client of %q, want %q", ErrInput, id, in.Contract.ChainId)
	}
	r := &ethereumReader{contract: in.Contract, accounts: accounts, chain: in.Ethereum, books: in.Books, isDust: in.isDust}
	for _, owner := range accounts.owners {
		r.safes = append(r.safes, newSafe(*owner))
	}
	return r, nil
}

// ethereumReader reads an Ethereum network for one derivation.
type ethereumReader struct {
	contract contracttypes.Contract
	accounts *accounts
	chain    EthereumChain
	books    Books
	isDust   func(*big.Int) bool
	// safes in the order of their owners: one, unless first vaults were given up before they were ACTIVE.
	safes []safe
	// memory of a Scanner, if any.
	memory memory
}

// safe is a Safe with its deposit contract, and the vault that owns it at the range's start.
type safe struct {
	owner   uint64
	address common.Address
	deposit common.Address
}

func newSafe(owner Vault) safe {
	address := common.HexToAddress(owner.Address)
	return safe{owner: owner.ID, address: address, deposit: vaultethereum.DepositContract(address)}
}

func (r *ethereumReader) remembering(m memory) { r.memory = m }

func (r *ethereumReader) balance(ctx context.Context, vault Vault, height uint64) (math.Int, error) {
	address, err := vaultethereum.ParseAddress(vault.Address)
	if err != nil {
		return math.Int{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	account, _, err := r.chain.AccountAt(ctx, height, address)
	if err != nil {
		return math.Int{}, err
	}
	return math.NewIntFromBigInt(account.Balance.ToBig()), nil
}

// state of a Safe, once it is deployed. It is plain where its code is a Safe's and its storage exactly that of the vault's owners and threshold,
// whatever its nonce: that is told, and the vault signs from there. A plain one is told of once its deposit contract is deployed, too: the vault is
// ACTIVE then and both addresses are published, and what is sent to a contract that is not there yet is lost.
func (r *ethereumReader) state(ctx context.Context, vault Vault, height uint64) (contracttypes.AccountEvent, bool, error) {
	wanted, err := storageOf(vault)
	if err != nil {
		return contracttypes.AccountEvent{}, false, err
	}
	keys := make([]common.Hash, 0, len(wanted)+1)
	for _, slot := range wanted {
		keys = append(keys, slot.Key)
	}
	keys = append(keys, vaultethereum.NonceSlot())
	account, values, err := r.chain.AccountAt(ctx, height, common.HexToAddress(vault.Address), keys...)
	if err != nil {
		return contracttypes.AccountEvent{}, false, err
	}
	if len(values) != len(keys) {
		return contracttypes.AccountEvent{}, false, fmt.Errorf("%w: %d slots, want %d", ErrState, len(values), len(keys))
	}
	nonce, err := nonceOf(vault, values[len(wanted)])
	if err != nil {
		return contracttypes.AccountEvent{}, false, err
	}
	state := contracttypes.AccountEvent{
		Plain: r.accounts.owns(vault) && isSafe(account, wanted, values), Sequence: nonce, Type: account.CodeHash.Hex(),
		Locked: math.ZeroInt(),
	}
	if !account.Exists || account.CodeHash == types.EmptyCodeHash || !state.Plain {
		return state, account.Exists && account.CodeHash != types.EmptyCodeHash, nil
	}
	found, err := r.takesDeposits(ctx, common.HexToAddress(vault.Address), height)
	return state, found, err
}

func nonceOf(vault Vault, value common.Hash) (uint64, error) {
	nonce := value.Big()
	if !nonce.IsUint64() {
		return 0, fmt.Errorf("%w: nonce %s of Safe %s", ErrState, nonce, vault.Address)
	}
	return nonce.Uint64(), nil
}

// sequence is a Safe's nonce, proven as its owners are.
func (r *ethereumReader) sequence(ctx context.Context, vault Vault, height uint64) (uint64, bool, error) {
	account, values, err := r.chain.AccountAt(ctx, height, common.HexToAddress(vault.Address), vaultethereum.NonceSlot())
	if err != nil {
		return 0, false, err
	}
	if len(values) != 1 {
		return 0, false, fmt.Errorf("%w: %d slots, want 1", ErrState, len(values))
	}
	nonce, err := nonceOf(vault, values[0])
	return nonce, account.Exists, err
}

// takesDeposits says whether a Safe's deposit contract is there.
func (r *ethereumReader) takesDeposits(ctx context.Context, safe common.Address, height uint64) (bool, error) {
	account, _, err := r.chain.AccountAt(ctx, height, vaultethereum.DepositContract(safe))
	if err != nil {
		return false, err
	}
	return account.CodeHash == vaultethereum.DepositCodeHash(safe), nil
}

func isSafe(account *execution.Account, wanted []vaultethereum.Slot, values []common.Hash) bool {
	for i, slot := range wanted {
		if values[i] != slot.Value {
			return false
		}
	}
	return account.CodeHash == proxyCodeHash
}

// storageOf is what the storage of a contract's first vault has to be.
func storageOf(vault Vault) ([]vaultethereum.Slot, error) {
	addresses, err := vaultethereum.KeyAddresses(vault.Keys)
	if err != nil {
		return nil, fmt.Errorf("%w: vault %d: %w", ErrInput, vault.ID, err)
	}
	owners, err := vaultethereum.Genesis{Owners: addresses, Threshold: vault.Threshold}.First()
	if err != nil {
		return nil, fmt.Errorf("%w: vault %d: %w", ErrInput, vault.ID, err)
	}
	return vaultethereum.Storage(vaultethereum.Canonical().Singleton, owners), nil
}

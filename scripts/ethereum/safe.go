package ethereum

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/triedb"

	"github.com/stafiprotocol/stafid/contracts/ethereum/safe"
	vault "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// deployGas is more than the largest of the contracts costs.
const deployGas = 10_000_000

// safeAccounts are the accounts of a chain that has Safe 1.4.1 at its canonical addresses and its singleton factory. The factory runs the audited
// creation code in an EVM, so that code and storage are those of public networks.
func safeAccounts(config *runtime.Config) (types.GenesisAlloc, error) {
	artifacts, err := safe.Load()
	if err != nil {
		return nil, err
	}
	db, err := state.New(types.EmptyRootHash, state.NewDatabase(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil), nil))
	if err != nil {
		return nil, err
	}
	db.SetNonce(vault.SingletonFactory, 1, tracing.NonceChangeGenesis)
	db.SetCode(vault.SingletonFactory, vault.SingletonFactoryCode, tracing.CodeChangeGenesis)
	config.State, config.GasLimit = db, deployGas

	canonical := vault.Canonical()
	alloc := types.GenesisAlloc{vault.SingletonFactory: {Nonce: 1, Balance: new(big.Int), Code: vault.SingletonFactoryCode}}
	for _, contract := range []struct {
		name     string
		creation []byte
		want     common.Address
	}{
		{"Safe", artifacts.Safe.Bytecode, canonical.Singleton},
		{"SafeProxyFactory", artifacts.SafeProxyFactory.Bytecode, canonical.Factory},
		{"MultiSendCallOnly", artifacts.MultiSendCallOnly.Bytecode, canonical.MultiSend},
	} {
		returned, _, err := runtime.Call(vault.SingletonFactory, append(make([]byte, common.HashLength), contract.creation...), config)
		if err != nil {
			return nil, fmt.Errorf("deploying %s: %w", contract.name, err)
		}
		if address := common.BytesToAddress(returned); address != contract.want {
			return nil, fmt.Errorf("%s is at %s, want %s", contract.name, address, contract.want)
		}
		alloc[contract.want] = types.Account{
			Nonce: 1, Balance: new(big.Int), Code: db.GetCode(contract.want), Storage: safeStorage(db, contract.want),
		}
	}
	return alloc, nil
}

// safeStorageSlots is more than the contracts' constructors write to: the singleton sets its threshold, so that nobody can set it up.
const safeStorageSlots = 16

func safeStorage(db *state.StateDB, address common.Address) map[common.Hash]common.Hash {
	storage := map[common.Hash]common.Hash{}
	for i := range int64(safeStorageSlots) {
		slot := common.BigToHash(big.NewInt(i))
		if value := db.GetState(address, slot); value != (common.Hash{}) {
			storage[slot] = value
		}
	}
	return storage
}

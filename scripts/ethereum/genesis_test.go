package ethereum

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/contracts/ethereum/safe"
	vault "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func TestTheGenesisHasTheAuditedContractsAtTheirAddresses(t *testing.T) {
	genesis, err := Genesis(nil)
	require.NoError(t, err)
	chain := evmtest.New(t)
	contracts := chain.DeploySafeContracts()
	artifacts, err := safe.Load()
	require.NoError(t, err)
	for address, deployed := range map[common.Address][]byte{
		contracts.Safe: artifacts.Safe.DeployedBytecode, contracts.SafeProxyFactory: artifacts.SafeProxyFactory.DeployedBytecode,
		contracts.MultiSendCallOnly: artifacts.MultiSendCallOnly.DeployedBytecode,
	} {
		account := genesis.Alloc[address]
		require.Equal(t, deployed, account.Code, address)
		for slot := range int64(100) {
			key := common.BigToHash(big.NewInt(slot))
			require.Equal(t, chain.Storage(address, key), account.Storage[key], "%s slot %d", address, slot)
		}
	}
	// The singleton itself can't be set up by anybody: its threshold is not 0.
	require.Equal(t, common.Hash{31: 1}, genesis.Alloc[contracts.Safe].Storage[common.Hash{31: 4}])
	// Safe's deployer is a well-known proxy: keccak256 of its code is on every public network the same.
	factory := genesis.Alloc[vault.SingletonFactory]
	require.Equal(t, "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989", crypto.Keccak256Hash(factory.Code).Hex())
}

func TestTheGenesisFundsWhomTheCallerNamesAndIsTheSameAgain(t *testing.T) {
	funded := map[common.Address]*big.Int{{1}: big.NewInt(7), {2}: big.NewInt(8)}
	genesis, err := Genesis(funded)
	require.NoError(t, err)
	require.Equal(t, big.NewInt(7), genesis.Alloc[common.Address{1}].Balance)
	require.Equal(t, Funding(), genesis.Alloc[Address(3)].Balance)
	again, err := Genesis(funded)
	require.NoError(t, err)
	require.Equal(t, genesis.ToBlock().Hash(), again.ToBlock().Hash())
	other, err := Genesis(nil)
	require.NoError(t, err)
	require.NotEqual(t, genesis.ToBlock().Hash(), other.ToBlock().Hash())
	_, err = Genesis(map[common.Address]*big.Int{vault.SingletonFactory: big.NewInt(1)})
	require.ErrorContains(t, err, "funded by the network already")
}

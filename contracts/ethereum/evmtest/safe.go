package evmtest

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/safe"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// SafeContracts are addresses of the audited contracts on a chain.
type SafeContracts struct {
	Artifacts         safe.Artifacts
	Safe              common.Address
	SafeProxyFactory  common.Address
	MultiSend         common.Address
	MultiSendCallOnly common.Address
}

// DeploySafeContracts puts Safe's singleton factory on the chain and deploys the audited creation code by it, as on public networks, and so at
// the same addresses.
func (c *Chain) DeploySafeContracts() SafeContracts {
	c.t.Helper()
	artifacts, err := safe.Load()
	require.NoError(c.t, err)
	c.SetCode(ethereum.SingletonFactory, ethereum.SingletonFactoryCode)
	return SafeContracts{
		Artifacts: artifacts, Safe: c.create2(artifacts.Safe), SafeProxyFactory: c.create2(artifacts.SafeProxyFactory),
		MultiSend: c.create2(artifacts.MultiSend), MultiSendCallOnly: c.create2(artifacts.MultiSendCallOnly),
	}
}

func (c *Chain) create2(artifact safe.Artifact) common.Address {
	c.t.Helper()
	to := ethereum.SingletonFactory
	receipt := c.Send(Tx{From: c.Account("deployer"), To: &to, Data: append(make([]byte, common.HashLength), artifact.Bytecode...)})
	require.False(c.t, receipt.Reverted, receipt.Reason)
	address := common.BytesToAddress(receipt.Return)
	require.NotEmpty(c.t, c.Code(address))
	return address
}

package evmtest

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/safe"
)

// deployer is Safe's singleton factory: it deploys by CREATE2 with the salt that comes before the code, here on a chain where it is in the genesis.
var (
	deployer     = common.HexToAddress("0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7")
	deployerCode = common.FromHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3")
)

// SafeContracts are addresses of the audited contracts on a chain.
type SafeContracts struct {
	Artifacts         safe.Artifacts
	Safe              common.Address
	SafeProxyFactory  common.Address
	MultiSend         common.Address
	MultiSendCallOnly common.Address
}

// DeploySafeContracts deploys the audited creation code as it was deployed on public networks, and so at the same addresses.
func (c *Chain) DeploySafeContracts() SafeContracts {
	c.t.Helper()
	artifacts, err := safe.Load()
	require.NoError(c.t, err)
	c.SetCode(deployer, deployerCode)
	return SafeContracts{
		Artifacts: artifacts, Safe: c.create2(artifacts.Safe), SafeProxyFactory: c.create2(artifacts.SafeProxyFactory),
		MultiSend: c.create2(artifacts.MultiSend), MultiSendCallOnly: c.create2(artifacts.MultiSendCallOnly),
	}
}

func (c *Chain) create2(artifact safe.Artifact) common.Address {
	c.t.Helper()
	to := deployer
	receipt := c.Send(Tx{From: c.Account("deployer"), To: &to, Data: append(make([]byte, common.HashLength), artifact.Bytecode...)})
	require.False(c.t, receipt.Reverted, receipt.Reason)
	address := common.BytesToAddress(receipt.Return)
	require.NotEmpty(c.t, c.Code(address))
	return address
}

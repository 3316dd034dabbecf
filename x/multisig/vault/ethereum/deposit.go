package ethereum

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
)

// SingletonFactory is Safe's deployer: called with a salt in 32 bytes and creation code, it deploys the code by CREATE2. It is wherever Safe's contracts
// are at their canonical addresses, which follow from it. SingletonFactoryCode is its code.
var (
	SingletonFactory     = common.HexToAddress("0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7")
	SingletonFactoryCode = common.FromHex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3")
)

// depositSalt is the salt of every deposit contract: its Safe's address is in the code, so one salt is enough.
var depositSalt common.Hash

// DepositInitCode returns the creation code of the deposit contract of a Safe: StafiDeposit's bytecode and the Safe's address in 32 bytes.
// It reverts as long as the Safe is not deployed.
func DepositInitCode(safe common.Address) []byte { return deposit.CreationCode(safe) }

// DepositContract returns where the deposit contract of a Safe is, deployed or not (CREATE2, EIP-1014). Whoever deploys it, and whenever, it is
// this code for this Safe, so that nobody has to register it.
func DepositContract(safe common.Address) common.Address {
	return crypto.CreateAddress2(SingletonFactory, depositSalt, crypto.Keccak256(DepositInitCode(safe)))
}

// DepositDeploy returns the calldata for the SingletonFactory that deploys the deposit contract. It reverts, and may be sent again, while
// the Safe is not deployed; and for ever once the contract is.
func DepositDeploy(safe common.Address) []byte {
	return append(depositSalt.Bytes(), DepositInitCode(safe)...)
}

// DepositCodeHash returns the code hash of the account at DepositContract once it is deployed: what a state proof of it has to show.
func DepositCodeHash(safe common.Address) common.Hash {
	return crypto.Keccak256Hash(deposit.RuntimeCode(safe))
}

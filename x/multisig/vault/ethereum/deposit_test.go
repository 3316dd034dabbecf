package ethereum_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func TestADepositContractIsWhereItsSafeSays(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 21, 15))
	foreseen := ethereum.DepositContract(v.safe)
	receipt := v.deployDeposit(v.safe)
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Equal(t, foreseen, common.BytesToAddress(receipt.Return))
	require.Equal(t, ethereum.DepositCodeHash(v.safe), crypto.Keccak256Hash(v.chain.Code(foreseen)))
	t.Logf("a deposit contract is deployed for %d gas", receipt.Gas)

	before := v.chain.Balance(v.safe)
	receipt = v.chain.Send(evmtest.Tx{From: v.sender, To: &foreseen, Value: tenth, Data: deposit.Calldata([]byte("stafi1"))})
	require.False(t, receipt.Reverted, receipt.Reason)
	require.Equal(t, before.Add(before, tenth), v.chain.Balance(v.safe))
}

func TestADepositContractIsDeployedAfterItsSafeAndOnce(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	next := newCommittee(t, "b", 4, 3)
	genesis := ethereum.Genesis{Owners: next.List, Threshold: next.Threshold, Salt: 8}
	safe, err := genesis.Address(ethereum.Canonical())
	require.NoError(t, err)

	require.True(t, v.deployDeposit(safe).Reverted, "there is no Safe yet")
	require.Empty(t, v.chain.Code(ethereum.DepositContract(safe)))

	calldata, err := genesis.Deploy(ethereum.Canonical())
	require.NoError(t, err)
	factory := ethereum.Canonical().Factory
	receipt := v.chain.Send(evmtest.Tx{From: v.sender, To: &factory, Data: calldata})
	require.False(t, receipt.Reverted, receipt.Reason)

	require.False(t, v.deployDeposit(safe).Reverted, "now there is")
	require.Equal(t, ethereum.DepositCodeHash(safe), crypto.Keccak256Hash(v.chain.Code(ethereum.DepositContract(safe))))
	require.True(t, v.deployDeposit(safe).Reverted, "it is there")
	require.NotEqual(t, ethereum.DepositContract(v.safe), ethereum.DepositContract(safe))
}

// deployDeposit asks the singleton factory for the deposit contract of a Safe.
func (v *vault) deployDeposit(safe common.Address) evmtest.Receipt {
	v.t.Helper()
	to := ethereum.SingletonFactory
	return v.chain.Send(evmtest.Tx{From: v.chain.Account("anyone"), To: &to, Data: ethereum.DepositDeploy(safe)})
}

func TestADepositContractIsTheCompilersBytecode(t *testing.T) {
	raw, err := os.ReadFile("../../../../contracts/ethereum/deposit/StafiDeposit.json")
	require.NoError(t, err)
	var compiled struct {
		Bytecode string `json:"bytecode"`
	}
	require.NoError(t, json.Unmarshal(raw, &compiled))
	safe := common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
	require.Equal(t, compiled.Bytecode+"0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
		"0x"+common.Bytes2Hex(ethereum.DepositInitCode(safe)))
	// An address that stakers know must never change by a rebuild that nobody noticed.
	require.Equal(t, "0xb942623A079c16d19071e8B3a171aa2645F095a1", ethereum.DepositContract(safe).Hex())
	require.Equal(t, "0x81a1a763195bbda2ce080648a21f0fd224f474ea2a507ba6c2dd16bb32963ff5", ethereum.DepositCodeHash(safe).Hex())
}

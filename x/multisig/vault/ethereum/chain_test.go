package ethereum_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/contracts/ethereum/safe"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func safeABI(t testing.TB) abi.ABI {
	t.Helper()
	artifacts, err := safe.Load()
	require.NoError(t, err)
	return artifacts.Safe.ABI
}

func TestTheCanonicalAddressesFollowFromTheAuditedCode(t *testing.T) {
	contracts := evmtest.New(t).DeploySafeContracts()
	canonical := ethereum.Canonical()
	require.Equal(t, canonical.Singleton, contracts.Safe)
	require.Equal(t, canonical.Factory, contracts.SafeProxyFactory)
	require.Equal(t, canonical.MultiSend, contracts.MultiSendCallOnly)
	require.Equal(t, "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526", contracts.MultiSend.Hex())
	require.Equal(t, canonical.ProxyCodeHash, keccak(contracts.Artifacts.SafeProxy.Bytecode, common.LeftPadBytes(contracts.Safe.Bytes(), 32)))
}

func TestADeployedSafeIsExactlyTheCommittees(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 21, 15))
	var owners struct{ Array []common.Address }
	v.read("getOwners", &owners.Array)
	require.Equal(t, v.owners.List, owners.Array)
	for _, slot := range ethereum.Storage(ethereum.Canonical().Singleton, v.owners) {
		require.Equal(t, slot.Value, v.chain.Storage(v.safe, slot.Key), "slot %s", slot.Key)
	}
	var version string
	v.read("VERSION", &version)
	require.Equal(t, "1.4.1", version)
}

func TestWhoeverOrdersTheOwnersGetsTheSameSafe(t *testing.T) {
	c := newCommittee(t, "a", 5, 3)
	genesis := ethereum.Genesis{Owners: c.List, Threshold: 3, Salt: 7}
	address, err := genesis.Address(ethereum.Canonical())
	require.NoError(t, err)
	shuffled := genesis
	shuffled.Owners = []common.Address{c.List[4], c.List[1], c.List[0], c.List[3], c.List[2]}
	again, err := shuffled.Address(ethereum.Canonical())
	require.NoError(t, err)
	require.Equal(t, address, again)
	for name, change := range map[string]func(*ethereum.Genesis){
		"another threshold": func(g *ethereum.Genesis) { g.Threshold = 4 },
		"another contract":  func(g *ethereum.Genesis) { g.Salt = 8 },
		"fewer owners":      func(g *ethereum.Genesis) { g.Owners = g.Owners[:4] },
	} {
		other := genesis
		change(&other)
		elsewhere, err := other.Address(ethereum.Canonical())
		require.NoError(t, err)
		require.NotEqual(t, address, elsewhere, name)
	}
	for _, bad := range []ethereum.Genesis{{}, {Owners: c.List}, {Owners: append(c.List[:4:4], c.List[0]), Threshold: 1}} {
		_, err := bad.Address(ethereum.Canonical())
		require.Error(t, err)
		_, err = bad.Deploy(ethereum.Canonical())
		require.Error(t, err)
	}
}

// read calls a view function of the Safe.
func (v *vault) read(function string, into any, args ...any) {
	v.t.Helper()
	safe := safeABI(v.t)
	data, err := safe.Pack(function, args...)
	require.NoError(v.t, err)
	receipt := v.chain.Call(v.safe, data)
	require.False(v.t, receipt.Reverted, receipt.Reason)
	require.NoError(v.t, safe.UnpackIntoInterface(into, function, receipt.Return))
}

func TestADigestIsTheSafesOwnTransactionHash(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 21, 15))
	payouts := v.payout(fresh(3)...)
	payouts.Nonce, payouts.Fee = 1<<63, evmtest.Ether(1)
	for name, p := range map[string]ethereum.Payload{
		"one output": v.payout(fresh(1)...), "three outputs with a refund": payouts, "a handover": v.handover(newCommittee(t, "b", 21, 15)),
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := p.SafeTx()
			require.NoError(t, err)
			digest, err := ethereum.Digest(p)
			require.NoError(t, err)
			var hash [32]byte
			v.read("getTransactionHash", &hash, tx.To, tx.Value, tx.Data, uint8(tx.Operation), tx.SafeTxGas, tx.BaseGas, tx.GasPrice,
				tx.GasToken, tx.RefundReceiver, tx.Nonce)
			require.Equal(t, common.Hash(hash), digest)
		})
	}
}

func TestFifteenOfTwentyOnePay(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 21, 15))
	recipients := fresh(10)
	receipt := v.executed(v.payout(recipients...), true)
	for _, recipient := range recipients {
		require.Equal(t, tenth, v.chain.Balance(recipient))
	}
	require.Equal(t, evmtest.Ether(99), v.chain.Balance(v.safe))
	t.Logf("15 of 21 pay 10 new accounts: %d gas", receipt.Gas)
}

func TestTheOtherMultiSendDoesTheSame(t *testing.T) {
	v := newVault(t, newCommittee(t, "a", 4, 3))
	p := v.payout(fresh(4)...)
	p.MultiSend = common.HexToAddress("0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526")
	v.executed(p, true)
	require.Equal(t, tenth, v.chain.Balance(fresh(4)[3]))
}

func TestTheVaultRefundsItsSenderAtMostTheFee(t *testing.T) {
	for _, outputs := range []int{1, 10} {
		v := newVault(t, newCommittee(t, "a", 21, 15))
		p := v.payout(fresh(outputs)...)
		p.Fee = new(big.Int).Div(evmtest.Ether(1), big.NewInt(100))
		before := v.chain.Balance(v.sender)
		receipt := v.executed(p, true)
		execution, _ := v.execution(receipt)
		require.Positive(t, execution.Refund.Sign())
		require.LessOrEqual(t, execution.Refund.Cmp(p.Fee), 0)
		paid := new(big.Int).Mul(big.NewInt(int64(receipt.Gas)), big.NewInt(evmtest.GasPrice))
		require.Equal(t, new(big.Int).Sub(execution.Refund, paid), new(big.Int).Sub(v.chain.Balance(v.sender), before), "what the sender has more")
		t.Logf("%d outputs: gas %d, refunded for %d", outputs, receipt.Gas, new(big.Int).Div(execution.Refund, big.NewInt(evmtest.GasPrice)))
	}
}

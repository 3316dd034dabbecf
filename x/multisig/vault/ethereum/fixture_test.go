package ethereum_test

import (
	"bytes"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// committee is a vault's members with their keys, in the vault's order.
type committee struct {
	private []*ecdsa.PrivateKey
	keys    [][]byte
	ethereum.Owners
}

// newCommittee returns the members of a name: the same name gives the same keys.
func newCommittee(t testing.TB, name string, size int, threshold uint32) committee {
	t.Helper()
	c := committee{Owners: ethereum.Owners{Threshold: threshold}}
	for i := range size {
		private, err := crypto.ToECDSA(crypto.Keccak256(fmt.Appendf(nil, "%s %d", name, i)))
		require.NoError(t, err)
		c.private = append(c.private, private)
	}
	return c.sorted(t)
}

// with returns the committee of other private keys.
func (c committee) with(t testing.TB, private ...*ecdsa.PrivateKey) committee {
	t.Helper()
	return committee{private: private, Owners: ethereum.Owners{Threshold: c.Threshold}}.sorted(t)
}

func (c committee) sorted(t testing.TB) committee {
	t.Helper()
	c.private = slices.Clone(c.private)
	slices.SortFunc(c.private, func(a, b *ecdsa.PrivateKey) int {
		return crypto.PubkeyToAddress(a.PublicKey).Cmp(crypto.PubkeyToAddress(b.PublicKey))
	})
	c.keys, c.List = nil, nil
	for _, private := range c.private {
		c.keys = append(c.keys, crypto.CompressPubkey(&private.PublicKey))
		c.List = append(c.List, crypto.PubkeyToAddress(private.PublicKey))
	}
	return c
}

// sign returns the signature of the member at an index over a digest, as a relayer makes it.
func (c committee) sign(t testing.TB, digest common.Hash, index int) ethereum.IndexedSignature {
	t.Helper()
	signature, err := crypto.Sign(digest.Bytes(), c.private[index])
	require.NoError(t, err)
	signature[64] += 27
	return ethereum.IndexedSignature{Index: uint32(index), Signature: signature}
}

// signed returns the signatures of the last members, as many as the threshold.
func (c committee) signed(t testing.TB, p ethereum.Payload) []ethereum.IndexedSignature {
	t.Helper()
	digest, err := ethereum.Digest(p)
	require.NoError(t, err)
	var signatures []ethereum.IndexedSignature
	for i := len(c.keys) - int(c.Threshold); i < len(c.keys); i++ {
		signatures = append(signatures, c.sign(t, digest, i))
	}
	return signatures
}

// vault is a Safe on a chain of the test's own.
type vault struct {
	t     testing.TB
	chain *evmtest.Chain
	safe  common.Address
	// committee holds the vault now; owners are the Safe's in its order.
	committee
	owners ethereum.Owners
	nonce  uint64
	sender common.Address
}

// newVault deploys the Safe of a committee, whose address is known before, and gives it a hundred ether.
func newVault(t testing.TB, members committee) *vault {
	t.Helper()
	chain := evmtest.New(t)
	chain.DeploySafeContracts()
	return deployed(t, chain, members)
}

func deployed(t testing.TB, chain *evmtest.Chain, members committee) *vault {
	t.Helper()
	genesis := ethereum.Genesis{Owners: members.List, Threshold: members.Threshold, Salt: 7}
	address, err := genesis.Address(ethereum.Canonical())
	require.NoError(t, err)
	calldata, err := genesis.Deploy(ethereum.Canonical())
	require.NoError(t, err)
	owners, err := genesis.First()
	require.NoError(t, err)
	factory := ethereum.Canonical().Factory
	receipt := chain.Send(evmtest.Tx{From: chain.Account("anyone"), To: &factory, Data: calldata})
	require.False(t, receipt.Reverted, receipt.Reason)
	require.NotEmpty(t, chain.Code(address), "the Safe is where it was foreseen")
	chain.Fund(address, evmtest.Ether(100))
	return &vault{t: t, chain: chain, safe: address, committee: members, owners: owners, sender: chain.Account("sender")}
}

// payout is a payload of the vault's next nonce that pays a tenth of an ether to each recipient, without a refund.
func (v *vault) payout(recipients ...common.Address) ethereum.Payload {
	p := ethereum.Payload{
		ChainNumber: evmtest.Number, Safe: v.safe, Nonce: v.nonce, MultiSend: ethereum.Canonical().MultiSend, Owners: v.owners,
		Gas: ethereum.PayoutGas(len(recipients)), Fee: new(big.Int),
	}
	for _, recipient := range recipients {
		p.Outputs = append(p.Outputs, ethereum.Output{To: recipient, Amount: tenth})
	}
	return p
}

// tenth of an ether.
var tenth = new(big.Int).Div(evmtest.Ether(1), big.NewInt(10))

// handover is a payload of the vault's next nonce that gives it other owners.
func (v *vault) handover(next committee) ethereum.Payload {
	calls, _, err := v.owners.Handover(v.safe, next.Owners)
	require.NoError(v.t, err)
	return ethereum.Payload{
		ChainNumber: evmtest.Number, Safe: v.safe, Nonce: v.nonce, MultiSend: ethereum.Canonical().MultiSend, Owners: v.owners,
		Next: &next.Owners, Gas: ethereum.HandoverGas(len(calls)), Fee: new(big.Int),
	}
}

// calldata is the payload's with its signers' signatures.
func (v *vault) calldata(p ethereum.Payload) []byte {
	calldata, _, err := ethereum.Assemble(p, v.keys, v.signed(v.t, p))
	require.NoError(v.t, err)
	return calldata
}

// send sends calldata to the Safe with a gas limit; 0 is what the payload's sender uses.
func (v *vault) send(p ethereum.Payload, calldata []byte, gas uint64) evmtest.Receipt {
	if gas == 0 {
		tx, err := p.SafeTx()
		require.NoError(v.t, err)
		gas = tx.GasLimit()
	}
	receipt := v.chain.Send(evmtest.Tx{From: v.sender, To: &v.safe, Data: calldata, Gas: gas})
	v.nonce = v.chainNonce()
	return receipt
}

func (v *vault) chainNonce() uint64 {
	return v.chain.Storage(v.safe, ethereum.NonceSlot()).Big().Uint64()
}

// execution is the Safe's log of an executed payload.
func (v *vault) execution(receipt evmtest.Receipt) (ethereum.Execution, bool) {
	for _, log := range receipt.Logs {
		if execution, err := ethereum.ParseExecution(log.Topics, log.Data); err == nil && log.Address == v.safe {
			return execution, true
		}
	}
	return ethereum.Execution{}, false
}

// executed sends a payload and wants it to be executed with that success.
func (v *vault) executed(p ethereum.Payload, success bool) evmtest.Receipt {
	v.t.Helper()
	nonce := v.nonce
	receipt := v.send(p, v.calldata(p), 0)
	require.False(v.t, receipt.Reverted, receipt.Reason)
	execution, found := v.execution(receipt)
	require.True(v.t, found)
	digest, err := ethereum.Digest(p)
	require.NoError(v.t, err)
	require.Equal(v.t, digest, execution.SafeTx)
	require.Equal(v.t, success, execution.Success)
	require.Equal(v.t, nonce+1, v.nonce)
	return receipt
}

// fresh returns addresses at which nothing ever was.
func fresh(n int) []common.Address {
	addresses := make([]common.Address, n)
	for i := range addresses {
		addresses[i] = common.BytesToAddress(crypto.Keccak256(fmt.Appendf(nil, "fresh %d", i)))
	}
	return addresses
}

// contract puts code in hex at an address of its own.
func (v *vault) contract(code string) common.Address {
	address := common.BytesToAddress(crypto.Keccak256([]byte(code)))
	v.chain.SetCode(address, common.FromHex(code))
	return address
}

// Recipients that are contracts.
const (
	// reverting: revert(0, 0).
	reverting = "5f5ffd"
	// burning: invalid.
	burning = "fe"
	// greedy loops until 3,000 gas are left, and takes the payment: while (gas > 3000) {}.
	greedy = "5b610bb85a115f5700"
)

// spending is the code of a recipient that uses exactly that much gas and takes the payment: new slots for 22,106 each, then jump
// destinations for 1 each.
func spending(gas int) string {
	var code []byte
	for slot := byte(1); gas >= 22_106; slot++ {
		code = append(code, 0x60, 1, 0x60, slot, 0x55)
		gas -= 22_106
	}
	return common.Bytes2Hex(append(code, bytes.Repeat([]byte{0x5b}, gas)...))
}

func keccak(data ...[]byte) common.Hash { return crypto.Keccak256Hash(data...) }

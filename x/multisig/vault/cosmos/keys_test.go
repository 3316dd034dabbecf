package cosmos_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// vault is a vault with its private keys, both in its order.
type vault struct {
	address   string
	threshold uint32
	keys      [][]byte
	private   []*secp256k1.PrivKey
}

func newVault(t testing.TB, size, threshold uint32) vault {
	t.Helper()
	byKey := make(map[string]*secp256k1.PrivKey, size)
	keys := make([][]byte, size)
	for i := range keys {
		private := secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "member %d", i))
		keys[i] = private.PubKey().Bytes()
		byKey[string(keys[i])] = private
	}
	address, sorted, err := cosmos.Address("cosmos", threshold, keys)
	require.NoError(t, err)
	v := vault{address: address, threshold: threshold, keys: sorted}
	for _, key := range sorted {
		v.private = append(v.private, byKey[string(key)])
	}
	return v
}

// sign returns the signatures of the members at indexes.
func (v vault) sign(t testing.TB, p cosmos.Payload, indexes ...uint32) []cosmos.IndexedSignature {
	t.Helper()
	document, err := cosmos.SignBytes(p)
	require.NoError(t, err)
	signatures := make([]cosmos.IndexedSignature, len(indexes))
	for i, index := range indexes {
		signature, err := v.private[index].Sign(document)
		require.NoError(t, err)
		signatures[i] = cosmos.IndexedSignature{Index: index, Signature: signature}
	}
	return signatures
}

// account returns the address of someone on the original chain.
func account(name string) string {
	return sdk.AccAddress(secp256k1.GenPrivKeyFromSecret([]byte(name)).PubKey().Address()).String()
}

func payout(v vault) cosmos.Payload {
	return cosmos.Payload{
		ChainID: "wasm-1", AccountNumber: 17, Sequence: 5, From: v.address, Denom: "uatom",
		Outputs: []cosmos.Output{
			{Address: account("alice"), Amount: math.NewInt(1_000_000)},
			{Address: account("bob"), Amount: math.NewInt(2_500_000)},
		},
		Fee: sdk.NewInt64Coin("uatom", 4_200), GasLimit: 210_000, Memo: cosmos.Memo(42), TimeoutHeight: 9_000, MultiSend: true,
	}
}

func sweep(v vault) cosmos.Payload {
	p := payout(v)
	p.MultiSend, p.Outputs = false, p.Outputs[:1]
	return p
}

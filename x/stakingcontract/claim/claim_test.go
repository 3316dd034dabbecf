package claim_test

import (
	"crypto/sha256"
	"math/big"
	"testing"

	secp256k1curve "github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func deposit() claim.Deposit {
	hash := sha256.Sum256([]byte("transaction"))
	return claim.Deposit{ChainID: "stafi-1", Contract: 3, TxHash: hash[:], Index: 2, Recipient: "stafi1recipient"}
}

func cosmos(prefix string) claim.Scheme {
	return claim.SchemeOf(types.Contract{Cosmos: &types.CosmosChain{Bech32Prefix: prefix}})
}

// free is a charge that nobody counts.
func free() {}

func order() []byte { return secp256k1curve.S256().N.Bytes() }

// highS is the malleated form of a signature, which verifies by the same equation.
func highS(signature []byte) []byte {
	s := new(big.Int).Sub(secp256k1curve.S256().N, new(big.Int).SetBytes(signature[32:]))
	high := append(signature[:32:32], make([]byte, 32)...)
	s.FillBytes(high[32:])
	return high
}

func TestTheTextAndItsDocumentAreTheDocumentedOnes(t *testing.T) {
	d := deposit()
	require.Regexp(t, `^stafi/claim/v1 stafi-1 3/[0-9a-f]{64}/2 stafi1recipient$`, d.Text())
	document, err := claim.SignBytes("hello", "cosmos1sender")
	require.NoError(t, err)
	require.Equal(t, `{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"",`+
		`"msgs":[{"type":"sign/MsgSignData","value":{"data":"aGVsbG8=","signer":"cosmos1sender"}}],"sequence":"0"}`, string(document))
}

func TestAClaimIsTheSendersOrRefused(t *testing.T) {
	key := secp256k1.GenPrivKeyFromSecret([]byte("sender"))
	sender, err := bech32.ConvertAndEncode("cosmos", key.PubKey().Address())
	require.NoError(t, err)
	document, err := claim.SignBytes(deposit().Text(), sender)
	require.NoError(t, err)
	signature, err := key.Sign(document)
	require.NoError(t, err)
	public := key.PubKey().Bytes()
	verified := 0
	require.NoError(t, cosmos("cosmos").Verify(deposit(), sender, public, signature, func() { verified++ }))
	require.Equal(t, 1, verified)
	other := secp256k1.GenPrivKeyFromSecret([]byte("other")).PubKey().Bytes()
	flipped := append([]byte(nil), signature...)
	flipped[5] ^= 1
	for _, c := range []struct {
		name      string
		change    func(*claim.Deposit)
		prefix    string
		key       []byte
		signature []byte
		says      string
	}{
		{"a key of 32 bytes", nil, "cosmos", public[1:], signature, "32 bytes, wanted 33"},
		{"another key", nil, "cosmos", other, signature, "wanted the sender"},
		{"another chain's prefix", nil, "osmo", public, signature, "wanted the sender"},
		{"a short signature", nil, "cosmos", public, signature[1:], "63 bytes, wanted 64"},
		{"the other S", nil, "cosmos", public, highS(signature), "in the lower half of the order"},
		{"an R of 0", nil, "cosmos", public, append(make([]byte, 32), signature[32:]...), "wanted R and S from 1"},
		{"an S of the order", nil, "cosmos", public, append(signature[:32:32], order()...), "wanted R and S from 1"},
		{"a flipped bit", nil, "cosmos", public, flipped, "not over the ADR-36 document"},
		{"another recipient", func(d *claim.Deposit) { d.Recipient = "stafi1mallory" }, "cosmos", public, signature, "not over"},
		{"another chain", func(d *claim.Deposit) { d.ChainID = "stafi-2" }, "cosmos", public, signature, "not over"},
		{"another contract", func(d *claim.Deposit) { d.Contract++ }, "cosmos", public, signature, "not over"},
		{"another output", func(d *claim.Deposit) { d.Index++ }, "cosmos", public, signature, "not over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deposit()
			if c.change != nil {
				c.change(&d)
			}
			require.ErrorContains(t, cosmos(c.prefix).Verify(d, sender, c.key, c.signature, free), c.says)
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte{2}, []byte{1})
	f.Add(make([]byte, 33), make([]byte, 64))
	f.Fuzz(func(t *testing.T, key, signature []byte) {
		require.Error(t, cosmos("cosmos").Verify(deposit(), "cosmos1nobody", key, signature, free))
	})
}

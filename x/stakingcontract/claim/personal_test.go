package claim_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func personal() claim.Scheme {
	return claim.SchemeOf(types.Contract{Ethereum: &types.EthereumChain{}})
}

func TestAClaimOnEthereumIsSignedByPersonalSign(t *testing.T) {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("sender")))
	require.NoError(t, err)
	other, err := crypto.ToECDSA(crypto.Keccak256([]byte("other")))
	require.NoError(t, err)
	sender := crypto.PubkeyToAddress(key.PublicKey).Hex()
	document, err := personal().Document(deposit().Text(), sender)
	require.NoError(t, err)
	require.Equal(t, deposit().Text(), document, "a wallet is given the text")
	signature, err := crypto.Sign(accounts.TextHash([]byte(document)), key)
	require.NoError(t, err)
	public := crypto.CompressPubkey(&key.PublicKey)
	require.NoError(t, personal().Verify(deposit(), sender, nil, signature, free))
	require.NoError(t, personal().Verify(deposit(), sender, public, signature, free))
	changed := func(change func([]byte)) []byte {
		s := append([]byte(nil), signature...)
		change(s)
		return s
	}
	require.NoError(t, personal().Verify(deposit(), sender, nil, changed(func(s []byte) { s[64] += 27 }), free))
	for _, c := range []struct {
		name      string
		change    func(*claim.Deposit)
		key       []byte
		signature []byte
		says      string
	}{
		{"the keys of a multisig", nil, nil, make([]byte, 150), "150 bytes, want 65"},
		{"another key beside it", nil, crypto.CompressPubkey(&other.PublicKey), signature, "wanted none or the sender's"},
		{"a short signature", nil, nil, signature[1:], "64 bytes, want 65"},
		{"a v of 2", nil, nil, changed(func(s []byte) { s[64] = 2 }), "v is 2"},
		{"the other s", nil, nil, changed(func(s []byte) {
			new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(s[32:64])).FillBytes(s[32:64])
			s[64] ^= 1
		}), "in its one form"},
		{"another recipient", func(d *claim.Deposit) { d.Recipient = "stafi1mallory" }, nil, signature, "wanted one by the sender"},
		{"another chain", func(d *claim.Deposit) { d.ChainID = "stafi-2" }, nil, signature, "wanted one by the sender"},
		{"another contract", func(d *claim.Deposit) { d.Contract++ }, nil, signature, "wanted one by the sender"},
		{"another log", func(d *claim.Deposit) { d.Index++ }, nil, signature, "wanted one by the sender"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deposit()
			if c.change != nil {
				c.change(&d)
			}
			require.ErrorContains(t, personal().Verify(d, sender, c.key, c.signature, free), c.says)
		})
	}
}

func FuzzVerifyPersonal(f *testing.F) {
	f.Add([]byte{2}, []byte{1})
	f.Add([]byte{}, make([]byte, 65))
	f.Fuzz(func(t *testing.T, key, signature []byte) {
		require.Error(t, personal().Verify(deposit(), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", key, signature, free))
	})
}

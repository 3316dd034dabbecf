package ethereum_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

const claimText = "stafi/claim/v1 stafi-1 3/0a0b/7 stafi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw"

func TestAMessagesDigestIsThatOfPersonalSign(t *testing.T) {
	// web3.js documents this one of its accounts.hashMessage.
	require.Equal(t, "0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2", ethereum.MessageDigest("Hello World").Hex())
	long := string(bytes.Repeat([]byte("x"), 100))
	require.Equal(t, keccak([]byte("\x19Ethereum Signed Message:\n100"), []byte(long)), ethereum.MessageDigest(long))
}

func TestWhoSignedAMessageIsRecovered(t *testing.T) {
	c := newCommittee(t, "a", 1, 1)
	signature := c.sign(t, ethereum.MessageDigest(claimText), 0).Signature
	other := bytes.Clone(signature)
	other[64] -= 27
	for _, form := range [][]byte{signature, other} {
		before := bytes.Clone(form)
		key, address, err := ethereum.MessageSigner(claimText, form)
		require.NoError(t, err)
		require.Equal(t, c.keys[0], key)
		require.Equal(t, c.List[0], address)
		require.Equal(t, before, form, "the argument is left as it was")
	}
	_, address, err := ethereum.MessageSigner(claimText+" ", signature)
	if err == nil {
		require.NotEqual(t, c.List[0], address)
	}
}

func TestASignatureOfAMessageHasOneFormButForItsV(t *testing.T) {
	c := newCommittee(t, "a", 1, 1)
	good := c.sign(t, ethereum.MessageDigest(claimText), 0).Signature
	changed := func(change func([]byte)) []byte {
		signature := bytes.Clone(good)
		change(signature)
		return signature
	}
	mirrored := changed(func(s []byte) {
		low := new(big.Int).SetBytes(s[32:64])
		new(big.Int).Sub(crypto.S256().Params().N, low).FillBytes(s[32:64])
		s[64] ^= 27 ^ 28
	})
	for name, signature := range map[string][]byte{
		"none": nil, "too short": good[:64], "too long": append(bytes.Clone(good), 0), "high s": mirrored,
		"v 2": changed(func(s []byte) { s[64] = 2 }), "v 26": changed(func(s []byte) { s[64] = 26 }), "v 29": changed(func(s []byte) { s[64] = 29 }),
		"v of eth_sign in a Safe": changed(func(s []byte) { s[64] += 4 }), "v of EIP-155": changed(func(s []byte) { s[64] = 37 }),
		"r is 0": changed(func(s []byte) { clear(s[:32]) }), "s is 0": changed(func(s []byte) { clear(s[32:64]) }),
		"r is n": changed(func(s []byte) { crypto.S256().Params().N.FillBytes(s[:32]) }),
	} {
		t.Run(name, func(t *testing.T) {
			key, address, err := ethereum.MessageSigner(claimText, signature)
			require.ErrorIs(t, err, ethereum.ErrSignatures)
			require.Nil(t, key)
			require.Equal(t, common.Address{}, address)
		})
	}
}

func TestASignatureWithAnyByteChangedIsAnotherSignersOrNone(t *testing.T) {
	c := newCommittee(t, "a", 1, 1)
	good := c.sign(t, ethereum.MessageDigest(claimText), 0).Signature
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.IntRange(0, len(good)-1).Draw(r, "at")
		by := byte(rapid.IntRange(1, 255).Draw(r, "by"))
		changed := bytes.Clone(good)
		changed[at] ^= by
		_, address, err := ethereum.MessageSigner(claimText, changed)
		if at == len(good)-1 && changed[at] == good[at]-27 {
			require.Equal(r, c.List[0], address, "the other way to write v")
			return
		}
		if err == nil && address == c.List[0] {
			r.Fatalf("byte %d changed by %X without notice", at, by)
		}
	})
}

func FuzzAnySignatureOfAMessageIsReadOrRefused(f *testing.F) {
	f.Add(claimText, make([]byte, 65))
	f.Fuzz(func(t *testing.T, text string, signature []byte) {
		key, address, err := ethereum.MessageSigner(text, signature)
		if err != nil {
			require.ErrorIs(t, err, ethereum.ErrSignatures)
			return
		}
		owner, err := ethereum.KeyAddress(key)
		require.NoError(t, err)
		require.Equal(t, owner, address)
	})
}

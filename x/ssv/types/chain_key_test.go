package types_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestProofBytesAreTheProtocolsWithEveryPartPrefixedByItsLength(t *testing.T) {
	got := types.ProofBytes("stafi-1", "stafivaloper1x", "cosmoshub-4", []byte{2, 3})
	want := "\x00\x00\x00\x10stafi/ssv/pop/v1\x00\x00\x00\x07stafi-1\x00\x00\x00\x0estafivaloper1x" +
		"\x00\x00\x00\x0bcosmoshub-4\x00\x00\x00\x02\x02\x03"
	require.Equal(t, want, string(got))
	digest := sha256.Sum256(got)
	require.Len(t, hex.EncodeToString(digest[:]), 64)
}

func FuzzChainKeysOfAnyBytesAreCheckedWithoutAPanic(f *testing.F) {
	f.Add("cosmos-1", []byte{2}, "https://example.org", []byte{1})
	f.Fuzz(func(t *testing.T, chain string, signer []byte, endpoint string, proof []byte) {
		key := types.ChainKey{ChainId: chain, Signer: signer, Endpoint: endpoint}
		if key.Validate() == nil && len(signer) != types.SignerKeyLen {
			t.Fatalf("key of %d bytes accepted", len(signer))
		}
		if types.VerifyProof("stafi-1", "operator", key, proof) == nil {
			t.Fatal("a proof by chance")
		}
	})
}

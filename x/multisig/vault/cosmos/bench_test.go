package cosmos_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

func BenchmarkDigest(b *testing.B) {
	v := newVault(b, 7, 5)
	p := payout(v)
	for b.Loop() {
		if _, err := cosmos.Digest(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifySignature(b *testing.B) {
	v := newVault(b, 7, 5)
	p := payout(v)
	digest, err := cosmos.Digest(p)
	require.NoError(b, err)
	signature := v.sign(b, p, 0)[0].Signature
	for b.Loop() {
		if !cosmos.VerifySignature(v.keys[0], digest[:], signature) {
			b.Fatal("invalid")
		}
	}
}

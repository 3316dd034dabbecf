package ethereum_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func BenchmarkDigest(b *testing.B) {
	_, p := plain(b)
	for b.Loop() {
		if _, err := ethereum.Digest(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigestOfAHandoverOfTwentyOne(b *testing.B) {
	old, next := newCommittee(b, "old", 21, 15), newCommittee(b, "new", 21, 15)
	_, p := plain(b)
	p.Owners, p.Outputs, p.Next, p.Gas = old.Owners, nil, &next.Owners, ethereum.HandoverGas(21)
	for b.Loop() {
		if _, err := ethereum.Digest(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifySignature(b *testing.B) {
	c, p := plain(b)
	digest, err := ethereum.Digest(p)
	require.NoError(b, err)
	signature := c.sign(b, digest, 0).Signature
	for b.Loop() {
		if !ethereum.VerifySignature(c.keys[0], digest.Bytes(), signature) {
			b.Fatal("invalid")
		}
	}
}

func BenchmarkAssembleFifteenOfTwentyOne(b *testing.B) {
	c := newCommittee(b, "a", 21, 15)
	_, p := plain(b)
	p.Owners = c.Owners
	signatures := c.signed(b, p)
	for b.Loop() {
		if _, _, err := ethereum.Assemble(p, c.keys, signatures); err != nil {
			b.Fatal(err)
		}
	}
}

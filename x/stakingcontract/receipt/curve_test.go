package receipt_test

import (
	"slices"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

// inGo verifies with the Go library, whatever the build does.
func inGo(key, digest, signature []byte) bool {
	public, err := secp256k1.ParsePubKey(key)
	if err != nil || len(key) != receipt.KeySize {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || s.IsOverHalfOrder() {
		return false
	}
	return ecdsa.NewSignature(&r, &s).Verify(digest, public)
}

// forged is a signature for a digest that comes out of it: u1·G + u2·Q is the point that is wanted, whoever's key Q is. So the corners of the
// equation can be visited, which no signing reaches.
type forged struct{ key, digest, signature []byte }

// scalar draws from 1 to the order less 1, often near an end.
func scalar(t *rapid.T, name string) secp256k1.ModNScalar {
	var value secp256k1.ModNScalar
	if rapid.Bool().Draw(t, name+" is small") {
		value.SetInt(uint32(rapid.IntRange(1, 3).Draw(t, name)))
	} else {
		value.SetByteSlice(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
		if value.IsZero() {
			value.SetInt(1)
		}
	}
	if rapid.Bool().Draw(t, name+" is negative") {
		value.Negate()
	}
	return value
}

// lowered is a signature with its S in the lower half of the order; either S solves the equation, for a point and its negative share their x.
func lowered(r, s secp256k1.ModNScalar) []byte {
	if s.IsOverHalfOrder() {
		s.Negate()
	}
	first, second := r.Bytes(), s.Bytes()
	return slices.Concat(first[:], second[:])
}

// signedBy is an honest signature of any digest, of all zeros and of more than the order too.
func signedBy(t *rapid.T) forged {
	private := scalar(t, "private")
	digest := rapid.SampledFrom([][]byte{
		make([]byte, 32), slices.Repeat([]byte{0xff}, 32), rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"),
	}).Draw(t, "which digest")
	key := secp256k1.NewPrivateKey(&private)
	compact := ecdsa.SignCompact(key, digest, true)
	return forged{key: key.PubKey().SerializeCompressed(), digest: digest, signature: compact[1:]}
}

// pointless solves e + r·d = 0: the sum is no point but infinity.
func pointless(t *rapid.T) forged {
	private, r, s := scalar(t, "private"), scalar(t, "r"), scalar(t, "s")
	var e secp256k1.ModNScalar
	e.Mul2(&private, &r).Negate()
	digest := e.Bytes()
	return forged{
		key: secp256k1.NewPrivateKey(&private).PubKey().SerializeCompressed(), digest: digest[:], signature: lowered(r, s),
	}
}

// beyondTheOrder has a point whose x is not below the group's order, so that R is x less the order: one in 2^128 signatures.
func beyondTheOrder(t *rapid.T) forged {
	var point secp256k1.JacobianPoint
	for i := uint16(rapid.IntRange(1, 60_000).Draw(t, "x above the order")); ; i++ {
		point.X.SetByteSlice(order.Bytes())
		point.X.AddInt(i).Normalize()
		if secp256k1.DecompressY(&point.X, rapid.Bool().Draw(t, "odd"), &point.Y) {
			point.Y.Normalize()
			point.Z.SetInt(1)
			break
		}
	}
	return throughPoint(t, point)
}

// throughPoint makes key and digest of a point: Q = (P − u1·G)/u2, s = r/u2, e = u1·s.
func throughPoint(t *rapid.T, point secp256k1.JacobianPoint) forged {
	var r secp256k1.ModNScalar
	x := point.X.Bytes()
	r.SetBytes(x)
	u1, u2 := scalar(t, "u1"), scalar(t, "u2")
	var minus, sum, key secp256k1.JacobianPoint
	negative := u1
	negative.Negate()
	secp256k1.ScalarBaseMultNonConst(&negative, &minus)
	secp256k1.AddNonConst(&point, &minus, &sum)
	inverse := u2
	inverse.InverseNonConst()
	secp256k1.ScalarMultNonConst(&inverse, &sum, &key)
	key.ToAffine()
	var s, e secp256k1.ModNScalar
	s.Mul2(&r, &inverse)
	e.Mul2(&u1, &s)
	digest := e.Bytes()
	return forged{
		key: secp256k1.NewPublicKey(&key.X, &key.Y).SerializeCompressed(), digest: digest[:], signature: lowered(r, s),
	}
}

func flipped(t *rapid.T, name string, text []byte) []byte {
	changed := slices.Clone(text)
	changed[rapid.IntRange(0, len(text)-1).Draw(t, name+" byte")] ^= byte(1) << rapid.IntRange(0, 7).Draw(t, name+" bit")
	return changed
}

// TestBothLibrariesAcceptTheSame holds what a chain of nodes with and without cgo hangs on: one verdict for every text that passes the checks of
// R and S.
func TestBothLibrariesAcceptTheSame(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		made := rapid.SampledFrom([]func(*rapid.T) forged{signedBy, pointless, beyondTheOrder}).Draw(t, "made")(t)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			switch rapid.IntRange(0, 3).Draw(t, "changed") {
			case 0:
				made.key = flipped(t, "key", made.key)
			case 1:
				made.digest = flipped(t, "digest", made.digest)
			case 2:
				made.signature = flipped(t, "signature", made.signature)
			case 3:
				made.key = slices.Clone(made.key)
				made.key[0] = rapid.Byte().Draw(t, "prefix")
			}
		}
		if receipt.Canonical(made.signature) != nil {
			return
		}
		got, want := receipt.Signs(made.key, made.digest, made.signature), inGo(made.key, made.digest, made.signature)
		if got != want {
			t.Fatalf("key %X, digest %X, signature %X: %t, in Go %t", made.key, made.digest, made.signature, got, want)
		}
		if got {
			accepted++
		} else {
			refused++
		}
	})
	require.Positive(t, accepted)
	require.Positive(t, refused)
}

func TestTheCornersOfTheEquationAreJudgedAsTheyShould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for i, c := range []struct {
			made forged
			want bool
		}{{signedBy(t), true}, {beyondTheOrder(t), true}, {pointless(t), false}} {
			if err := receipt.Canonical(c.made.signature); err != nil {
				t.Fatal(err)
			}
			if got := receipt.Signs(c.made.key, c.made.digest, c.made.signature); got != c.want {
				t.Fatalf("case %d is %t", i, got)
			}
		}
	})
}

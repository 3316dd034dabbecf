package cosmos

import (
	"crypto/sha256"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
)

// SignatureSize is the length of an R‖S signature in bytes.
const SignatureSize = 64

// VerifySignature says whether a 64-byte R‖S signature over a 32-byte digest is valid under a 33-byte compressed key. R and S
// must be in [1, n) and S in its lower half: SDK chains refuse the other, malleated form.
func VerifySignature(key, digest, signature []byte) bool {
	if len(signature) != SignatureSize || len(digest) != sha256.Size {
		return false
	}
	pubKey, err := btcec.ParsePubKey(key)
	if err != nil || len(key) != KeySize {
		return false
	}
	var r, s btcec.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) {
		return false
	}
	if r.IsZero() || s.IsZero() || s.IsOverHalfOrder() {
		return false
	}
	return ecdsa.NewSignature(&r, &s).Verify(digest, pubKey)
}

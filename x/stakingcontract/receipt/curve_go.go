//go:build !cgo

package receipt

import (
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// signs says whether R ‖ S, canonical, is a 33-byte key's signature of a 32-byte digest, as curve_cgo.go does with C.
func signs(key, digest, signature []byte) bool {
	public, err := secp256k1.ParsePubKey(key)
	if err != nil {
		return false
	}
	var r, s secp256k1.ModNScalar
	r.SetByteSlice(signature[:32])
	s.SetByteSlice(signature[32:])
	return ecdsa.NewSignature(&r, &s).Verify(digest, public)
}

//go:build cgo

package receipt

import "github.com/ethereum/go-ethereum/crypto/secp256k1"

// signs says whether R ‖ S, canonical, is a 33-byte key's signature of a 32-byte digest. This is Bitcoin's C library, a third of the time that
// curve_go.go takes; curve_test.go holds that both accept the same.
func signs(key, digest, signature []byte) bool {
	return secp256k1.VerifySignature(key, digest, signature)
}

package ethereum

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// SignatureSize is the length of a signature in bytes: r and s in 32 each, big-endian, and v, which is 27 or 28.
const SignatureSize = crypto.SignatureLength

// electrum is added to a recovery id to make v. The Safe reads other values of v as other kinds of signatures.
const electrum = 27

// VerifySignature says whether a 65-byte signature over a 32-byte digest recovers, as the Safe would, to a 33-byte compressed key. r and s
// must be in [1, n), s in its lower half (EIP-2), v 27 or 28: a signer has one valid form of a signature.
func VerifySignature(key, digest, signature []byte) bool {
	if len(key) != KeySize || len(digest) != common.HashLength || len(signature) != SignatureSize {
		return false
	}
	recovered, ok := recoverKey(digest, signature)
	return ok && bytes.Equal(recovered, key)
}

func recoverKey(digest, signature []byte) (key []byte, ok bool) {
	r, s, v := signature[:32], signature[32:64], signature[64]-electrum
	if !crypto.ValidateSignatureValues(v, common.BytesToHash(r).Big(), common.BytesToHash(s).Big(), true) {
		return nil, false
	}
	raw := append(bytes.Clone(signature[:64]), v)
	point, err := crypto.SigToPub(digest, raw)
	if err != nil {
		return nil, false
	}
	return crypto.CompressPubkey(point), true
}

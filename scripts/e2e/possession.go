package e2e

import (
	"encoding/binary"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// possession signs protocol §4's proof: each part prefixed by its length as 4 bytes big-endian, hashed with SHA-256 by the
// key's own Sign.
func possession(key *secp256k1.PrivKey, chainID, operator, originalChain string) (keyProof, error) {
	signer := key.PubKey().Bytes()
	var message []byte
	for _, part := range [][]byte{[]byte("stafi/ssv/pop/v1"), []byte(chainID), []byte(operator), []byte(originalChain), signer} {
		message = binary.BigEndian.AppendUint32(message, uint32(len(part)))
		message = append(message, part...)
	}
	signature, err := key.Sign(message)
	proof := keyProof{Proof: signature}
	proof.Key.ChainID, proof.Key.Signer = originalChain, signer
	return proof, err
}

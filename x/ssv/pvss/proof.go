package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Proof is a compact Schnorr or Chaum–Pedersen proof: the 16-byte challenge e, then the 32-byte response z = w − e·x for the nonce w and
// the witness x (SCRAPE's DLEQ, made non-interactive by hashing its commitments).
type Proof [ProofSize]byte

// ParseProof reads a proof: exactly 48 bytes with a canonical response.
func ParseProof(encoded []byte) (Proof, error) {
	if len(encoded) != ProofSize {
		return Proof{}, fmt.Errorf("%w: proof of %d bytes, want %d", ErrLength, len(encoded), ProofSize)
	}
	proof := Proof(encoded)
	_, _, err := proof.read()
	return proof, err
}

func newProof(challenge [ChallengeSize]byte, nonce, witness *scalar.Scalar) (proof Proof) {
	copy(proof[:], challenge[:])
	copy(proof[ChallengeSize:], appendScalar(nil, respond(challenge, nonce, witness)))
	return proof
}

// respond is z = w − e·x.
func respond(challenge [ChallengeSize]byte, nonce, witness *scalar.Scalar) *scalar.Scalar {
	z := scalar.New().Mul(short(challenge), witness)
	return z.Sub(nonce, z)
}

func (p Proof) challenge() [ChallengeSize]byte { return [ChallengeSize]byte(p[:ChallengeSize]) }

func (p Proof) read() (challenge, response *scalar.Scalar, err error) {
	response, err = parseScalar(p[ChallengeSize:])
	if err != nil {
		return nil, nil, fmt.Errorf("proof's response: %w", err)
	}
	return short(p.challenge()), response, nil
}

// recommit is base^z · image^e: what the prover committed to, if its proof holds. In variable time: for public values only.
func recommit(base, image *curve.RistrettoPoint, challenge, response *scalar.Scalar) Element {
	return encode(combine([]*scalar.Scalar{response, challenge}, []*curve.RistrettoPoint{base, image}))
}

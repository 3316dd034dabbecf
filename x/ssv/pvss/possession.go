package pvss

import "fmt"

// ProvePossession proves to a chain that its operator (a bech32 address) knows the secret of this beacon key: a Schnorr proof to the base h.
func (k SecretKey) ProvePossession(chainID, operator string) (Proof, error) {
	if err := k.check(); err != nil {
		return Proof{}, err
	}
	statement := possessionStatement(chainID, operator, k.PublicKey())
	nonce := k.derive("possession", statement)
	challenge := possessionChallenge(statement, encode(timesH(nonce)))
	return newProof(challenge, nonce, k.scalar()), nil
}

// VerifyPossession checks, in this order: the key is canonical and not the identity (ErrEncoding, ErrIdentity); the proof's response is
// canonical (ErrEncoding); the proof holds for this chain, operator and key (ErrPossession).
func VerifyPossession(chainID, operator string, key PublicKey, proof Proof) error {
	image, err := key.point()
	if err != nil {
		return fmt.Errorf("beacon key: %w", err)
	}
	e, z, err := proof.read()
	if err != nil {
		return err
	}
	commitment := recommit(generatorTable().Basepoint(), image, e, z)
	if possessionChallenge(possessionStatement(chainID, operator, key), commitment) != proof.challenge() {
		return fmt.Errorf("%w: key %x of %s on %s", ErrPossession, key[:], operator, chainID)
	}
	return nil
}

func possessionStatement(chainID, operator string, key PublicKey) []byte {
	statement := newTranscript("possession").text(chainID).text(operator).elements(key).digest()
	return statement[:]
}

func possessionChallenge(statement []byte, commitment Element) [ChallengeSize]byte {
	return newTranscript("possession/challenge").bytes(statement).elements(commitment).challenge()
}

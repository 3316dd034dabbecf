package pvss

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// VerifyDealing checks a dealing completely (SCRAPE's π_DDH, "Verification"), in this order:
//
//  1. its length is DealingSize of the round's slots (ErrLength);
//  2. every element and every response is canonical and no element is the identity (ErrEncoding, ErrIdentity);
//  3. v_0 … v_S are on one polynomial of degree below the threshold (ErrDegree);
//  4. for this round and dealer, log_g v_i = log_{pk_i} ŝ_i in every slot (ErrDealing).
//
// In variable time: a dealing is public.
func VerifyDealing(round *Round, dealer string, encoded []byte) (Dealing, error) {
	dealing, err := ParseDealing(round.Slots(), encoded)
	if err != nil {
		return Dealing{}, err
	}
	body := dealing.body()
	decoded, err := decodeBody(body)
	if err != nil {
		return Dealing{}, err
	}
	responses, err := dealing.responses()
	if err != nil {
		return Dealing{}, err
	}
	if err := round.checkDegree(dealer, encoded, decoded.commitments); err != nil {
		return Dealing{}, err
	}
	statement := round.dealingStatement(dealer, body)
	if round.dealingChallengeOf(statement, decoded, dealing.challenge(), responses) != dealing.challenge() {
		return Dealing{}, fmt.Errorf("%w: dealer %s, era %d of %s", ErrDealing, dealer, round.era, round.chainID)
	}
	return dealing, nil
}

// decodedBody is a dealingBody as points.
type decodedBody struct {
	commitments []*curve.RistrettoPoint
	encrypted   []*curve.RistrettoPoint
}

func decodeBody(body dealingBody) (decoded decodedBody, err error) {
	if decoded.commitments, err = points(body.commitments); err != nil {
		return decodedBody{}, fmt.Errorf("commitments: %w", err)
	}
	if decoded.encrypted, err = points(body.encrypted); err != nil {
		return decodedBody{}, fmt.Errorf("encrypted shares: %w", err)
	}
	return decoded, nil
}

// dealingChallengeOf recomputes the challenge from a dealing's responses: it is the dealing's own exactly if the proof holds. The prover's
// commitments are g^{z_i}·v_i^e and pk_i^{z_i}·ŝ_i^e.
func (r *Round) dealingChallengeOf(statement []byte, body decodedBody, challenge [ChallengeSize]byte, responses []*scalar.Scalar) [ChallengeSize]byte {
	e, recomputed := short(challenge), newDealingChallenge(statement)
	var toG, toKey curve.RistrettoPoint
	for i, z := range responses {
		toG.DoubleScalarMulBasepointVartime(e, body.commitments[i+1], z)
		toKey.ExpandedMultiscalarMulVartime(
			[]*scalar.Scalar{z}, []*curve.ExpandedRistrettoPoint{r.points[i]},
			[]*scalar.Scalar{e}, []*curve.RistrettoPoint{body.encrypted[i]},
		)
		recomputed.commit(encode(&toG), encode(&toKey))
	}
	return recomputed.value()
}

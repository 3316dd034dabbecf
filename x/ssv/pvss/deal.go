package pvss

import (
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Deal makes the dealing of this key's owner in a round (SCRAPE's π_DDH, "Distribution"): v_0 = g^s and, for each slot i, v_i = g^{p(i)} and
// ŝ_i = pk_i^{p(i)} with one proof of them all. The polynomial p and every nonce are derived from the key, the round and the dealer (an
// operator's address), so the same call after a restart gives the same bytes. In constant time in the key.
func Deal(round *Round, dealer string, key SecretKey) ([]byte, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	return round.deal(dealer, key, dealerPolynomial(round, dealer, key).values(round.Slots())), nil
}

// deal shares out the values p(0) … p(S).
func (r *Round) deal(dealer string, key SecretKey, values []*scalar.Scalar) []byte {
	body := dealingBody{commitments: make([]Element, 0, len(values)), encrypted: make([]Element, 0, r.Slots())}
	for i, value := range values {
		body.commitments = append(body.commitments, encode(timesG(value)))
		if i > 0 {
			body.encrypted = append(body.encrypted, encode(r.timesKey(i, value)))
		}
	}
	return body.append(r.proveDealing(dealer, key, body, values))
}

// timesKey is pk_slot^s, in constant time.
func (r *Round) timesKey(slot int, s *scalar.Scalar) *curve.RistrettoPoint {
	return curve.NewRistrettoPoint().Mul(r.points[slot-1].Point(), s)
}

// proveDealing proves log_g v_i = log_{pk_i} ŝ_i for all slots under one challenge: e, then z_i = w_i − e·p(i).
func (r *Round) proveDealing(dealer string, key SecretKey, body dealingBody, values []*scalar.Scalar) []byte {
	statement := r.dealingStatement(dealer, body)
	challenge := newDealingChallenge(statement)
	nonces := make([]*scalar.Scalar, r.Slots())
	for i := range nonces {
		nonces[i] = key.derive("dealing-nonce", indexed(statement, i))
		challenge.commit(encode(timesG(nonces[i])), encode(r.timesKey(i+1, nonces[i])))
	}
	e := challenge.value()
	proof := append(make([]byte, 0, ChallengeSize+r.Slots()*ScalarSize), e[:]...)
	for i := range nonces {
		proof = appendScalar(proof, respond(e, nonces[i], values[i+1]))
	}
	return proof
}

package pvss

import (
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Deal makes the dealing of this key's owner in a round (SCRAPE §4, "Distribution"): v_0 = g^s and, for each slot i, v_i = g^{p(i)} and
// ŝ_i = pk_i^{p(i)} with one proof of them all. The polynomial p and every nonce are derived from the key, the round and the dealer (an
// operator's address), so the same call after a restart gives the same bytes. In constant time in the key.
func Deal(round *Round, dealer string, key SecretKey) ([]byte, error) {
	if err := key.check(); err != nil {
		return nil, err
	}
	values := dealerPolynomial(round, dealer, key).values(round.Slots())
	body := dealingBody{commitments: make([]Element, 0, len(values)), encrypted: make([]Element, 0, round.Slots())}
	for i, value := range values {
		body.commitments = append(body.commitments, encode(timesG(value)))
		if i > 0 {
			body.encrypted = append(body.encrypted, encode(round.timesKey(i, value)))
		}
	}
	return body.append(round.proveDealing(dealer, key, body, values)), nil
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

// Opening is the scalar s = p(0) that opens a dealing: h^s is its secret. It is secret until its dealer reveals it, and prints as "redacted".
type Opening [ScalarSize]byte

// OpenDealing gives the opening of the dealing that Deal makes of the same arguments.
func OpenDealing(round *Round, dealer string, key SecretKey) (Opening, error) {
	if err := key.check(); err != nil {
		return Opening{}, err
	}
	return Opening(appendScalar(nil, dealerPolynomial(round, dealer, key)[0])), nil
}

package pvss

import (
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// What a malicious dealer can do with this package's own functions, for the tests of attacks.

// DealOfDegree deals a polynomial of the given degree with honest proofs.
func DealOfDegree(round *Round, dealer string, key SecretKey, degree int) []byte {
	p := make(polynomial, degree+1)
	for i := range p {
		p[i] = key.derive("test", indexed(nil, i))
	}
	return round.deal(dealer, key, p.values(round.Slots()))
}

// DealZeroAt deals with p(x) = 0 in one of the points 0 … S.
func DealZeroAt(round *Round, dealer string, key SecretKey, x int) []byte {
	p := dealerPolynomial(round, dealer, key)
	if x > 0 {
		// (X − x)·p(X) has one degree more; start from one less.
		p = p[:len(p)-1]
	}
	values := p.values(round.Slots())
	for i, value := range values {
		value.Mul(value, scalar.New().Sub(scalar.NewFromUint64(uint64(i)), scalar.NewFromUint64(uint64(x))))
	}
	if x == 0 {
		values[0].Zero()
	}
	return round.deal(dealer, key, values)
}

// DealCorrupting deals honestly, but encrypts another share for one slot and proves as if it were right.
func DealCorrupting(round *Round, dealer string, key SecretKey, slot int) []byte {
	values := dealerPolynomial(round, dealer, key).values(round.Slots())
	honest, err := ParseDealing(round.Slots(), round.deal(dealer, key, values))
	must(err)
	body := honest.body()
	body.encrypted[slot-1] = encode(round.timesKey(slot, scalar.New().Add(values[slot], scalar.One())))
	return body.append(round.proveDealing(dealer, key, body, values))
}

// ReproveAs takes the elements of another's dealing and proves them, without knowing its polynomial, with the thief's own.
func ReproveAs(round *Round, thief string, key SecretKey, stolen []byte) []byte {
	dealing, err := ParseDealing(round.Slots(), stolen)
	must(err)
	body := dealing.body()
	return body.append(round.proveDealing(thief, key, body, dealerPolynomial(round, thief, key).values(round.Slots())))
}

// DealCommittingElsewhere encrypts and proves one polynomial and commits to another.
func DealCommittingElsewhere(round *Round, dealer string, key SecretKey) []byte {
	values := dealerPolynomial(round, dealer, key).values(round.Slots())
	other := dealerPolynomial(round, dealer+"'", key).values(round.Slots())
	body := bodyOf(round, other, values)
	return body.append(round.proveDealing(dealer, key, body, values))
}

// DealChoosingLate fixes the proof's commitments and challenge first and chooses the encrypted shares, or else the commitments of the
// dealing, afterwards, so that the proof would hold if the challenge did not hash them: to p they add the difference of the nonces over e.
func DealChoosingLate(round *Round, dealer string, key SecretKey, lateEncrypted bool) []byte {
	values := dealerPolynomial(round, dealer, key).values(round.Slots())
	gap := dealerPolynomial(round, dealer+"'", key).values(round.Slots())
	challenge := newDealingChallenge(round.dealingStatement(dealer, bodyOf(round, values, values)))
	nonces := make([]*scalar.Scalar, round.Slots())
	for i := range nonces {
		nonces[i] = key.derive("test", indexed(nil, i))
		late := scalar.New().Add(nonces[i], gap[i+1])
		if lateEncrypted {
			challenge.commit(encode(timesG(nonces[i])), encode(round.timesKey(i+1, late)))
		} else {
			challenge.commit(encode(timesG(late)), encode(round.timesKey(i+1, nonces[i])))
		}
	}
	e := challenge.value()
	shifted, inverse := make([]*scalar.Scalar, len(values)), scalar.New().Invert(short(e))
	for i := range shifted {
		shifted[i] = scalar.New().Mul(gap[i], inverse)
		shifted[i].Add(shifted[i], values[i])
	}
	body := bodyOf(round, shifted, values)
	if lateEncrypted {
		body = bodyOf(round, values, shifted)
	}
	proof := e[:]
	for i, nonce := range nonces {
		proof = appendScalar(proof, respond(e, nonce, values[i+1]))
	}
	return body.append(proof)
}

// DealAgainstKnownWord exceeds the degree by what the word that an honest dealing would be checked with does not see.
func DealAgainstKnownWord(round *Round, dealer string, key SecretKey) []byte {
	p := dealerPolynomial(round, dealer, key)
	alpha := round.degreeAlpha(dealer, round.deal(dealer, key, p.values(round.Slots())))
	word := dualWord(alpha, round.Slots(), round.threshold)
	values := append(p, key.derive("test", nil)).values(round.Slots())
	rest, last := scalar.New(), round.Slots()
	for i := range last {
		rest.Add(rest, scalar.New().Mul(word[i], values[i]))
	}
	values[last].Mul(rest.Neg(rest), scalar.New().Invert(word[last]))
	return round.deal(dealer, key, values)
}

func bodyOf(round *Round, committed, encrypted []*scalar.Scalar) (body dealingBody) {
	for i := range committed {
		body.commitments = append(body.commitments, encode(timesG(committed[i])))
		if i > 0 {
			body.encrypted = append(body.encrypted, encode(round.timesKey(i, encrypted[i])))
		}
	}
	return body
}

// ProofCommitments are all that a dealing's prover committed to: g^{w_i} of every slot.
func ProofCommitments(dealing Dealing) []Element {
	body, responses := dealing.body(), []*scalar.Scalar(nil)
	decoded, err := decodeBody(body)
	must(err)
	responses, err = dealing.responses()
	must(err)
	commitments := make([]Element, len(responses))
	for i, z := range responses {
		commitments[i] = recommit(curve.RISTRETTO_BASEPOINT_POINT, decoded.commitments[i+1], short(dealing.challenge()), z)
	}
	return commitments
}

// ProveDecryption is the proof of a key's owner, or of another, for any shares.
func ProveDecryption(round *Round, dealer string, encrypted, shares []Share, key SecretKey) Proof {
	batch, err := round.newBatch(dealer, encrypted, shares)
	must(err)
	return batch.prove(key)
}

// DecryptAs decrypts shares with the key of another than their owner, and proves it.
func DecryptAs(round *Round, dealer string, encrypted []Share, key SecretKey) ([]Share, Proof) {
	shares, err := decryptShares(encrypted, key)
	must(err)
	return shares, ProveDecryption(round, dealer, encrypted, shares, key)
}

// UnbalanceFor moves the first two shares by multiples of h that cancel in the combination with which these shares would be checked.
func UnbalanceFor(round *Round, dealer string, encrypted, shares []Share) []Share {
	batch, err := round.newBatch(dealer, encrypted, shares)
	must(err)
	weights := batch.weights(len(shares))
	moved := append([]Share(nil), shares...)
	moved[0].Value = AddElements(moved[0].Value, encode(timesH(weights[1])))
	moved[1].Value = AddElements(moved[1].Value, NegateElement(encode(timesH(weights[0]))))
	return moved
}

// PossessLate makes a key that nobody knows, of another's key and a challenge that was fixed before, and a proof that would hold if the
// challenge did not hash the key.
func PossessLate(chainID, operator string, other PublicKey) (PublicKey, Proof) {
	challenge := possessionChallenge(possessionStatement(chainID, operator, other), other)
	z := scalar.One()
	point, err := other.point()
	must(err)
	point.Sub(point, timesH(z))
	point.Mul(point, scalar.New().Invert(short(challenge)))
	var proof Proof
	copy(proof[:], challenge[:])
	copy(proof[ChallengeSize:], appendScalar(nil, z))
	return encode(point), proof
}

// Negate is the inverse of every element and the negative of every response of a dealing, the challenge kept.
func Negate(slots int, encoded []byte) []byte {
	return mapDealing(slots, encoded,
		func(_ int, e Element) Element {
			point, err := e.point()
			must(err)
			return encode(curve.NewRistrettoPoint().Neg(point))
		},
		func(_ int, z *scalar.Scalar) *scalar.Scalar { return scalar.New().Neg(z) })
}

// Shift adds 1 to the secret and to every share of another's dealing, and corrects the responses for the challenge that it had.
func Shift(round *Round, encoded []byte) []byte {
	slots := round.Slots()
	dealing, err := ParseDealing(slots, encoded)
	must(err)
	e := short(dealing.challenge())
	return mapDealing(slots, encoded,
		func(i int, element Element) Element {
			point, err := element.point()
			must(err)
			base := curve.RISTRETTO_BASEPOINT_POINT
			if i > slots {
				base = round.points[i-slots-1].Point()
			}
			return encode(curve.NewRistrettoPoint().Add(point, base))
		},
		func(_ int, z *scalar.Scalar) *scalar.Scalar { return scalar.New().Sub(z, e) })
}

func mapDealing(slots int, encoded []byte, element func(int, Element) Element, response func(int, *scalar.Scalar) *scalar.Scalar) []byte {
	dealing, err := ParseDealing(slots, encoded)
	must(err)
	body, responses := dealing.body(), []*scalar.Scalar(nil)
	responses, err = dealing.responses()
	must(err)
	for i := range body.commitments {
		body.commitments[i] = element(i, body.commitments[i])
	}
	for i := range body.encrypted {
		body.encrypted[i] = element(slots+1+i, body.encrypted[i])
	}
	e := dealing.challenge()
	proof := e[:]
	for i, z := range responses {
		proof = appendScalar(proof, response(i, z))
	}
	return body.append(proof)
}

// AddElements is a + b.
func AddElements(a, b Element) Element {
	p, err := a.point()
	must(err)
	q, err := b.point()
	must(err)
	return encode(p.Add(p, q))
}

// NegateElement is −a.
func NegateElement(a Element) Element {
	p, err := a.point()
	must(err)
	return encode(p.Neg(p))
}

// GeneratorH is h.
func GeneratorH() Element { return encode(generatorTable().Basepoint()) }

// DualWord is the word of the degree check for α, 32 bytes little-endian, each of its S+1 scalars encoded.
func DualWord(alpha []byte, slots, threshold int) [][]byte {
	a, err := parseScalar(alpha)
	must(err)
	word := dualWord(a, slots, threshold)
	encoded := make([][]byte, len(word))
	for i := range word {
		encoded[i] = appendScalar(nil, word[i])
	}
	return encoded
}

// SecretScalar and SecretDerivation are what a key must never print.
func SecretScalar(key SecretKey) []byte { return appendScalar(nil, key.scalar()) }

func SecretDerivation(key SecretKey) []byte { return key.reveal().derivation }

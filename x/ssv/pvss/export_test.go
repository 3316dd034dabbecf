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
func GeneratorH() Element { return encode(generatorTable.Basepoint()) }

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

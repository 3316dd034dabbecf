package pvss

import (
	"encoding/binary"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// polynomial is p, by its t coefficients from the constant one up. All arithmetic on it is in constant time.
type polynomial []*scalar.Scalar

// dealerPolynomial is the one polynomial that this key has for its dealing in this round: nothing need be stored to open it later.
func dealerPolynomial(round *Round, dealer string, key SecretKey) polynomial {
	context := round.context("polynomial", dealer).digest()
	p := make(polynomial, round.threshold)
	for i := range p {
		p[i] = key.derive("polynomial", indexed(context[:], i))
	}
	return p
}

// at is p(x) by Horner's rule.
func (p polynomial) at(x int) *scalar.Scalar {
	point, value := scalar.NewFromUint64(uint64(x)), scalar.New()
	for i := len(p) - 1; i >= 0; i-- {
		value.Mul(value, point)
		value.Add(value, p[i])
	}
	return value
}

// values are p(0) … p(slots).
func (p polynomial) values(slots int) []*scalar.Scalar {
	values := make([]*scalar.Scalar, slots+1)
	for x := range values {
		values[x] = p.at(x)
	}
	return values
}

// indexed is context ‖ be64(i).
func indexed(context []byte, i int) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), context...), uint64(i))
}

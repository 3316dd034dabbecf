package pvss

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"sync"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Lengths in bytes.
const (
	// ElementSize is the length of an encoded element of ristretto255 (RFC 9496 §4.3.2).
	ElementSize = 32
	// ScalarSize is the length of an encoded scalar: little-endian, below the group's order.
	ScalarSize = 32
	// ChallengeSize is the length of a Fiat–Shamir challenge: 128 bits. A forger who hashes Q times wins with probability Q/2^128, no
	// better than the 2^126 of a discrete logarithm in this group, and short exponents make verification a third cheaper.
	ChallengeSize = 16
	// wideSize is the length of the uniform bytes that are reduced to a scalar; the bias is below 2^-250.
	wideSize = 64
)

// Element is the canonical 32-byte encoding of an element of ristretto255. The zero value encodes the identity, which is refused wherever
// an Element is read.
type Element [ElementSize]byte

// ParseElement reads an element: exactly 32 bytes, canonical, not the identity.
func ParseElement(encoded []byte) (Element, error) {
	if len(encoded) != ElementSize {
		return Element{}, fmt.Errorf("%w: element of %d bytes, want %d", ErrLength, len(encoded), ElementSize)
	}
	element := Element(encoded)
	if _, err := element.point(); err != nil {
		return Element{}, err
	}
	return element, nil
}

func (e Element) point() (*curve.RistrettoPoint, error) {
	if e == (Element{}) {
		return nil, ErrIdentity
	}
	point, err := curve.NewRistrettoPoint().SetCompressed((*curve.CompressedRistretto)(&e))
	if err != nil {
		return nil, fmt.Errorf("%w: element %x", ErrEncoding, e[:])
	}
	return point, nil
}

func encode(point *curve.RistrettoPoint) Element {
	var compressed curve.CompressedRistretto
	return Element(*compressed.SetRistrettoPoint(point))
}

func points(elements []Element) ([]*curve.RistrettoPoint, error) {
	decoded := make([]*curve.RistrettoPoint, len(elements))
	for i, element := range elements {
		point, err := element.point()
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		decoded[i] = point
	}
	return decoded, nil
}

// parseScalar reads a public scalar. The bytes are not in the error: an opening that is not canonical may still be close to a secret.
func parseScalar(encoded []byte) (*scalar.Scalar, error) {
	if len(encoded) != ScalarSize {
		return nil, fmt.Errorf("%w: scalar of %d bytes, want %d", ErrLength, len(encoded), ScalarSize)
	}
	parsed, err := scalar.NewFromCanonicalBytes(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: scalar not below the group's order", ErrEncoding)
	}
	return parsed, nil
}

func appendScalar(buffer []byte, s *scalar.Scalar) []byte {
	var encoded [ScalarSize]byte
	must(s.ToBytes(encoded[:]))
	return append(buffer, encoded[:]...)
}

// reduce maps 64 uniform bytes to a scalar.
func reduce(wide [wideSize]byte) *scalar.Scalar {
	reduced, err := scalar.NewFromBytesModOrderWide(wide[:])
	must(err)
	return reduced
}

// short reads a challenge or a weight of 128 bits, little-endian.
func short(challenge [ChallengeSize]byte) *scalar.Scalar {
	padded := append(challenge[:], make([]byte, ScalarSize-ChallengeSize)...)
	s, err := scalar.NewFromCanonicalBytes(padded)
	must(err)
	return s
}

// must guards calls that can only fail for a slice of another length than the constant one that they are given.
func must(err error) {
	if err != nil {
		panic("pvss: " + err.Error())
	}
}

// generatorDomain is hashed to h; nobody knows h's logarithm to the base point g.
const generatorDomain = "stafi/ssv/pvss/v1/h"

// generatorTable multiplies h in constant time: h is RFC 9496 §4.3.4's map of SHA-512 of generatorDomain.
var generatorTable = sync.OnceValue(newGeneratorTable)

func newGeneratorTable() *curve.RistrettoBasepointTable {
	uniform := sha512.Sum512([]byte(generatorDomain))
	h, err := curve.NewRistrettoPoint().SetUniformBytes(uniform[:])
	must(err)
	return curve.NewRistrettoBasepointTable(h)
}

// timesG is g^s and timesH is h^s, in constant time.
func timesG(s *scalar.Scalar) *curve.RistrettoPoint {
	return curve.NewRistrettoPoint().MulBasepoint(curve.RISTRETTO_BASEPOINT_TABLE, s)
}

func timesH(s *scalar.Scalar) *curve.RistrettoPoint {
	return curve.NewRistrettoPoint().MulBasepoint(generatorTable(), s)
}

// combine is Σ scalars[i]·points[i] in variable time: for public values only.
func combine(scalars []*scalar.Scalar, points []*curve.RistrettoPoint) *curve.RistrettoPoint {
	return curve.NewRistrettoPoint().MultiscalarMulVartime(scalars, points)
}

func isZero(data []byte) bool {
	return bytes.Count(data, []byte{0}) == len(data)
}

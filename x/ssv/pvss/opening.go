package pvss

import (
	"fmt"
	"io"
)

// Opening is the scalar s = p(0) that opens a dealing: h^s is its secret. It is secret until its dealer reveals it, and prints as "redacted".
type Opening struct {
	reveal func() [ScalarSize]byte // hidden as a SecretKey's is
}

// OpenDealing gives the opening of the dealing that Deal makes of the same arguments.
func OpenDealing(round *Round, dealer string, key SecretKey) (Opening, error) {
	if err := key.check(); err != nil {
		return Opening{}, err
	}
	s := [ScalarSize]byte(appendScalar(nil, dealerPolynomial(round, dealer, key)[0]))
	return Opening{reveal: func() [ScalarSize]byte { return s }}, nil
}

// Bytes are the scalar's 32 bytes, little-endian; whoever has them knows the secret. Nil for the zero Opening.
func (o Opening) Bytes() []byte {
	if o.reveal == nil {
		return nil
	}
	s := o.reveal()
	return s[:]
}

// VerifyOpening checks, in this order: the commitment is not the identity (ErrIdentity); the scalar is 32 bytes and canonical (ErrLength,
// ErrEncoding); it opens the commitment v_0 = g^s (ErrOpening). It gives the secret h^s that counts for the seed.
func VerifyOpening(commitment Element, opening []byte) (Element, error) {
	if commitment == (Element{}) {
		return Element{}, fmt.Errorf("commitment: %w", ErrIdentity)
	}
	s, err := parseScalar(opening)
	if err != nil {
		return Element{}, fmt.Errorf("opening: %w", err)
	}
	if found := encode(timesG(s)); found != commitment {
		return Element{}, fmt.Errorf("%w: opens %x, want %x", ErrOpening, found[:], commitment[:])
	}
	return encode(timesH(s)), nil
}

// Format prints "redacted" whatever the verb.
func (o Opening) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// String is "redacted".
func (o Opening) String() string { return redacted }

// GoString is "redacted".
func (o Opening) GoString() string { return redacted }

// MarshalText is "redacted": the bytes go out only by Bytes, deliberately.
func (o Opening) MarshalText() ([]byte, error) { return []byte(redacted), nil }

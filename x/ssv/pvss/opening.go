package pvss

import (
	"fmt"
	"io"
)

// VerifyOpening checks that a scalar is canonical (ErrLength, ErrEncoding) and opens the commitment v_0 = g^s (ErrOpening), and gives the
// secret h^s that counts for the seed.
func VerifyOpening(commitment Element, opening []byte) (Element, error) {
	s, err := parseScalar(opening)
	if err != nil {
		return Element{}, fmt.Errorf("opening: %w", err)
	}
	if found := encode(timesG(s)); found != commitment {
		return Element{}, fmt.Errorf("%w: opens %x, want %x", ErrOpening, found[:], commitment[:])
	}
	if commitment == (Element{}) {
		return Element{}, fmt.Errorf("commitment: %w", ErrIdentity)
	}
	return encode(timesH(s)), nil
}

// Format prints "redacted" whatever the verb.
func (o Opening) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// String is "redacted".
func (o Opening) String() string { return redacted }

// GoString is "redacted".
func (o Opening) GoString() string { return redacted }

// MarshalText is "redacted": the bytes go out only as opening[:], deliberately.
func (o Opening) MarshalText() ([]byte, error) { return []byte(redacted), nil }

package pvss

import (
	"crypto/hkdf"
	"crypto/sha512"
	"fmt"
	"io"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

const (
	// SeedSize is the length of the secret from which a SecretKey is made.
	SeedSize = 32
	// KeySize is the length of a PublicKey.
	KeySize = ElementSize
	// ProofSize is the length of a proof of possession and of a proof of decryption: a challenge, then a response.
	ProofSize = ChallengeSize + ScalarSize
)

// redacted is what a secret prints as.
const redacted = "pvss: redacted"

// PublicKey is a beacon key pk = h^sk: the canonical encoding of an element that is not the identity. Read one with ParsePublicKey.
type PublicKey = Element

// ParsePublicKey reads a beacon key: exactly 32 bytes, canonical, not the identity. It proves nothing about who knows its secret.
func ParsePublicKey(encoded []byte) (PublicKey, error) {
	return ParseElement(encoded)
}

// SecretKey is a beacon secret key: the scalar that decrypts shares and the key from which every dealing of its owner is derived. It prints
// as "redacted" under every verb and has no way out.
type SecretKey struct {
	// reveal hides the secret in a closure: fmt calls no method of an unexported field and prints what its pointers point to, but of a
	// function only its address.
	reveal func() *secret
}

type secret struct {
	scalar     *scalar.Scalar
	derivation []byte // HKDF's pseudorandom key
}

// NewSecretKey derives a beacon key from 32 secret, uniform bytes (HKDF with SHA-512). The same seed always gives the same key.
func NewSecretKey(seed []byte) (SecretKey, error) {
	if len(seed) != SeedSize {
		return SecretKey{}, fmt.Errorf("%w: seed of %d bytes, want %d", ErrSecretKey, len(seed), SeedSize)
	}
	if isZero(seed) {
		return SecretKey{}, fmt.Errorf("%w: the seed is all zeros", ErrSecretKey)
	}
	prk, err := hkdf.Extract(sha512.New, seed, []byte(domain+"secret-key"))
	if err != nil {
		return SecretKey{}, fmt.Errorf("%w: %w", ErrSecretKey, err)
	}
	hidden := &secret{derivation: prk}
	hidden.scalar = hidden.derive("scalar", nil)
	return SecretKey{reveal: func() *secret { return hidden }}, nil
}

// PublicKey is h^sk; of the zero SecretKey it is the identity, which is refused everywhere.
func (k SecretKey) PublicKey() PublicKey {
	if k.reveal == nil {
		return PublicKey{}
	}
	return encode(timesH(k.scalar()))
}

// scalar is sk.
func (k SecretKey) scalar() *scalar.Scalar { return k.reveal().scalar }

// derive gives the scalar that this key has for a purpose and its context: uniform to everyone else, and the same after a restart. A
// purpose's contexts are all of one length.
func (k SecretKey) derive(purpose string, context []byte) *scalar.Scalar {
	return k.reveal().derive(purpose, context)
}

func (s *secret) derive(purpose string, context []byte) *scalar.Scalar {
	info := newTranscript("derive/" + purpose).bytes(context).digest()
	expanded, err := hkdf.Expand(sha512.New, s.derivation, string(info[:]), wideSize)
	must(err)
	return reduce([wideSize]byte(expanded))
}

func (k SecretKey) check() error {
	if k.reveal == nil {
		return fmt.Errorf("%w: the zero SecretKey, want one of NewSecretKey", ErrSecretKey)
	}
	return nil
}

// Format prints "redacted" whatever the verb.
func (k SecretKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// String is "redacted".
func (k SecretKey) String() string { return redacted }

// GoString is "redacted".
func (k SecretKey) GoString() string { return redacted }

// MarshalText is "redacted", so that no encoder and no logger that walks over fields writes a secret.
func (k SecretKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

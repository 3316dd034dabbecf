package pvss

import (
	"crypto/sha512"
	"encoding/binary"
	"hash"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// domain begins the label of every hash of this package; a label is never used for two purposes.
const domain = "stafi/ssv/pvss/v1/"

// transcript hashes with SHA-512 what a proof is about. Strings are length-prefixed (four bytes, big-endian) and all else has a fixed
// length that the strings or the round's digest determine, so that two different statements are never the same bytes.
type transcript struct {
	hash hash.Hash
}

func newTranscript(label string) transcript {
	return transcript{hash: sha512.New()}.text(domain + label)
}

func (t transcript) bytes(data []byte) transcript {
	_, _ = t.hash.Write(data) // a hash never fails
	return t
}

func (t transcript) text(s string) transcript {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(s)))
	return t.bytes(length[:]).bytes([]byte(s))
}

func (t transcript) uint64(n uint64) transcript {
	var encoded [8]byte
	binary.BigEndian.PutUint64(encoded[:], n)
	return t.bytes(encoded[:])
}

func (t transcript) elements(elements ...Element) transcript {
	for i := range elements {
		t.bytes(elements[i][:])
	}
	return t
}

func (t transcript) digest() (sum [sha512.Size]byte) {
	t.hash.Sum(sum[:0])
	return sum
}

// challenge is the first 16 bytes of the digest.
func (t transcript) challenge() [ChallengeSize]byte {
	sum := t.digest()
	return [ChallengeSize]byte(sum[:ChallengeSize])
}

// scalar is the whole digest reduced.
func (t transcript) scalar() *scalar.Scalar {
	return reduce(t.digest())
}

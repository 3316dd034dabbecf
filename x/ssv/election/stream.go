package election

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// streamDomain separates the election's hashes from all others.
const streamDomain = "stafi/ssv/election/v1"

// Roles of a draw: members of all contracts are drawn before the standbys of any.
const (
	roleMember  = "member"
	roleStandby = "standby"
)

const wordsPerBlock = sha256.Size / 8

// stream is the sequence of 64-bit words of one draw: block c is SHA-256(K ‖ be64(c)), four big-endian words each.
type stream struct {
	input [sha256.Size + 8]byte // K ‖ be64(next block)
	block [sha256.Size]byte
	lane  int
	next  uint64
}

func newStream(chainID string, era, contract uint64, role string, seed []byte) *stream {
	buffer := prefixed(nil, []byte(streamDomain))
	buffer = prefixed(buffer, []byte(chainID))
	buffer = binary.BigEndian.AppendUint64(buffer, era)
	buffer = binary.BigEndian.AppendUint64(buffer, contract)
	buffer = prefixed(buffer, []byte(role))
	buffer = prefixed(buffer, seed)
	key := sha256.Sum256(buffer)
	s := &stream{lane: wordsPerBlock}
	copy(s.input[:], key[:])
	return s
}

// prefixed appends lp(data) = be32(len data) ‖ data.
func prefixed(buffer, data []byte) []byte {
	buffer = binary.BigEndian.AppendUint32(buffer, uint32(len(data)))
	return append(buffer, data...)
}

func (s *stream) word() uint64 {
	if s.lane == wordsPerBlock {
		binary.BigEndian.PutUint64(s.input[sha256.Size:], s.next)
		s.block = sha256.Sum256(s.input[:])
		s.next, s.lane = s.next+1, 0
	}
	word := binary.BigEndian.Uint64(s.block[8*s.lane:])
	s.lane++
	return word
}

// below returns a number in [0, n) without modulo bias: the top bitlen(n−1) bits of the next word that is less than n.
// n = 1 uses no word; n must not be 0.
func (s *stream) below(n uint64) uint64 {
	if n == 1 {
		return 0
	}
	shift := 64 - bits.Len64(n-1)
	for {
		if v := s.word() >> shift; v < n {
			return v
		}
	}
}

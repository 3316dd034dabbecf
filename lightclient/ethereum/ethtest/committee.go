package ethtest

import (
	"crypto/sha256"
	"encoding/binary"

	blst "github.com/supranational/blst/bindings/go"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
)

// Committee is a sync committee with its secret keys.
type Committee struct {
	Public *beacon.SyncCommittee
	Root   beacon.Root
	secret []*blst.SecretKey
}

// NewCommittee makes the keys of a size from a seed.
func NewCommittee(size int, seed uint64) *Committee {
	c := &Committee{Public: &beacon.SyncCommittee{Pubkeys: make([]beacon.Pubkey, size)}}
	points := make([]*blst.P1Affine, size)
	for i := range points {
		var material [16]byte
		binary.BigEndian.PutUint64(material[:], seed)
		binary.BigEndian.PutUint64(material[8:], uint64(i))
		ikm := sha256.Sum256(material[:])
		secret := blst.KeyGen(ikm[:])
		points[i] = new(blst.P1Affine).From(secret)
		copy(c.Public.Pubkeys[i][:], points[i].Compress())
		c.secret = append(c.secret, secret)
	}
	aggregate := new(blst.P1Aggregate)
	aggregate.Aggregate(points, false)
	copy(c.Public.Aggregate[:], aggregate.ToAffine().Compress())
	c.Root = c.Public.Root()
	return c
}

// Sign aggregates the signatures of the first so many members over a message.
func (c *Committee) Sign(message beacon.Root, members int) beacon.SyncAggregate {
	out := beacon.SyncAggregate{Bits: make(beacon.Bits, len(c.secret)/8)}
	sum := new(blst.P2Aggregate)
	for i := range members {
		out.Bits[i/8] |= 1 << (i % 8)
		sum.Add(new(blst.P2Affine).Sign(c.secret[i], message[:], []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")), false)
	}
	if members > 0 {
		copy(out.Signature[:], sum.ToAffine().Compress())
	}
	return out
}

package beacon

import (
	"fmt"
	"math/bits"
	"sync"

	blst "github.com/supranational/blst/bindings/go"
)

// signatureTag is the domain separation tag of the consensus specs: minimal
// public keys, proof of possession.
var signatureTag = []byte("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_")

// keyring is a committee's decoded keys and their sum, made when first needed:
// decoding 512 keys costs twenty times as much as a signature.
type keyring struct {
	once   sync.Once
	points []*blst.P1Affine
	sum    *blst.P1
	err    error
}

// decode checks that every key is a point of the group other than infinity.
// Error: ErrKey.
func (c *SyncCommittee) decode() error {
	c.keys.once.Do(func() {
		points := make([]*blst.P1Affine, len(c.Pubkeys))
		for i := range c.Pubkeys {
			points[i] = new(blst.P1Affine).Uncompress(c.Pubkeys[i][:])
			if points[i] == nil || !points[i].KeyValidate() {
				c.keys.err = fmt.Errorf("%w: key %d, 0x%x", ErrKey, i, c.Pubkeys[i])
				return
			}
		}
		c.keys.points, c.keys.sum = points, blst.P1AffinesAdd(points)
	})
	return c.keys.err
}

// Count is how many bits are set.
func (b Bits) Count() int {
	n := 0
	for _, octet := range b {
		n += bits.OnesCount8(octet)
	}
	return n
}

func (b Bits) has(i int) bool { return b[i/8]>>(i%8)&1 == 1 }

// signer is the sum of the keys of those that signed. As nearly all do, the
// absent are taken from the sum of all.
func (c *SyncCommittee) signer(who Bits) *blst.P1Affine {
	sum := new(blst.P1)
	few := 2*who.Count() < len(c.keys.points)
	if !few {
		*sum = *c.keys.sum
	}
	for i, point := range c.keys.points {
		switch {
		case few && who.has(i):
			sum.AddAssign(point)
		case !few && !who.has(i):
			sum.SubAssign(point)
		}
	}
	return sum.ToAffine()
}

// verify is FastAggregateVerify of the signers over a message. Errors: ErrKey,
// ErrSignature.
func (c *SyncCommittee) verify(aggregate *SyncAggregate, message Root) error {
	if err := c.decode(); err != nil {
		return err
	}
	signature := new(blst.P2Affine).Uncompress(aggregate.Signature[:])
	if signature == nil || !signature.Verify(true, c.signer(aggregate.Bits), false, message[:], signatureTag) {
		return fmt.Errorf("%w: %d of %d keys", ErrSignature, aggregate.Bits.Count(), len(c.Pubkeys))
	}
	return nil
}

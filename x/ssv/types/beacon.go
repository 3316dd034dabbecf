package types

import (
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// Validate checks a beacon key with its proof of possession by an operator on a chain, in this order: both are there; the key is the
// canonical encoding of an element of ristretto255 that is not the identity (ErrInvalidBeaconKey); the proof is 48 bytes and holds
// (ErrInvalidProof). Protocol §§3, 4.
func (p *BeaconKeyProof) Validate(chainID, operator string) error {
	if p == nil || len(p.Key) == 0 {
		return ErrInvalidBeaconKey.Wrapf("%s gives none, want %d bytes with a proof of possession", operator, pvss.KeySize)
	}
	key, err := pvss.ParsePublicKey(p.Key)
	if err != nil {
		return ErrInvalidBeaconKey.Wrapf("%X: %s", p.Key, err)
	}
	proof, err := pvss.ParseProof(p.Proof)
	if err != nil {
		return ErrInvalidProof.Wrapf("of beacon key %X: %s", p.Key, err)
	}
	if err := pvss.VerifyPossession(chainID, operator, key, proof); err != nil {
		return ErrInvalidProof.Wrapf("of beacon key %X, want one for chain %s and operator %s: %s", p.Key, chainID, operator, err)
	}
	return nil
}

// BeaconKeyAt returns the 32-byte beacon key by which the candidate may deal in the round of an era: the newest one if it was registered
// in an earlier era, else the one before it; empty if there is neither (protocol §3).
func (c Candidate) BeaconKeyAt(era uint64) []byte {
	if c.BeaconEra < era {
		return c.BeaconKey
	}
	return c.FormerBeaconKey
}

// WithBeaconKey returns the candidate with a key registered in an era. The key that it deals by until then stays as the former one; the
// same key again changes nothing.
func (c Candidate) WithBeaconKey(key []byte, era uint64) Candidate {
	if string(c.BeaconKey) == string(key) {
		return c
	}
	if c.BeaconEra < era {
		c.FormerBeaconKey = c.BeaconKey
	}
	c.BeaconKey, c.BeaconEra = key, era
	return c
}

// beaconKeys returns the one or two beacon keys of a candidate.
func (c Candidate) beaconKeys() [][]byte {
	var keys [][]byte
	for _, key := range [][]byte{c.BeaconKey, c.FormerBeaconKey} {
		if len(key) > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

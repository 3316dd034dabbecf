package ethereum

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// IndexedSignature is a member's 65-byte signature and the index of its key in the vault's order, from 0.
type IndexedSignature struct {
	Index     uint32
	Signature []byte
}

// Assemble returns the complete calldata for the payload's Safe, sent by whoever wants to, and the SafeTx hash that the Safe will log.
// keys are the vault's, in its order; the signatures are exactly as many as the threshold, in order of index, which is the order of
// addresses that the Safe wants. The same arguments give the same bytes. It checks, in this order: the keys' order and that they are
// the payload's owners (ErrKey, ErrOwners), the payload, the number and order of signatures, and each signature (ErrSignatures).
func Assemble(p Payload, keys [][]byte, signatures []IndexedSignature) (calldata []byte, hash common.Hash, err error) {
	if err := checkOwners(p.Owners, keys); err != nil {
		return nil, hash, err
	}
	tx, err := p.SafeTx()
	if err != nil {
		return nil, hash, err
	}
	if hash, err = tx.Hash(p.Domain()); err != nil {
		return nil, hash, err
	}
	packed, err := packSignatures(hash, p.Owners.Threshold, keys, signatures)
	if err != nil {
		return nil, hash, err
	}
	return tx.Calldata(packed), hash, nil
}

// checkOwners wants keys in the order of their addresses, and these to be the owners.
func checkOwners(owners Owners, keys [][]byte) error {
	addresses, err := KeyAddresses(keys)
	if err != nil {
		return err
	}
	for i := 1; i < len(addresses); i++ {
		if addresses[i].Cmp(addresses[i-1]) <= 0 {
			return fmt.Errorf("%w: key %d is out of the vault's order", ErrKey, i)
		}
	}
	if len(addresses) != len(owners.List) || len(without(addresses, owners.List)) != 0 {
		return fmt.Errorf("%w: %d keys, want those of the Safe's %d owners", ErrOwners, len(addresses), len(owners.List))
	}
	return nil
}

func packSignatures(digest common.Hash, threshold uint32, keys [][]byte, signatures []IndexedSignature) ([]byte, error) {
	if len(signatures) != int(threshold) {
		return nil, fmt.Errorf("%w: %d, want %d", ErrSignatures, len(signatures), threshold)
	}
	packed := make([]byte, 0, SignatureSize*len(signatures))
	for i, s := range signatures {
		if int(s.Index) >= len(keys) || (i > 0 && s.Index <= signatures[i-1].Index) {
			return nil, fmt.Errorf("%w: index %d at place %d, want ascending ones below %d", ErrSignatures, s.Index, i, len(keys))
		}
		if !VerifySignature(keys[s.Index], digest.Bytes(), s.Signature) {
			return nil, fmt.Errorf("%w: that of key %d does not sign digest %s", ErrSignatures, s.Index, digest)
		}
		packed = append(packed, s.Signature...)
	}
	return packed, nil
}

package types

import (
	"bytes"
	"cmp"
)

// validateRejections checks that rejections are in order of contract, hash and proposer, of contracts that are there, and of somebody.
func (g GenesisState) validateRejections(contracts map[uint64]bool) error {
	for i, r := range g.Rejections {
		if !contracts[r.Contract] || len(r.Hash) != HashSize || r.Proposer == "" {
			return ErrInvalidGenesis.Wrapf("rejection of %X by %q of contract %d is not complete", r.Hash, r.Proposer, r.Contract)
		}
		if i == 0 {
			continue
		}
		before := g.Rejections[i-1]
		if cmp.Or(
			cmp.Compare(before.Contract, r.Contract), bytes.Compare(before.Hash, r.Hash), cmp.Compare(before.Proposer, r.Proposer),
		) >= 0 {
			return ErrInvalidGenesis.Wrapf("rejection %d, of %X, is out of order", i, r.Hash)
		}
	}
	return nil
}

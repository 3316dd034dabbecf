package types

import (
	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// Validate checks that 1 ≤ min_size ≤ size and ⌈ratio·size⌉ ≤ threshold ≤ size.
func (d Demand) Validate(ratio math.LegacyDec) error {
	if err := ValidateChainID(d.ChainId); err != nil {
		return err
	}
	if d.MinSize == 0 || d.MinSize > d.Size_ {
		return ErrInvalidDemand.Wrapf("contract %d wants at least %d members, want from 1 to its size %d", d.Contract, d.MinSize, d.Size_)
	}
	if least := election.MinThreshold(d.Size_, ratio); d.Threshold < least || d.Threshold > d.Size_ {
		return ErrInvalidDemand.Wrapf("contract %d has threshold %d of %d, want from %d", d.Contract, d.Threshold, d.Size_, least)
	}
	return nil
}

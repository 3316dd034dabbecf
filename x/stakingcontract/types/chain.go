package types

import "time"

// CheckpointBlock is the block of the original chain after which observation begins, with its 32-byte hash. The contract must be valid.
func (c Contract) CheckpointBlock() (height uint64, hash []byte) {
	if c.Ethereum != nil {
		return c.Ethereum.CheckpointHeight, c.Ethereum.CheckpointHash
	}
	return c.Cosmos.CheckpointHeight, c.Cosmos.CheckpointHash
}

// ObservationLag in blocks of the original chain: an empty range is reported once it is this long. The contract must be valid.
func (c Contract) ObservationLag() uint64 {
	if c.Ethereum != nil {
		return c.Ethereum.MaxObservationLag
	}
	return c.Cosmos.MaxObservationLag
}

// TrustPeriod bounds the age of what light clients trust. The contract must be valid.
func (c Contract) TrustPeriod() time.Duration {
	if c.Ethereum != nil {
		return c.Ethereum.TrustingPeriod
	}
	return c.Cosmos.TrustingPeriod
}

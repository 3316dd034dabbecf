package types

import (
	"time"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// figures are what a contract says of its original chain, by kind of chain.
type figures interface {
	// validateNames checks what the chain's kind wants of chain id, denom and decimals.
	validateNames(c Contract) error
	// validate checks the figures, and what they have to do with the contract's tiers and limits.
	validate(c Contract) error
	// leastCosts are what a payout with one output and a move of a tier's vault cost, in base units.
	leastCosts(tier Tier) (payout, move math.Int)
	// mostMembers is the most that a committee may have, and what says so.
	mostMembers() (uint32, string)
	// fixed are the figures that an update of the deployed contract may not change. Both are of the same kind.
	fixed(deployed Contract) []field
}

// figures returns the figures of the contract's kind, or ErrInvalidContract where they are missing, or others are there as well.
func (c Contract) figures() (figures, error) {
	switch c.Kind {
	case multisigtypes.CHAIN_KIND_COSMOS:
		if c.Cosmos == nil || c.Ethereum != nil {
			return nil, ErrInvalidContract.Wrapf("cosmos is %s and ethereum %s, wanted only the figures of a chain of kind %s", given(c.Cosmos != nil), given(c.Ethereum != nil), c.Kind)
		}
		return *c.Cosmos, nil
	case multisigtypes.CHAIN_KIND_ETHEREUM:
		if c.Ethereum == nil || c.Cosmos != nil {
			return nil, ErrInvalidContract.Wrapf("ethereum is %s and cosmos %s, wanted only the figures of a chain of kind %s", given(c.Ethereum != nil), given(c.Cosmos != nil), c.Kind)
		}
		return *c.Ethereum, nil
	default:
		return nil, ErrInvalidContract.Wrapf("chain kind is %s, wanted %s or %s: no other kind is served yet",
			c.Kind, multisigtypes.CHAIN_KIND_COSMOS, multisigtypes.CHAIN_KIND_ETHEREUM)
	}
}

func given(is bool) string {
	if is {
		return "given"
	}
	return "missing"
}

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

// AddressPrefix is the bech32 prefix of account addresses on a Cosmos chain, empty on others.
func (c Contract) AddressPrefix() string {
	if c.Cosmos == nil {
		return ""
	}
	return c.Cosmos.Bech32Prefix
}

// Timeout is the height of the original chain above which a payload made at an observed height can't execute; multisig's NoTimeout on a
// chain whose payloads have none.
func (c Contract) Timeout(observed uint64) uint64 {
	if c.Kind.HandsOn() {
		return multisigtypes.NoTimeout
	}
	return observed + c.Cosmos.TimeoutBlocks
}

func checkBounds(bounds []bound) error {
	for _, b := range bounds {
		if b.value < b.min || b.value > b.max {
			return ErrInvalidContract.Wrapf("%s is %d, wanted from %d to %d", b.name, b.value, b.min, b.max)
		}
	}
	return nil
}

func checkTrust(period time.Duration) error {
	if period < time.Minute {
		return ErrInvalidContract.Wrapf("trusting_period is %s, wanted at least %s", period, time.Minute)
	}
	return nil
}

func decimal(n uint64) string { return math.NewIntFromUint64(n).String() }

package types

import (
	"cosmossdk.io/math"
)

var _ figures = CosmosChain{}

func (CosmosChain) validateNames(Contract) error { return nil }

func (f CosmosChain) mostMembers() (uint32, string) { return f.TxSigLimit, "the chain's tx_sig_limit" }

func (f CosmosChain) fixed(deployed Contract) []field {
	d := *deployed.Cosmos
	return []field{
		{"bech32_prefix", f.Bech32Prefix, d.Bech32Prefix},
		{"checkpoint_height", decimal(f.CheckpointHeight), decimal(d.CheckpointHeight)},
		{"checkpoint_hash", string(f.CheckpointHash), string(d.CheckpointHash)},
	}
}

func (f CosmosChain) validate(Contract) error {
	if !prefixPattern().MatchString(f.Bech32Prefix) {
		return ErrInvalidContract.Wrapf("bech32_prefix is %q, wanted 1 to 20 lower-case letters and digits", f.Bech32Prefix)
	}
	if price := f.GasPrice; price.IsNil() || price.IsNegative() || price.GT(math.LegacyNewDec(maxFigure)) {
		return ErrInvalidContract.Wrapf("gas_price is %s, wanted from 0 to %d", price, int64(maxFigure))
	}
	if err := checkBounds([]bound{
		{"tx_sig_limit", uint64(f.TxSigLimit), 1, 1000},
		{"gas_base", f.GasBase, 1, maxFigure},
		{"gas_per_signature", f.GasPerSignature, 0, maxFigure},
		{"gas_per_output", f.GasPerOutput, 0, maxFigure},
		{"max_observation_lag", f.MaxObservationLag, 1, maxFigure},
		{"timeout_blocks", f.TimeoutBlocks, 2 * f.MaxObservationLag, maxFigure},
		{"checkpoint_height", f.CheckpointHeight, 1, maxFigure},
		{"checkpoint_hash length", uint64(len(f.CheckpointHash)), HashSize, HashSize},
	}); err != nil {
		return err
	}
	return checkTrust(f.TrustingPeriod)
}

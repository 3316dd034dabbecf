package types

import (
	"bytes"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
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

// Gas is the gas limit of a vault's transaction: (gas_base + gas_per_signature·signers +
// gas_per_output·outputs)·(100+boost)/100, rounded down. signers is M, because a chain may charge
// for every key of the multisig.
func (f CosmosChain) Gas(signers, outputs, boost uint32) uint64 {
	gas := f.GasBase + f.GasPerSignature*uint64(signers) + f.GasPerOutput*uint64(outputs)
	return math.NewIntFromUint64(gas).MulRaw(int64(100 + boost)).QuoRaw(100).Uint64()
}

// Fee is gas·gas_price in base units, rounded up.
func (f CosmosChain) Fee(gas uint64) math.Int {
	return f.GasPrice.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()
}

func (f CosmosChain) leastCosts(tier Tier) (payout, move math.Int) {
	fee := f.Fee(f.Gas(tier.Size_, 1, 0))
	return fee, fee
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
	if err := f.checkBlocked(); err != nil {
		return err
	}
	return checkTrust(f.TrustingPeriod)
}

// maxBlocked bounds the addresses that a contract knows to be blocked.
const maxBlocked = 200

func (f CosmosChain) checkBlocked() error {
	if n := len(f.BlockedAddresses); n > maxBlocked {
		return ErrInvalidContract.Wrapf("%d blocked_addresses, wanted at most %d", n, maxBlocked)
	}
	for i, address := range f.BlockedAddresses {
		prefix, bytes, err := bech32.DecodeAndConvert(address)
		if err != nil || prefix != f.Bech32Prefix || len(bytes) == 0 {
			return ErrInvalidContract.Wrapf("blocked_addresses has %q, wanted bech32 with the prefix %q", address, f.Bech32Prefix)
		}
		if i > 0 && address <= f.BlockedAddresses[i-1] {
			return ErrInvalidContract.Wrapf("blocked_addresses has %q after %q, wanted each once, in order", address, f.BlockedAddresses[i-1])
		}
	}
	return nil
}

// moduleAccounts are the modules of an SDK chain whose accounts nobody holds a key of. A chain blocks most of them, and
// what is sent to the others is lost.
var moduleAccounts = []string{
	"bonded_tokens_pool", "crisis", "distribution", "fee_collector", "feeibc", "interchainaccounts", "mint", "nft", "not_bonded_tokens_pool",
	"protocolpool", "transfer",
}

// Blocked says in words why a chain would not take a payment to an account, by its raw address; empty where nothing is known.
func (f CosmosChain) Blocked(account []byte) string {
	for _, module := range moduleAccounts {
		if bytes.Equal(account, authtypes.NewModuleAddress(module)) {
			return "the account of the module " + module + " on the original chain"
		}
	}
	for _, blocked := range f.BlockedAddresses {
		if _, address, err := bech32.DecodeAndConvert(blocked); err == nil && bytes.Equal(account, address) {
			return "among the contract's blocked_addresses"
		}
	}
	return ""
}

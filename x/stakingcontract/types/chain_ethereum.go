package types

import (
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// What a contract on an Ethereum network is denominated in.
const (
	EthereumDenom    = "wei"
	EthereumDecimals = 18
)

const (
	// MaxOwners bounds the owners of a Safe, so that a payout of MaxOutputs that all of them sign, and a handover to as many others, fit into one
	// transaction.
	MaxOwners = 100
	// MaxEthereumGasPrice in wei, a million gwei, is a price beyond any that was ever paid for long.
	MaxEthereumGasPrice = 1_000_000_000_000_000
)

var _ figures = EthereumChain{}

func (EthereumChain) validateNames(c Contract) error {
	if _, err := ethereum.ChainNumber(c.ChainId); err != nil {
		return ErrInvalidContract.Wrapf("chain_id: %s", err)
	}
	if c.Denom != EthereumDenom {
		return ErrInvalidContract.Wrapf("denom is %q, wanted %q on a chain of kind %s", c.Denom, EthereumDenom, c.Kind)
	}
	if c.Decimals != EthereumDecimals {
		return ErrInvalidContract.Wrapf("decimals is %d, wanted %d on a chain of kind %s", c.Decimals, EthereumDecimals, c.Kind)
	}
	return nil
}

func (EthereumChain) mostMembers() (uint32, string) { return MaxOwners, "the owners of a Safe," }

// fixed leaves the beacon checkpoint free to be renewed by a later one: it grows too old for light clients that begin, whereas where observation
// began stays what it was.
func (f EthereumChain) fixed(deployed Contract) []field {
	d := *deployed.Ethereum
	fields := []field{
		{"checkpoint_height", decimal(f.CheckpointHeight), decimal(d.CheckpointHeight)},
		{"checkpoint_hash", string(f.CheckpointHash), string(d.CheckpointHash)},
		{"genesis_validators_root", string(f.GenesisValidatorsRoot), string(d.GenesisValidatorsRoot)},
	}
	if f.CheckpointSlot > d.CheckpointSlot {
		return fields
	}
	return append(fields,
		field{"checkpoint_slot", decimal(f.CheckpointSlot), decimal(d.CheckpointSlot)},
		field{"checkpoint_root", string(f.CheckpointRoot), string(d.CheckpointRoot)},
	)
}

// leastCosts has no move: a Safe is never swept.
func (f EthereumChain) leastCosts(tier Tier) (payout, move math.Int) {
	return f.Fee(ethereum.PayoutCost(1, tier.Threshold)), math.ZeroInt()
}

// Fee is the most that a Safe refunds for a transaction of a cost, in wei.
func (f EthereumChain) Fee(cost ethereum.Cost) math.Int {
	return f.GasPrice.Mul(math.NewIntFromUint64(cost.Refunded))
}

func (f EthereumChain) validate(Contract) error {
	if price := f.GasPrice; price.IsNil() || !price.IsPositive() || price.GT(math.NewInt(MaxEthereumGasPrice)) {
		return ErrInvalidContract.Wrapf("gas_price is %s, wanted from 1 to %d wei", price, int64(MaxEthereumGasPrice))
	}
	if err := checkBounds([]bound{
		{"max_observation_lag", f.MaxObservationLag, 1, maxFigure},
		{"checkpoint_slot", f.CheckpointSlot, 1, maxFigure},
		{"checkpoint_root length", uint64(len(f.CheckpointRoot)), HashSize, HashSize},
		{"checkpoint_height", f.CheckpointHeight, 1, maxFigure},
		{"checkpoint_hash length", uint64(len(f.CheckpointHash)), HashSize, HashSize},
		{"genesis_validators_root length", uint64(len(f.GenesisValidatorsRoot)), HashSize, HashSize},
	}); err != nil {
		return err
	}
	return checkTrust(f.TrustingPeriod)
}

// DepositContract is the contract by which deposits to a Safe say for whom they are, in its EIP-55 form; empty for vaults of other kinds.
func DepositContract(vault multisigtypes.Vault) (string, error) {
	if vault.Kind != multisigtypes.CHAIN_KIND_ETHEREUM {
		return "", nil
	}
	safe, err := ethereum.ParseAddress(vault.Address)
	if err != nil {
		return "", err
	}
	return ethereum.DepositContract(safe).Hex(), nil
}

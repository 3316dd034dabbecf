package types_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func ethereumContract() types.Contract {
	hash := sha256.Sum256([]byte("checkpoint"))
	c := contract()
	c.ChainId, c.Kind, c.Cosmos = "eip155-1", multisigtypes.CHAIN_KIND_ETHEREUM, nil
	c.Denom, c.RtokenDenom, c.Symbol, c.Decimals = "wei", "rwei", "ETH", 18
	c.Tiers[1].Size_, c.Tiers[1].Threshold = 21, 15
	c.Limits.RedemptionFee = math.NewInt(40_000_000_000_000_000)
	c.Ethereum = &types.EthereumChain{
		GasPrice: math.NewInt(100_000_000_000), MaxObservationLag: 300, CheckpointSlot: 64, CheckpointRoot: hash[:], CheckpointHeight: 60,
		CheckpointHash: hash[:], GenesisValidatorsRoot: hash[:], TrustingPeriod: 14 * 24 * time.Hour,
	}
	return c
}

func TestAContractOnEthereumIsRefusedWithTheBoundThatItBreaks(t *testing.T) {
	require.NoError(t, ethereumContract().Validate())
	short := make([]byte, 31)
	for _, c := range []struct {
		name   string
		change func(*types.Contract)
		says   string
	}{
		{"a chain id of another form", func(c *types.Contract) { c.ChainId = "ethereum-1" }, `chain_id: invalid chain id: "ethereum-1", want eip155- and a number above 0`},
		{"chain 0", func(c *types.Contract) { c.ChainId = "eip155-0" }, `"eip155-0"`},
		{"a leading zero", func(c *types.Contract) { c.ChainId = "eip155-01" }, `"eip155-01"`},
		{"another denom", func(c *types.Contract) { c.Denom, c.RtokenDenom = "gwei", "rgwei" }, `denom is "gwei", wanted "wei"`},
		{"another rToken", func(c *types.Contract) { c.RtokenDenom = "reth" }, `rtoken_denom is "reth", wanted "rwei"`},
		{"other decimals", func(c *types.Contract) { c.Decimals = 6 }, "decimals is 6, wanted 18"},
		{"no figures", func(c *types.Contract) { c.Ethereum = nil }, "ethereum is missing and cosmos missing, wanted only the figures of a chain of kind CHAIN_KIND_ETHEREUM"},
		{"figures of both kinds", func(c *types.Contract) { c.Cosmos = contract().Cosmos }, "ethereum is given and cosmos given, wanted only"},
		{"no gas price", func(c *types.Contract) { c.Ethereum.GasPrice = math.ZeroInt() }, "gas_price is 0, wanted from 1 to 1000000000000000 wei"},
		{"a gas price that is missing", func(c *types.Contract) { c.Ethereum.GasPrice = math.Int{} }, "gas_price is"},
		{"a gas price of a million gwei and a wei", func(c *types.Contract) { c.Ethereum.GasPrice = math.NewInt(1_000_000_000_000_001) }, "gas_price is 1000000000000001"},
		{"no lag", func(c *types.Contract) { c.Ethereum.MaxObservationLag = 0 }, "max_observation_lag is 0, wanted from 1"},
		{"no checkpoint slot", func(c *types.Contract) { c.Ethereum.CheckpointSlot = 0 }, "checkpoint_slot is 0, wanted from 1"},
		{"a checkpoint root of 31 bytes", func(c *types.Contract) { c.Ethereum.CheckpointRoot = short }, "checkpoint_root length is 31, wanted from 32 to 32"},
		{"no checkpoint height", func(c *types.Contract) { c.Ethereum.CheckpointHeight = 0 }, "checkpoint_height is 0, wanted from 1"},
		{"a checkpoint hash of 31 bytes", func(c *types.Contract) { c.Ethereum.CheckpointHash = short }, "checkpoint_hash length is 31"},
		{"a genesis root of 31 bytes", func(c *types.Contract) { c.Ethereum.GenesisValidatorsRoot = short }, "genesis_validators_root length is 31"},
		{"no trusting period", func(c *types.Contract) { c.Ethereum.TrustingPeriod = 0 }, "trusting_period is 0s"},
		{"more owners than a Safe is handed on from", func(c *types.Contract) { c.Tiers[1].Size_ = 101 }, "tier 1 has 101 members, wanted at most the owners of a Safe, 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := ethereumContract()
			c.change(&bad)
			err := bad.Validate()
			require.ErrorIs(t, err, types.ErrInvalidContract)
			require.ErrorContains(t, err, c.says)
		})
	}
	bad := contract()
	bad.Ethereum = ethereumContract().Ethereum
	require.ErrorContains(t, bad.Validate(), "cosmos is given and ethereum given")
}

func TestAnUpdateOnEthereumKeepsTheBeaconChainAndTheCheckpoint(t *testing.T) {
	deployed := ethereumContract()
	other := make([]byte, 32)
	for name, change := range map[string]func(*types.Contract){
		"chain_id": func(c *types.Contract) { c.ChainId = "eip155-5" },
		"kind": func(c *types.Contract) {
			c.Kind, c.Cosmos, c.Ethereum = multisigtypes.CHAIN_KIND_COSMOS, contract().Cosmos, nil
		},
		"checkpoint_slot":         func(c *types.Contract) { c.Ethereum.CheckpointSlot-- },
		"checkpoint_root":         func(c *types.Contract) { c.Ethereum.CheckpointRoot = other },
		"checkpoint_height":       func(c *types.Contract) { c.Ethereum.CheckpointHeight++ },
		"checkpoint_hash":         func(c *types.Contract) { c.Ethereum.CheckpointHash = other },
		"genesis_validators_root": func(c *types.Contract) { c.Ethereum.GenesisValidatorsRoot = other },
	} {
		changed := ethereumContract()
		change(&changed)
		err := changed.ValidateUpdate(deployed)
		require.ErrorIs(t, err, types.ErrInvalidContract)
		require.ErrorContains(t, err, name)
	}
	changed := ethereumContract()
	changed.Ethereum.GasPrice, changed.Ethereum.MaxObservationLag, changed.Ethereum.TrustingPeriod = math.NewInt(7), 9, time.Hour
	changed.Limits.MinDeposit = math.NewInt(2)
	require.NoError(t, changed.ValidateUpdate(deployed))
}

func TestTheCheckpointOfABeaconChainIsRenewedByALaterOne(t *testing.T) {
	deployed, renewed := ethereumContract(), ethereumContract()
	renewed.Ethereum.CheckpointSlot, renewed.Ethereum.CheckpointRoot = deployed.Ethereum.CheckpointSlot+1, make([]byte, 32)
	require.NoError(t, renewed.ValidateUpdate(deployed))
	require.ErrorContains(t, deployed.ValidateUpdate(renewed), "checkpoint_slot")
}

func TestAPayloadHasATimeoutWhereItsChainHasOne(t *testing.T) {
	require.Equal(t, uint64(1_100), contract().Timeout(1_000))
	require.Equal(t, multisigtypes.NoTimeout, ethereumContract().Timeout(1_000))
}

func TestTheLargestPayoutAndHandoverFitIntoOneTransaction(t *testing.T) {
	require.LessOrEqual(t, ethereum.PayoutCost(types.MaxOutputs, types.MaxOwners).Limit, uint64(ethereum.MaxTxGas))
	require.LessOrEqual(t, ethereum.HandoverCost(types.MaxOwners+1, types.MaxOwners).Limit, uint64(ethereum.MaxTxGas))
}

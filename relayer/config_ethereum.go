package relayer

import (
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cosmossdk.io/math"

	lcethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// EthereumConfig is what an Ethereum network needs beside what every chain does.
type EthereumConfig struct {
	// Network is mainnet, sepolia, hoodi, or the path of a definition's file, relative to the relayer's directory.
	Network string `toml:"network"`
	// BeaconSources are beacon nodes' REST addresses; BeaconQuorum of them must show the same finalized block.
	BeaconSources []string `toml:"beacon_sources"`
	BeaconQuorum  int      `toml:"beacon_quorum"`
	// MaxFeePerGas bounds what any transaction pays per gas, PriorityFee is what is offered first; as 30gwei.
	MaxFeePerGas string `toml:"max_fee_per_gas"`
	PriorityFee  string `toml:"priority_fee"`
	// MinBalance of the funder below which an alarm is raised, as 0.2ether.
	MinBalance string `toml:"min_balance"`
	// CheckpointSlot and CheckpointRoot (hex) override the contract's checkpoint.
	CheckpointSlot uint64 `toml:"checkpoint_slot"`
	CheckpointRoot string `toml:"checkpoint_root"`
}

// DefaultEthereumChain is complete but for the chain's id and network, its sources and the funder's key.
func DefaultEthereumChain() ChainConfig {
	var none *EthereumConfig
	return ChainConfig{
		Kind: KindEthereum, SignerKey: "signer", PollInterval: Duration(4 * time.Second), Ethereum: none.withDefaults(),
	}
}

// withDefaults fills what a configuration leaves out, in a copy.
func (c *EthereumConfig) withDefaults() *EthereumConfig {
	filled := EthereumConfig{}
	if c != nil {
		filled = *c
	}
	if filled.BeaconQuorum == 0 {
		filled.BeaconQuorum = 2
	}
	for value, standard := range map[*string]string{
		&filled.MaxFeePerGas: "100gwei", &filled.PriorityFee: "1gwei", &filled.MinBalance: "0.2ether",
	} {
		if *value == "" {
			*value = standard
		}
	}
	return &filled
}

func (c ChainConfig) validateEthereum(name string) []error {
	_, badID := vaultethereum.ChainNumber(c.ChainID)
	errs := []error{
		want(badID == nil, name+"chain_id", c.ChainID, "eip155- and the number of an EVM chain"),
		want(c.GasPrice == "", name+"gas_price", c.GasPrice, "none where kind is "+KindEthereum+": see max_fee_per_gas"),
		want(c.AccountGas == 0, name+"account_gas", fmt.Sprint(c.AccountGas), "none where kind is "+KindEthereum),
		want(c.CheckpointHeight == 0 && c.CheckpointHash == "", name+"checkpoint_height", fmt.Sprint(c.CheckpointHeight),
			"none where kind is "+KindEthereum+": see checkpoint_slot"),
		want(c.FunderKey != "" && c.FunderKey != c.SignerKey && !slices.Contains(c.FormerSignerKeys, c.FunderKey), name+"funder_key", c.FunderKey,
			"the name of a key that is no signer: that one signs for vaults and nothing else"),
	}
	if c.Ethereum == nil {
		return append(errs, want(false, name+"ethereum", "none", "a table [chain.ethereum]"))
	}
	return append(errs, c.Ethereum.validate(name+"ethereum.")...)
}

func (c EthereumConfig) validate(name string) []error {
	errs := []error{
		want(c.Network != "", name+"network", c.Network, "mainnet, sepolia, hoodi or a file"),
		want(c.BeaconQuorum >= 1 && c.BeaconQuorum <= len(c.BeaconSources), name+"beacon_quorum", fmt.Sprint(c.BeaconQuorum),
			fmt.Sprintf("from 1 to the number of beacon_sources, %d", len(c.BeaconSources))),
	}
	errs = append(errs, areSources(name+"beacon_sources", c.BeaconSources)...)
	most, err := isWei(name+"max_fee_per_gas", c.MaxFeePerGas)
	errs = append(errs, err)
	tip, err := isWei(name+"priority_fee", c.PriorityFee)
	errs = append(errs, err)
	if most != nil && tip != nil {
		errs = append(errs, want(tip.Sign() > 0 && tip.Cmp(most) <= 0, name+"priority_fee", c.PriorityFee, "more than 0 and at most max_fee_per_gas, "+c.MaxFeePerGas))
	}
	_, err = isWei(name+"min_balance", c.MinBalance)
	errs = append(errs, err)
	if c.CheckpointSlot != 0 || c.CheckpointRoot != "" {
		errs = append(errs, want(isHash(strings.TrimPrefix(c.CheckpointRoot, "0x")) && c.CheckpointSlot > 0, name+"checkpoint_slot",
			fmt.Sprintf("slot %d, root %q", c.CheckpointSlot, c.CheckpointRoot), "a slot and its beacon block's root, 64 hex digits"))
	}
	return errs
}

// weiUnits are the units of amounts, by the number of their decimals.
var weiUnits = []struct {
	name     string
	decimals int64
}{{"gwei", 9}, {"ether", 18}, {"wei", 0}}

// parseWei reads an amount with its unit, as 1.5gwei.
func parseWei(text string) (*big.Int, error) {
	for _, unit := range weiUnits {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		amount, err := math.LegacyNewDecFromStr(digits)
		if err != nil {
			return nil, err
		}
		wei := amount.MulInt(math.NewIntFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(unit.decimals), nil)))
		if wei.IsNegative() || !wei.IsInteger() {
			return nil, fmt.Errorf("%s wei, want a whole number from 0", wei)
		}
		return wei.TruncateInt().BigInt(), nil
	}
	return nil, fmt.Errorf("no unit, want wei, gwei or ether")
}

func isWei(key, found string) (*big.Int, error) {
	wei, err := parseWei(found)
	return wei, want(err == nil, key, found, "an amount such as 1.5gwei")
}

// wei is an amount of a validated configuration.
func wei(text string) *big.Int {
	amount, err := parseWei(text)
	if err != nil {
		return new(big.Int)
	}
	return amount
}

// located makes the paths of networks' definitions absolute.
func (c Config) located(home string) Config {
	c.Chains = slices.Clone(c.Chains)
	for i, chain := range c.Chains {
		if chain.Ethereum == nil || isPublic(chain.Ethereum.Network) || filepath.IsAbs(chain.Ethereum.Network) {
			continue
		}
		located := *chain.Ethereum
		located.Network = under(Dir(home), located.Network)
		c.Chains[i].Ethereum = &located
	}
	return c
}

func isPublic(network string) bool {
	return slices.ContainsFunc(lcethereum.PublicNetworks(), func(n lcethereum.Network) bool { return n.Name == network })
}

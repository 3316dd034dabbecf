package app

import (
	"os"
	"path/filepath"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// Name of the chain and of its binary.
	Name = "stafid"
	// Bech32Prefix of accounts; operators have stafivaloper, consensus keys stafivalcons (protocol §1).
	Bech32Prefix = "stafi"
	// BondDenom is the staking token: 1 FIS = 10^6 ufis.
	BondDenom = "ufis"
	// DisplayDenom is the staking token's unit for people.
	DisplayDenom = "fis"
	// DisplayExponent of DisplayDenom: 1 FIS = 10^6 ufis.
	DisplayExponent = 6
	// DefaultMinGasPrices is what a node asks for unless its app.toml says otherwise.
	DefaultMinGasPrices = "0.001" + BondDenom
)

// DefaultNodeHome is ~/.stafid, or .stafid where no home directory is known.
var DefaultNodeHome = filepath.Join(homeDir(), "."+Name)

// The SDK's prefixes and its default denom are process-wide and read by module defaults, so they are set
// before any of those can run.
func init() {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(Bech32Prefix, Bech32Prefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(
		Bech32Prefix+sdk.PrefixValidator+sdk.PrefixOperator,
		Bech32Prefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic,
	)
	config.SetBech32PrefixForConsensusNode(
		Bech32Prefix+sdk.PrefixValidator+sdk.PrefixConsensus,
		Bech32Prefix+sdk.PrefixValidator+sdk.PrefixConsensus+sdk.PrefixPublic,
	)
	sdk.DefaultBondDenom = BondDenom
}

func homeDir() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	return dir
}

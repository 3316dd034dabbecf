package localnet

import (
	"errors"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
)

const (
	// maxValidators keeps a network within what one machine runs and one port range holds.
	maxValidators = 64
	// gossipTime is what a block takes besides timeout_commit: proposal and two rounds of votes over loopback.
	gossipTime = 200 * time.Millisecond
)

// Options say what network to generate.
type Options struct {
	// Dir is the directory that will hold the network; it must not exist or be empty.
	Dir string
	// ChainID of the network.
	ChainID string
	// Validators is their number, from 1 to 64, all with the same stake.
	Validators int
	// BasePort is the first of portsPerNode ports for each validator and its relayer.
	BasePort int
	// BlockTime wanted, at least 200 ms; up to 13 validators keep 1 s on two cores, and 8 keep 300 ms.
	BlockTime time.Duration
	// Stake that each validator bonds to itself, in ufis.
	Stake sdk.Coin
	// Accounts are funded besides the operators and the submitters.
	Accounts []Account
	// Preset edits the genesis state.
	Preset Preset
	// Age of the genesis when it is written: the first era begins at genesis time, so that it ends
	// that much sooner.
	Age time.Duration
	// Committee that genesis names; nil names none.
	Committee *Committee
	// WriteRelayer writes a relayer's configuration into its home, which has its keys already; nil writes none.
	WriteRelayer func(manifest Manifest, index int) error
}

// Account is a name in the network's keyring, and what it owns at genesis.
type Account struct {
	Name  string
	Coins sdk.Coins
}

// DefaultOptions are ten validators and blocks of a second.
func DefaultOptions() Options {
	return Options{
		Dir:        ".localnet",
		ChainID:    "stafi-localnet-1",
		Validators: 10,
		BasePort:   27000,
		BlockTime:  time.Second,
		Stake:      sdk.NewInt64Coin(app.BondDenom, 100_000_000_000),
		Preset:     SmallPreset(time.Second),
	}
}

func (o Options) validate() error {
	switch {
	case o.Dir == "":
		return errors.New("localnet: no directory")
	case o.ChainID == "":
		return errors.New("localnet: no chain id")
	case o.Validators < 1 || o.Validators > maxValidators:
		return fmt.Errorf("localnet: %d validators, want 1 to %d", o.Validators, maxValidators)
	case o.BasePort < 1024 || o.BasePort+o.Validators*portsPerNode > 65536:
		return fmt.Errorf("localnet: base port %d, want 1024 to %d", o.BasePort, 65536-o.Validators*portsPerNode)
	case o.Age < 0:
		return fmt.Errorf("localnet: age %s, want 0 or more", o.Age)
	case o.Committee != nil && (o.Committee.Threshold < 1 || int(o.Committee.Threshold) > o.Validators):
		return fmt.Errorf("localnet: threshold %d of a committee of %d, want 1 to %d", o.Committee.Threshold, o.Validators, o.Validators)
	case o.BlockTime < gossipTime:
		return fmt.Errorf("localnet: block time %s, want at least %s", o.BlockTime, gossipTime)
	case o.Stake.Denom != app.BondDenom || o.Stake.Amount.LT(sdk.DefaultPowerReduction):
		return fmt.Errorf("localnet: stake %s, want at least %s%s", o.Stake, sdk.DefaultPowerReduction, app.BondDenom)
	}
	return nil
}

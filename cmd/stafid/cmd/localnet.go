package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
)

// presets by the name under which --preset takes them, for blocks of a time.
var presets = map[string]func(blockTime time.Duration) localnet.Preset{
	"small":    localnet.SmallPreset,
	"protocol": func(time.Duration) localnet.Preset { return localnet.ProtocolPreset() },
}

// localnetCommand generates a network; its subcommand runs it.
func localnetCommand() *cobra.Command {
	options := localnet.DefaultOptions()
	options.WriteRelayer = writeLocalnetRelayer
	var stake, preset, committee string
	var accounts []string
	cmd := &cobra.Command{
		Use:   "localnet",
		Short: "Generate a network of several validators and relayers on this machine",
		Long: `Writes one home per validator and per relayer, the genesis they share and manifest.json, which names every address, key and
port. Start the validators with "stafid localnet start".`,
		Example: `  stafid localnet --validators 10 --account staker=1000000000ufis --account friend=1000000000ufis
  stafid localnet start`,
		Args: cobra.NoArgs,
		// The root's hook would read and write the home of a single node.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if options.Stake, err = sdk.ParseCoinNormalized(stake); err != nil {
				return err
			}
			if options.Accounts, err = parseAccounts(accounts); err != nil {
				return err
			}
			if options.Committee, err = parseCommittee(committee); err != nil {
				return err
			}
			edit, known := presets[preset]
			if !known {
				return fmt.Errorf("unknown preset %q: want small or protocol", preset)
			}
			options.Preset = withOverrides(cmd, edit(options.BlockTime))
			manifest, err := localnet.Generate(options)
			if err != nil {
				return err
			}
			cmd.Printf("%d validators of %s in %s\n", len(manifest.Nodes), manifest.ChainID, manifest.Dir())
			return nil
		},
	}
	flags := cmd.Flags()
	cmd.PersistentFlags().StringVar(&options.Dir, "dir", options.Dir, "directory of the network")
	flags.IntVar(&options.Validators, "validators", options.Validators, "number of validators")
	flags.StringVar(&options.ChainID, "chain-id", options.ChainID, "chain id")
	flags.IntVar(&options.BasePort, "base-port", options.BasePort, "first of ten ports for each validator and its relayer")
	flags.DurationVar(&options.BlockTime, "block-time", options.BlockTime, "time between blocks; 300ms for tests")
	flags.StringVar(&stake, "stake", options.Stake.String(), "what each validator bonds to itself")
	flags.StringArrayVar(&accounts, "account", nil, "name=coins of a funded account; may be given several times")
	flags.StringVar(&preset, "preset", "small", "genesis parameters: small (eras of 60 blocks, few validators) or protocol (defaults)")
	flags.Duration("voting-period", 0, "overrides the preset's voting period")
	flags.Duration("era-duration", 0, "overrides the preset's era, at least 1m")
	flags.DurationVar(&options.Age, "age", 0, "how old genesis is: the first era ends that much sooner")
	flags.StringVar(&committee, "committee", "", "CHAIN=THRESHOLD: genesis registers all validators for that original chain, and names them the first contract's committee")
	cmd.AddCommand(localnetStartCommand(&options.Dir))
	return cmd
}

// localnetStartCommand runs the nodes until it is interrupted.
func localnetStartCommand(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Run the validators of a generated network until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manifest, err := localnet.Load(*dir)
			if err != nil {
				return err
			}
			binary, err := os.Executable()
			if err != nil {
				return err
			}
			for index, node := range manifest.Nodes {
				cmd.Printf("%s  rpc %s  grpc %s  rest %s  log %s\n",
					node.Name, manifest.RPC(index), manifest.GRPC(index), manifest.REST(index), manifest.Log(index))
			}
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return localnet.Run(ctx, binary, manifest)
		},
	}
}

// withOverrides applies the flags that change single parameters of a preset.
func withOverrides(cmd *cobra.Command, preset localnet.Preset) localnet.Preset {
	if period, err := cmd.Flags().GetDuration("voting-period"); err == nil && period > 0 {
		preset = preset.Then(localnet.VotingPeriod(period))
	}
	if era, err := cmd.Flags().GetDuration("era-duration"); err == nil && era > 0 {
		preset = preset.Then(localnet.EraDuration(era))
	}
	return preset
}

// parseCommittee reads CHAIN=THRESHOLD; an empty text names no committee.
func parseCommittee(text string) (*localnet.Committee, error) {
	if text == "" {
		return nil, nil
	}
	chain, number, found := strings.Cut(text, "=")
	threshold, err := strconv.ParseUint(number, 10, 32)
	if !found || chain == "" || err != nil {
		return nil, fmt.Errorf("committee %q: want CHAIN=THRESHOLD", text)
	}
	return &localnet.Committee{ChainID: chain, Threshold: uint32(threshold)}, nil
}

// parseAccounts reads name=coins pairs.
func parseAccounts(pairs []string) ([]localnet.Account, error) {
	accounts := make([]localnet.Account, 0, len(pairs))
	for _, pair := range pairs {
		name, amount, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("account %q: want name=coins", pair)
		}
		coins, err := sdk.ParseCoinsNormalized(amount)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", pair, err)
		}
		accounts = append(accounts, localnet.Account{Name: name, Coins: coins})
	}
	return accounts, nil
}

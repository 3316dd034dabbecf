package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client/flags"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/relayer"
	"github.com/stafiprotocol/stafid/relayer/status"
)

// errProblems makes the process exit with 1 after the problems were printed.
var errProblems = errors.New("the relayer is not ready: see the problems above")

// relayerCommand holds what an operator does with the relayer (protocol §16).
func relayerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "relayer",
		Short: "Serve as an SSV: observe original chains, attest, sign and broadcast",
		Long: `The relayer does a candidate's duties. It needs the operator's own synced node, the submitter's and the signers' keys in a
keyring, and RPC addresses of the original chains, which it does not trust. See relayer/README.md.`,
		// The root's hook would read and write a node's configuration.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.PersistentFlags().String(flags.FlagHome, app.DefaultNodeHome, "directory that holds relayer/ and the keyring")
	cmd.AddCommand(relayerInit(), relayerStart(), relayerStatus(), relayerCheck(), relayerUnfreeze(),
		relayerNewBeaconKey(), relayerProveBeacon())
	return cmd
}

func relayerInit() *cobra.Command {
	cfg := relayer.DefaultConfig()
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write relayer/config.toml with comments, and make the beacon key",
		Long: `Writes relayer/config.toml with comments, and makes the beacon key with which the relayer deals for the seed. A beacon key that
exists stays, with --overwrite too. Back its file up: it is in no keyring.`,
		Example: "  stafid relayer init --chain-id stafi-1 --keyring-backend file",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, path, err := relayerHome(cmd)
			if err != nil {
				return err
			}
			if _, err := os.Stat(path); err == nil && !overwrite {
				return fmt.Errorf("%s exists already: edit it, or replace it with --overwrite", path)
			}
			if err := relayer.WriteConfig(home, cfg); err != nil {
				return err
			}
			cmd.Printf("wrote %s\n", path)
			if err := ensureBeaconKey(cmd, cfg.BeaconKeyPath(home)); err != nil {
				return err
			}
			cmd.Printf("add a [[chain]] block for each original chain, then try: stafid relayer check\n")
			return nil
		},
	}
	cmd.Flags().StringVar(&cfg.ChainID, flags.FlagChainID, "", "id of this chain")
	cmd.Flags().StringVar(&cfg.Node.RPC, "node-rpc", cfg.Node.RPC, "CometBFT RPC of the operator's own node")
	cmd.Flags().StringVar(&cfg.Node.GRPC, "node-grpc", cfg.Node.GRPC, "gRPC of the operator's own node")
	cmd.Flags().StringVar(&cfg.Keyring.Backend, flags.FlagKeyringBackend, cfg.Keyring.Backend, "os, file or test")
	cmd.Flags().StringVar(&cfg.Submitter.Key, "submitter", cfg.Submitter.Key, "name of the submitter's key")
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "replace a configuration that exists")
	return cmd
}

func relayerStart() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "Run the relayer until SIGINT or SIGTERM",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, _, err := relayerHome(cmd)
			if err != nil {
				return err
			}
			cfg, err := relayer.ReadConfig(home)
			if err != nil {
				return err
			}
			level, err := zerolog.ParseLevel(cfg.LogLevel)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			logger := log.NewLogger(cmd.ErrOrStderr(), log.LevelOption(level), log.ColorOption(false))
			return relayer.Start(ctx, home, cmd.InOrStdin(), logger.With("module", "relayer"))
		},
	}
}

func relayerStatus() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the running relayer is at: duties, heights, lag, last errors, alarms",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if address == "" {
				home, _, err := relayerHome(cmd)
				if err != nil {
					return err
				}
				cfg, err := relayer.ReadConfig(home)
				if err != nil {
					return err
				}
				address = cfg.Status.Listen
			}
			if address == "" {
				return errors.New("status.listen is empty: the relayer serves no status")
			}
			report, err := status.Fetch(cmd.Context(), address)
			if err != nil {
				return err
			}
			return report.Write(cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&address, "address", "", "host:port of the relayer's listener (default: status.listen of the config)")
	return cmd
}

func relayerCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look at all that the relayer needs and say what is wrong and what to do; exits with 1 if anything is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, _, err := relayerHome(cmd)
			if err != nil {
				return err
			}
			found := relayer.Check(cmd.Context(), home, cmd.InOrStdin())
			if err := found.Write(cmd.OutOrStdout()); err != nil {
				return err
			}
			if !found.OK() {
				return errProblems
			}
			return nil
		},
	}
}

func relayerHome(cmd *cobra.Command) (home, config string, err error) {
	home, err = cmd.Flags().GetString(flags.FlagHome)
	return home, relayer.ConfigPath(home), err
}

func relayerUnfreeze() *cobra.Command {
	return &cobra.Command{
		Use:   "unfreeze CHAIN_ID",
		Short: "Clear the light client of an original chain that two conflicting headers have frozen",
		Long: `Stop the relayer first. Do this only when you know which side of the conflict is the chain: the light client starts again from the
last header that both sides share, and follows whoever answers. The evidence stays in the data directory.`,
		Example: "  stafid relayer unfreeze cosmoshub-4",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, _, err := relayerHome(cmd)
			if err != nil {
				return err
			}
			seen, err := relayer.Unfreeze(cmd.Context(), home, args[0], relayer.Open, log.NewNopLogger())
			if err != nil {
				return err
			}
			for _, conflict := range seen {
				cmd.Printf("height %d: %X, and %X from %s on %s\n", conflict.Height, conflict.Trusted, conflict.Conflicting,
					conflict.Source, conflict.SeenAt.UTC().Format(time.RFC3339))
			}
			cmd.Printf("%s is no longer frozen\n", args[0])
			return nil
		},
	}
}

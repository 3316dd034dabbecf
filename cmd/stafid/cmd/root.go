// Package cmd holds the commands of stafid.
package cmd

import (
	"os"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/stafiprotocol/stafid/app"
)

// EnvPrefix goes before the name of a flag in the environment: STAFID_HOME is --home.
const EnvPrefix = "STAFID"

// NewRoot returns stafid's root command with everything below it.
func NewRoot() *cobra.Command {
	// Commands need the codecs and the modules' descriptions, which only a wired app has. It holds no state.
	wired := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, app.NoOptions{})
	clientCtx := newClientContext(wired)
	root := &cobra.Command{
		Use:           app.Name,
		Short:         "StaFi: liquid staking of assets whose vaults elected validators sign for",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return prepare(cmd, clientCtx)
		},
	}
	addCommands(root, wired)

	autoCLI := wired.AutoCLI()
	autoCLI.ClientCtx = clientCtx
	if err := autoCLI.EnhanceRootCommand(root); err != nil {
		panic(err)
	}
	return root
}

func newClientContext(wired *app.App) client.Context {
	encoding := wired.Encoding()
	return client.Context{}.
		WithCodec(encoding.Codec).
		WithInterfaceRegistry(encoding.Registry).
		WithTxConfig(encoding.TxConfig).
		WithLegacyAmino(encoding.Amino).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultNodeHome).
		WithViper(EnvPrefix)
}

// prepare reads client.toml, app.toml, config.toml, flags and the environment before a command runs.
func prepare(cmd *cobra.Command, initial client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	cmd.SetErr(cmd.ErrOrStderr())
	clientCtx, err := client.ReadPersistentCommandFlags(initial.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	clientCtx, err = clientconfig.ReadFromClientConfig(clientCtx)
	if err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	template, appConfig := defaultAppConfig()
	return server.InterceptConfigsPreRunHandler(cmd, template, appConfig, defaultCometConfig())
}

func addCommands(root *cobra.Command, wired *app.App) {
	basics, txConfig := wired.Basics(), wired.Encoding().TxConfig
	root.AddCommand(
		genutilcli.InitCmd(basics, app.DefaultNodeHome),
		genutilcli.Commands(txConfig, basics, app.DefaultNodeHome),
		server.StatusCommand(),
		queryCommand(),
		txCommand(),
		keys.Commands(),
		debug.Cmd(),
		pruning.Cmd(createApp, app.DefaultNodeHome),
		snapshot.Cmd(createApp),
		localnetCommand(),
		relayerCommand(),
		rpcCommand(),
		ssvCommand(),
	)
	server.AddCommands(root, app.DefaultNodeHome, createApp, exportApp, func(*cobra.Command) {})
}

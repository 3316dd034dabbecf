// Package cmd holds the commands of stafid.
package cmd

import (
	"os"

	"github.com/spf13/cobra"

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
func NewRoot() *cobra.Command { return newRoot(words{all: true}) }

// NewRootFor returns stafid's root command for a call with these arguments. It says and does with
// them what NewRoot's does; modules that they don't name are there in name only.
func NewRootFor(args []string) *cobra.Command { return newRoot(words{args: args}) }

func newRoot(words words) *cobra.Command {
	description, err := app.Describe()
	if err != nil {
		panic(err)
	}
	clientCtx := newClientContext(description.Encoding())
	root := &cobra.Command{
		Use:           app.Name,
		Short:         "StaFi: liquid staking of assets whose vaults elected validators sign for",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return prepare(cmd, clientCtx)
		},
	}
	query, tx := queryCommand(), txCommand()
	root.AddCommand(query, tx)
	addCommands(root, description)
	if err := addModules(query, tx, description.AutoCLI(), words); err != nil {
		panic(err)
	}
	return root
}

func newClientContext(encoding app.Encoding) client.Context {
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

func addCommands(root *cobra.Command, description app.Description) {
	basics, txConfig := description.Basics(), description.Encoding().TxConfig
	root.AddCommand(
		initCommand(basics),
		genutilcli.Commands(txConfig, basics, app.DefaultNodeHome),
		server.StatusCommand(),
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

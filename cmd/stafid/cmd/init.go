package cmd

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/stafiprotocol/stafid/app"
)

// initCommand is the SDK's, with the app's bound of a block's gas in the genesis.
func initCommand(basics module.BasicManager) *cobra.Command {
	command := genutilcli.InitCmd(basics, app.DefaultNodeHome)
	initialize := command.RunE
	command.RunE = func(cmd *cobra.Command, args []string) error {
		if err := initialize(cmd, args); err != nil {
			return err
		}
		config := server.GetServerContextFromCmd(cmd).Config
		config.SetRoot(client.GetClientContextFromCmd(cmd).HomeDir)
		path := config.GenesisFile()
		genesis, err := genutiltypes.AppGenesisFromFile(path)
		if err != nil {
			return err
		}
		genesis.Consensus.Params.Block.MaxGas = app.MaxBlockGas
		return genutil.ExportGenesisFile(genesis, path)
	}
	return command
}

package cmd

import (
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/stafiprotocol/stafid/app"
)

func createApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, true, options, server.DefaultBaseappOptions(options)...)
}

// exportApp writes the state at height, or at the last one where height is -1, as genesis.
func exportApp(
	logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, _ []string,
	options servertypes.AppOptions, modulesToExport []string,
) (servertypes.ExportedApp, error) {
	exported := app.New(logger, db, height == -1, options, server.DefaultBaseappOptions(options)...)
	if height != -1 {
		if err := exported.LoadVersion(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return exported.Export(forZeroHeight, modulesToExport)
}

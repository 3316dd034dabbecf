package app

import (
	"fmt"

	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/stafiprotocol/stafid/app/upgrades"
)

// registerUpgrades sets the handler of every upgrade and, where this node stopped for one, the store loader that applies
// its store changes at that height. Without a home there is nothing on disk to read, and reading would make a directory.
func (app *App) registerUpgrades(home string) {
	for _, upgrade := range upgrades.All {
		app.Upgrade.SetUpgradeHandler(upgrade.Name, upgrade.Handler(app.modules, app.configurator))
	}
	if home == "" {
		return
	}
	stopped, err := app.Upgrade.ReadUpgradeInfoFromDisk()
	if err != nil {
		panic(fmt.Errorf("upgrade info on disk: %w", err))
	}
	if app.Upgrade.IsSkipHeight(stopped.Height) {
		return
	}
	for i := range upgrades.All {
		if upgrades.All[i].Name == stopped.Name {
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(stopped.Height, &upgrades.All[i].Stores))
		}
	}
}

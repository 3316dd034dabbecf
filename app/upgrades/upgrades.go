// Package upgrades lists the chain's upgrades. One is added to All with the release that needs it and stays there, so
// that a node can replay the chain from any height that the release serves.
package upgrades

import (
	"context"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// Upgrade is what one governance-scheduled upgrade does.
type Upgrade struct {
	// Name is that of the governance plan.
	Name string
	// Stores are the module stores added, renamed or deleted.
	Stores storetypes.StoreUpgrades
	// Before runs ahead of the modules' own migrations; nil where there is nothing to do.
	Before func(ctx context.Context, plan upgradetypes.Plan) error
}

// All upgrades since genesis, oldest first. The chain has had none.
var All []Upgrade

// Handler runs u: Before, and then the migrations of every module whose consensus version grew.
func (u Upgrade) Handler(modules *module.Manager, configurator module.Configurator) upgradetypes.UpgradeHandler {
	return func(ctx context.Context, plan upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
		if u.Before != nil {
			if err := u.Before(ctx, plan); err != nil {
				return nil, err
			}
		}
		return modules.RunMigrations(ctx, configurator, from)
	}
}

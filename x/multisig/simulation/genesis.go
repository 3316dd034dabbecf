// Package simulation gives x/multisig random parameters.
package simulation

import (
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// RandomizedGenState writes default genesis with short sessions and small bounds, so that a simulation meets them.
func RandomizedGenState(simState *module.SimulationState) {
	gs := types.DefaultGenesis()
	gs.Params.SessionBlocks = uint64(simState.Rand.Intn(20) + 2)
	gs.Params.MaxExpiriesPerBlock = uint32(simState.Rand.Intn(5) + 1)
	gs.Params.MaxPrunesPerBlock = uint32(simState.Rand.Intn(20) + types.MinPrunes)
	gs.Params.HistoryBlocks = uint64(simState.Rand.Intn(50) + 1)
	simState.GenState[types.ModuleName] = simState.Cdc.MustMarshalJSON(gs)
}

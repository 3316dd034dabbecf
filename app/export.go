package app

import (
	"encoding/json"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
)

// ErrZeroHeight is the answer to an export that should start again at height 0. Eras, sessions, due-queues and heartbeats are
// kept by height, so an exported chain goes on at the height after the one exported.
var ErrZeroHeight = errors.New("export for height zero is not supported: the exported chain goes on at its own height")

// Export writes the whole state as genesis. Its validators are those last projected by x/ssv for CometBFT, which excludes
// serving committee members: InitChain compares the two. modulesToExport limits the modules; empty means all.
func (app *App) Export(forZeroHeight bool, modulesToExport []string) (servertypes.ExportedApp, error) {
	if forZeroHeight {
		return servertypes.ExportedApp{}, ErrZeroHeight
	}
	next := app.LastBlockHeight() + 1
	ctx := app.NewContextLegacy(true, cmtproto.Header{Height: app.LastBlockHeight()})
	state, err := app.modules.ExportGenesisForModules(ctx, app.encoding.Codec, modulesToExport)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export at height %d: %w", app.LastBlockHeight(), err)
	}
	encoded, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	validators, err := app.SSV.GenesisValidators(ctx)
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	return servertypes.ExportedApp{
		AppState:        encoded,
		Validators:      validators,
		Height:          next,
		ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

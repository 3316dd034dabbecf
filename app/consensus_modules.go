package app

import (
	"context"
	"encoding/json"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// stakingModule is x/staking without its validator updates: x/ssv projects the bonded set less the excluded operators
// and is the only module that returns any (protocol §6).
type stakingModule struct{ staking.AppModule }

// InitGenesis runs staking's and drops the updates.
func (m stakingModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, data json.RawMessage) []abci.ValidatorUpdate {
	m.AppModule.InitGenesis(ctx, cdc, data)
	return nil
}

// EndBlock runs staking's, which bonds, unbonds and rotates keys, and drops the updates.
func (m stakingModule) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	_, err := m.AppModule.EndBlock(ctx)
	return nil, err
}

// DefaultGenesis is staking's without historical entries: they hold bonded validators, excluded ones too, and are of use
// only to modules that take staking's view for the consensus set.
func (m stakingModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := stakingtypes.DefaultGenesisState()
	genesis.Params.HistoricalEntries = 0
	return cdc.MustMarshalJSON(genesis)
}

// genutilModule is x/genutil, which delivers the genesis transactions, without the validator updates that they give.
type genutilModule struct{ module.GenesisOnlyAppModule }

// InitGenesis delivers the genesis transactions and drops the updates.
func (m genutilModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, data json.RawMessage) []abci.ValidatorUpdate {
	m.GenesisOnlyAppModule.InitGenesis(ctx, cdc, data)
	return nil
}

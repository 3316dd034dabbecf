// Package ssv elects the Special SVs that serve each contract, keeps them out of block production while they serve and keeps
// the accounts of their duties (protocol §§2–6, 12), and slashes, withdraws and rewards them for those (§§13, 14).
package ssv

import (
	"context"
	"encoding/json"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"github.com/spf13/cobra"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/stafiprotocol/stafid/x/ssv/client/cli"
	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/simulation"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

var (
	_ module.AppModuleBasic      = AppModule{}
	_ module.HasABCIGenesis      = AppModule{}
	_ module.HasABCIEndBlock     = AppModule{}
	_ module.HasServices         = AppModule{}
	_ module.HasConsensusVersion = AppModule{}
	_ module.AppModuleSimulation = AppModule{}
	_ appmodule.AppModule        = AppModule{}
)

// ConsensusVersion changes with every change of the module's state that breaks consensus.
const ConsensusVersion = 1

// AppModule is x/ssv, the only module that returns validator updates: x/staking's and x/genutil's are dropped by their wrappers.
type AppModule struct {
	cdc    codec.Codec
	keeper *keeper.Keeper
}

// NewAppModule builds the module.
func NewAppModule(cdc codec.Codec, k *keeper.Keeper) AppModule { return AppModule{cdc: cdc, keeper: k} }

// IsOnePerModuleType marks the module for the SDK's wiring.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK's wiring.
func (AppModule) IsAppModule() {}

// Name returns the module's name.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion returns the version of the module's state.
func (AppModule) ConsensusVersion() uint64 { return ConsensusVersion }

// RegisterLegacyAminoCodec registers the messages' amino names.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	types.RegisterLegacyAminoCodec(cdc)
}

// RegisterInterfaces registers the messages.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}

// RegisterGRPCGatewayRoutes registers the REST routes of the queries.
func (AppModule) RegisterGRPCGatewayRoutes(clientCtx client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(clientCtx)); err != nil {
		panic(err)
	}
}

// GetTxCmd returns the commands that autocli can't say.
func (AppModule) GetTxCmd() *cobra.Command { return cli.NewTxCmd() }

// RegisterServices registers the message and query services.
func (m AppModule) RegisterServices(cfg module.Configurator) {
	types.RegisterMsgServer(cfg.MsgServer(), keeper.NewMsgServer(m.keeper))
	types.RegisterQueryServer(cfg.QueryServer(), keeper.NewQueryServer(m.keeper))
}

// DefaultGenesis returns a new chain's state as JSON.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis checks the module's state.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, data json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(data, &genesis); err != nil {
		return fmt.Errorf("genesis state of %s: %w", types.ModuleName, err)
	}
	return genesis.Validate()
}

// InitGenesis restores the module's state and returns the consensus set; it panics where the state is wrong, for then there is
// no chain to start.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, data json.RawMessage) []abci.ValidatorUpdate {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(data, &genesis)
	updates, err := m.keeper.InitGenesis(ctx, genesis)
	if err != nil {
		panic(fmt.Errorf("genesis state of %s: %w", types.ModuleName, err))
	}
	return updates
}

// ExportGenesis returns the module's state as JSON; it panics where the state can't be read.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(fmt.Errorf("export of %s: %w", types.ModuleName, err))
	}
	return cdc.MustMarshalJSON(genesis)
}

// EndBlock moves the eras on and returns the changes of CometBFT's validator set.
func (m AppModule) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	return m.keeper.EndBlock(ctx)
}

// GenerateGenesisState writes random parameters for a simulation.
func (AppModule) GenerateGenesisState(simState *module.SimulationState) {
	simulation.RandomizedGenState(simState)
}

// RegisterStoreDecoder registers a decoder of the module's store for simulations.
func (m AppModule) RegisterStoreDecoder(registry simtypes.StoreDecoderRegistry) {
	registry[types.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(m.keeper.Schema)
}

// WeightedOperations returns none: WeightedOperationsX has them.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX registers the module's messages for simulations.
func (m AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_register_candidate", 100), simulation.MsgRegisterCandidateFactory(m.keeper))
	registry.Add(weights.Get("msg_update_candidate", 10), simulation.MsgUpdateCandidateFactory(m.keeper))
	registry.Add(weights.Get("msg_resign_candidate", 10), simulation.MsgResignFactory(m.keeper))
	registry.Add(weights.Get("msg_heartbeat", 100), simulation.MsgHeartbeatFactory(m.keeper))
	registry.Add(weights.Get("msg_deal", 100), simulation.MsgDealFactory(m.keeper))
	registry.Add(weights.Get("msg_open", 100), simulation.MsgOpenFactory(m.keeper))
}

// ProposalMsgsX registers the messages of governance for simulations.
func (m AppModule) ProposalMsgsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_update_params", 10), simulation.MsgUpdateParamsFactory(m.keeper))
}

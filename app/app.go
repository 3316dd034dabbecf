package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cast"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/version"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/app/ante"
)

var _ servertypes.Application = (*App)(nil)

// App is the chain's state machine.
type App struct {
	*baseapp.BaseApp
	Keepers
	Description

	keys         map[string]*storetypes.KVStoreKey
	configurator module.Configurator
	simulation   *module.SimulationManager
}

// New builds the app over db and, if loadLatest, loads its last committed state. It panics where the wiring is wrong or the
// state can't be loaded: there is nothing to run then.
func New(
	logger log.Logger, db dbm.DB, loadLatest bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp),
) *App {
	encoding, err := newEncoding()
	must(err)
	base := baseapp.NewBaseApp(Name, logger, db, encoding.TxConfig.TxDecoder(), baseOptions...)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.Registry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())

	app := &App{
		BaseApp: base, Description: Description{encoding: encoding}, keys: storetypes.NewKVStoreKeys(storeNames...),
	}
	must(base.RegisterStreamingServices(options, app.keys))
	app.Keepers = newKeepers(app, options)
	base.SetParamStore(app.Consensus.ParamsStore)

	app.Description = newDescription(encoding, app.Keepers, app)
	app.registerServices()
	app.MountKVStores(app.keys)
	app.setHandlers()
	app.registerUpgrades(cast.ToString(options.Get(flags.FlagHome)))
	must(validateProto())
	if loadLatest {
		must(app.LoadLatestVersion())
	}
	return app
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (app *App) store(name string) corestore.KVStoreService {
	return runtime.NewKVStoreService(app.keys[name])
}

func (app *App) registerServices() {
	app.configurator = module.NewConfigurator(app.encoding.Codec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	must(app.modules.RegisterServices(app.configurator))
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	must(err)
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)

	app.simulation = module.NewSimulationManagerFromAppModules(app.modules.Modules, map[string]module.AppModuleSimulation{
		authtypes.ModuleName: auth.NewAppModule(app.encoding.Codec, app.Account, authsims.RandomGenesisAccounts),
	})
	app.simulation.RegisterStoreDecoders()
}

func (app *App) setHandlers() {
	app.SetInitChainer(app.InitChainer)
	app.SetPreBlocker(app.PreBlocker)
	app.SetBeginBlocker(app.BeginBlocker)
	app.SetEndBlocker(app.EndBlocker)
	handler, err := ante.NewHandler(ante.Options{
		Account:         app.Account,
		Bank:            app.Bank,
		FeeGrant:        app.FeeGrant,
		SignModeHandler: app.encoding.TxConfig.SignModeHandler(),
	})
	must(err)
	app.SetAnteHandler(handler)
	app.SetPostHandler(ante.NewPostHandler(app.SSV, app.Multisig, app.Account))
}

// validateProto checks that every Msg names its signer.
func validateProto() error {
	return msgservice.ValidateProtoAnnotations(proto.HybridResolver)
}

// InitChainer starts a chain from genesis.
func (app *App) InitChainer(ctx sdk.Context, request *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var genesis map[string]json.RawMessage
	if err := json.Unmarshal(request.AppStateBytes, &genesis); err != nil {
		return nil, fmt.Errorf("genesis app state: %w", err)
	}
	if err := app.Upgrade.SetModuleVersionMap(ctx, app.modules.GetVersionMap()); err != nil {
		return nil, err
	}
	return app.modules.InitGenesis(ctx, app.encoding.Codec, genesis)
}

// PreBlocker runs before a block's transactions are looked at.
func (app *App) PreBlocker(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
	return app.modules.PreBlock(ctx)
}

// BeginBlocker runs before a block's transactions.
func (app *App) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	return app.modules.BeginBlock(ctx)
}

// EndBlocker runs after a block's transactions; the validator updates in its answer are x/ssv's.
func (app *App) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) {
	return app.modules.EndBlock(ctx)
}

// Configurator returns the configurator by which migrations run.
func (app *App) Configurator() module.Configurator { return app.configurator }

// SimulationManager returns the modules' simulations.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulation }

// StoreKey returns the key of the store of that name, or nil.
func (app *App) StoreKey(name string) *storetypes.KVStoreKey { return app.keys[name] }

// StoreKeys returns the keys of all stores, by name.
func (app *App) StoreKeys() []storetypes.StoreKey {
	keys := make([]storetypes.StoreKey, 0, len(app.keys))
	for _, name := range slices.Sorted(maps.Keys(app.keys)) {
		keys = append(keys, app.keys[name])
	}
	return keys
}

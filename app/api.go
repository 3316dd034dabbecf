package app

import (
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	"github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"

	"github.com/stafiprotocol/stafid/app/openapi"
)

// RegisterAPIRoutes adds the REST routes of all services and, where app.toml's api.swagger says so, their page.
func (app *App) RegisterAPIRoutes(apiServer *api.Server, apiConfig config.APIConfig) {
	clientCtx, router := apiServer.ClientCtx, apiServer.GRPCGatewayRouter
	authtx.RegisterGRPCGatewayRoutes(clientCtx, router)
	cmtservice.RegisterGRPCGatewayRoutes(clientCtx, router)
	node.RegisterGRPCGatewayRoutes(clientCtx, router)
	app.basics.RegisterGRPCGatewayRoutes(clientCtx, router)
	if apiConfig.Swagger {
		must(openapi.Register(apiServer.Router))
	}
}

// RegisterTxService serves transactions: simulate, broadcast, query.
func (app *App) RegisterTxService(clientCtx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), clientCtx, app.Simulate, app.encoding.Registry)
}

// RegisterTendermintService serves blocks and validator sets.
func (app *App) RegisterTendermintService(clientCtx client.Context) {
	comet := server.NewCometABCIWrapper(app)
	cmtservice.RegisterTendermintService(clientCtx, app.GRPCQueryRouter(), app.encoding.Registry, comet.Query)
}

// RegisterNodeService serves this node's status and configuration.
func (app *App) RegisterNodeService(clientCtx client.Context, cfg config.Config) {
	node.RegisterNodeService(clientCtx, app.GRPCQueryRouter(), cfg, func() int64 {
		return app.CommitMultiStore().EarliestVersion()
	})
}

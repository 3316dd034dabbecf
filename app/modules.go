package app

import (
	"cosmossdk.io/core/genesis"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/stafiprotocol/stafid/x/multisig"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/ssv"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// newModules builds the module manager with every order set; deliver takes genesis transactions.
func newModules(encoding Encoding, k Keepers, deliver genesis.TxHandler) *module.Manager {
	cdc, registry := encoding.Codec, encoding.Registry
	manager := module.NewManager(
		genutilModule{genutil.NewAppModule(k.Account, k.Staking, deliver, encoding.TxConfig)},
		auth.NewAppModule(cdc, k.Account, authsims.RandomGenesisAccounts),
		bank.NewAppModule(cdc, k.Bank, k.Account),
		gov.NewAppModule(cdc, k.Gov, k.Account, k.Bank),
		mint.NewAppModule(cdc, k.Mint, k.Account, nil),
		slashing.NewAppModule(cdc, k.Slashing, k.Account, k.Bank, k.Staking, registry),
		distr.NewAppModule(cdc, k.Distribution, k.Account, k.Bank, k.Staking),
		stakingModule{staking.NewAppModule(cdc, k.Staking, k.Account, k.Bank)},
		upgrade.NewAppModule(k.Upgrade, k.Account.AddressCodec()),
		evidence.NewAppModule(k.Evidence),
		feegrantmodule.NewAppModule(cdc, k.Account, k.Bank, k.FeeGrant, registry),
		authzmodule.NewAppModule(cdc, k.Authz, k.Account, k.Bank, registry),
		consensus.NewAppModule(cdc, k.Consensus),
		ssv.NewAppModule(cdc, k.SSV),
		multisig.NewAppModule(k.Multisig),
		stakingcontract.NewAppModule(k.StakingContract),
	)
	setOrders(manager)
	return manager
}

// newBasics is what commands need of the modules without a running app: codecs, default and checked genesis.
func newBasics(manager *module.Manager) module.BasicManager {
	return module.NewBasicManagerFromManager(manager, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		govtypes.ModuleName:     gov.NewAppModuleBasic(nil),
	})
}

func setOrders(manager *module.Manager) {
	manager.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)

	// Slashing comes after distribution, so that rewards of the last block are paid before stake is burned.
	manager.SetOrderBeginBlockers(
		minttypes.ModuleName,
		distrtypes.ModuleName,
		slashingtypes.ModuleName,
		evidencetypes.ModuleName,
		stakingtypes.ModuleName,
		authz.ModuleName,
	)
	// x/ssv projects the bonded set that staking left. Sessions that settle in a block count for the era that may end in it, so
	// they come before it; contracts come last and act on the committees that it seated.
	manager.SetOrderEndBlockers(
		banktypes.ModuleName,
		govtypes.ModuleName,
		feegrant.ModuleName,
		stakingtypes.ModuleName,
		multisigtypes.ModuleName,
		ssvtypes.ModuleName,
		stakingcontracttypes.ModuleName,
	)

	// Genesis transactions need the parameters of auth and staking's pools, so genutil comes after both; x/ssv projects the
	// validators that they made.
	genesisOrder := []string{
		authtypes.ModuleName,
		banktypes.ModuleName,
		distrtypes.ModuleName,
		stakingtypes.ModuleName,
		slashingtypes.ModuleName,
		govtypes.ModuleName,
		minttypes.ModuleName,
		genutiltypes.ModuleName,
		evidencetypes.ModuleName,
		authz.ModuleName,
		feegrant.ModuleName,
		upgradetypes.ModuleName,
		consensustypes.ModuleName,
		ssvtypes.ModuleName,
		multisigtypes.ModuleName,
		stakingcontracttypes.ModuleName,
	}
	manager.SetOrderInitGenesis(genesisOrder...)
	manager.SetOrderExportGenesis(genesisOrder...)
}

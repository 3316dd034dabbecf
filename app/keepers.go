package app

import (
	"github.com/spf13/cast"

	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontractkeeper "github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Keepers are the modules' keepers, in the order in which they depend on each other.
type Keepers struct {
	Consensus    consensuskeeper.Keeper
	Account      authkeeper.AccountKeeper
	Bank         bankkeeper.BaseKeeper
	Staking      *stakingkeeper.Keeper
	SSV          *ssvkeeper.Keeper
	Mint         mintkeeper.Keeper
	Distribution distrkeeper.Keeper
	Slashing     slashingkeeper.Keeper
	Evidence     evidencekeeper.Keeper
	FeeGrant     feegrantkeeper.Keeper
	Authz        authzkeeper.Keeper
	Upgrade      *upgradekeeper.Keeper
	Gov          *govkeeper.Keeper

	Multisig        *multisigkeeper.Keeper
	StakingContract stakingcontractkeeper.Keeper
}

// storeNames are the stores of the modules that keep state.
var storeNames = []string{
	authtypes.StoreKey,
	authzkeeper.StoreKey,
	banktypes.StoreKey,
	consensustypes.StoreKey,
	distrtypes.StoreKey,
	evidencetypes.StoreKey,
	feegrant.StoreKey,
	govtypes.StoreKey,
	minttypes.StoreKey,
	multisigtypes.StoreKey,
	slashingtypes.StoreKey,
	ssvtypes.StoreKey,
	stakingcontracttypes.StoreKey,
	stakingtypes.StoreKey,
	upgradetypes.StoreKey,
}

// newKeepers builds every keeper and ties their hooks.
func newKeepers(app *App, options servertypes.AppOptions) Keepers {
	k := Keepers{}
	k.addAccounts(app)
	k.addStaking(app)
	k.addServices(app, options)
	k.addContracts(app)
	k.tieHooks()
	return k
}

func (k *Keepers) addAccounts(app *App) {
	k.Consensus = consensuskeeper.NewKeeper(
		app.encoding.Codec, app.store(consensustypes.StoreKey), Authority(), runtime.EventService{},
	)
	k.Account = newAccountKeeper(app.encoding, app.store(authtypes.StoreKey))
	k.Bank = bankkeeper.NewBaseKeeper(
		app.encoding.Codec, app.store(banktypes.StoreKey), k.Account, BlockedAddresses(), Authority(), app.Logger(),
	)
}

func newAccountKeeper(encoding Encoding, store corestore.KVStoreService) authkeeper.AccountKeeper {
	prefix := sdk.GetConfig().GetBech32AccountAddrPrefix()
	return authkeeper.NewAccountKeeper(
		encoding.Codec, store, authtypes.ProtoBaseAccount, ModuleAccounts(),
		address.NewBech32Codec(prefix), prefix, Authority(), authkeeper.WithUnorderedTransactions(true),
	)
}

func (k *Keepers) addStaking(app *App) {
	config := sdk.GetConfig()
	k.Staking = stakingkeeper.NewKeeper(
		app.encoding.Codec, app.store(stakingtypes.StoreKey), k.Account, k.Bank, Authority(),
		address.NewBech32Codec(config.GetBech32ValidatorAddrPrefix()),
		address.NewBech32Codec(config.GetBech32ConsensusAddrPrefix()),
	)
	k.SSV = ssvkeeper.NewKeeper(ssvkeeper.Options{
		Codec: app.encoding.Codec, Store: app.store(ssvtypes.StoreKey), Authority: Authority(),
		Addresses: k.Account.AddressCodec(), Staking: k.Staking, Bank: k.Bank,
	})
	k.Mint = mintkeeper.NewKeeper(
		app.encoding.Codec, app.store(minttypes.StoreKey), k.Staking, k.Account, k.Bank,
		authtypes.FeeCollectorName, Authority(),
	)
	k.Distribution = distrkeeper.NewKeeper(
		app.encoding.Codec, app.store(distrtypes.StoreKey), k.Account, k.Bank, k.Staking,
		authtypes.FeeCollectorName, Authority(),
	)
	k.SSV.SetDistributionKeeper(k.Distribution)
	k.Slashing = slashingkeeper.NewKeeper(
		app.encoding.Codec, app.encoding.Amino, app.store(slashingtypes.StoreKey),
		ssvkeeper.NewStakingKeeperForSlashing(k.Staking, k.SSV), Authority(),
	)
	k.SSV.SetSlashingKeeper(k.Slashing)
	k.Evidence = *evidencekeeper.NewKeeper(
		app.encoding.Codec, app.store(evidencetypes.StoreKey), k.Staking, k.Slashing,
		k.Account.AddressCodec(), runtime.ProvideCometInfoService(),
	)
}

func (k *Keepers) addServices(app *App, options servertypes.AppOptions) {
	k.FeeGrant = feegrantkeeper.NewKeeper(app.encoding.Codec, app.store(feegrant.StoreKey), k.Account)
	k.Authz = authzkeeper.NewKeeper(
		app.store(authzkeeper.StoreKey), app.encoding.Codec, app.MsgServiceRouter(), k.Account,
	)
	k.Upgrade = upgradekeeper.NewKeeper(
		skippedUpgrades(options), app.store(upgradetypes.StoreKey), app.encoding.Codec,
		cast.ToString(options.Get(flags.FlagHome)), app.BaseApp, Authority(),
	)
	k.Gov = govkeeper.NewKeeper(
		app.encoding.Codec, app.store(govtypes.StoreKey), k.Account, k.Bank, k.Distribution, app.MsgServiceRouter(),
		govtypes.DefaultConfig(), Authority(), govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(k.Staking),
	)
}

func (k *Keepers) addContracts(app *App) {
	multisig := multisigkeeper.NewKeeper(app.encoding.Codec, app.store(multisigtypes.StoreKey), Authority(), k.SSV)
	k.Multisig = &multisig
	k.StakingContract = stakingcontractkeeper.NewKeeper(
		app.encoding.Codec, app.store(stakingcontracttypes.StoreKey), k.Account, k.Bank, k.Multisig, k.SSV, Authority(),
	)
}

// tieHooks sets the upward calls: lower modules know only the interfaces that they call.
func (k *Keepers) tieHooks() {
	k.Staking.SetHooks(stakingtypes.NewMultiStakingHooks(k.Distribution.Hooks(), k.Slashing.Hooks(), k.SSV.StakingHooks()))
	k.SSV.SetHooks(k.StakingContract.Hooks())
	k.Bank.AppendSendRestriction(k.StakingContract.NoteInflow)
	k.Multisig.SetHooks(memberDeeds{ssv: k.SSV, multisig: k.Multisig})
}

func skippedUpgrades(options servertypes.AppOptions) map[int64]bool {
	skipped := map[int64]bool{}
	for _, height := range cast.ToInt64Slice(options.Get(server.FlagUnsafeSkipUpgrades)) {
		skipped[height] = true
	}
	return skipped
}

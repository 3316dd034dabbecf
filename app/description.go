package app

import (
	"encoding/json"

	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"
	"cosmossdk.io/core/genesis"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// Description is what the chain says of itself without running: its codecs, which know every type,
// its modules' default genesis and their commands. It is all that a client needs, and costs a
// fraction of an app.
type Description struct {
	encoding Encoding
	modules  *module.Manager
	basics   module.BasicManager
}

// Describe returns the chain's description. Its modules have no keepers and so can't run blocks.
func Describe() (Description, error) {
	encoding, err := newEncoding()
	if err != nil {
		return Description{}, err
	}
	// As they are made, modules ask the keeper of accounts for its address codec, and no other.
	accounts := runtime.NewKVStoreService(storetypes.NewKVStoreKey(authtypes.StoreKey))
	return newDescription(encoding, Keepers{Account: newAccountKeeper(encoding, accounts)}, nil), nil
}

// newDescription makes the modules over their keepers and registers their types. Genesis
// transactions go to deliver.
func newDescription(encoding Encoding, keepers Keepers, deliver genesis.TxHandler) Description {
	modules := newModules(encoding, keepers, deliver)
	d := Description{encoding: encoding, modules: modules, basics: newBasics(modules)}
	d.basics.RegisterLegacyAminoCodec(encoding.Amino)
	d.basics.RegisterInterfaces(encoding.Registry)
	return d
}

// Encoding returns the chain's codecs.
func (d Description) Encoding() Encoding { return d.encoding }

// Basics returns what commands need of the modules.
func (d Description) Basics() module.BasicManager { return d.basics }

// Modules returns the module manager.
func (d Description) Modules() *module.Manager { return d.modules }

// DefaultGenesis returns every module's default state.
func (d Description) DefaultGenesis() map[string]json.RawMessage {
	return d.basics.DefaultGenesis(d.encoding.Codec)
}

// AutoCLI returns the options from which commands for every Msg and Query are made.
func (d Description) AutoCLI() autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule, len(d.modules.Modules))
	for name, m := range d.modules.Modules {
		if m, ok := m.(appmodule.AppModule); ok {
			modules[name] = m
		}
	}
	config := sdk.GetConfig()
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(d.modules.Modules),
		AddressCodec:          address.NewBech32Codec(config.GetBech32AccountAddrPrefix()),
		ValidatorAddressCodec: address.NewBech32Codec(config.GetBech32ValidatorAddrPrefix()),
		ConsensusAddressCodec: address.NewBech32Codec(config.GetBech32ConsensusAddrPrefix()),
	}
}

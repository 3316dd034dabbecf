package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name and its route.
	ModuleName = "multisig"
	// StoreKey is the name of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's collections; never renumbered.
var (
	ParamsKey           = collections.NewPrefix(0)
	NextVaultKey        = collections.NewPrefix(1)
	NextSessionKey      = collections.NewPrefix(2)
	VaultsPrefix        = collections.NewPrefix(3)
	VaultContractPrefix = collections.NewPrefix(4)
	VaultAddressPrefix  = collections.NewPrefix(5)
	SignersPrefix       = collections.NewPrefix(6)
	SessionsPrefix      = collections.NewPrefix(7)
	PayloadsPrefix      = collections.NewPrefix(8)
	TalliesPrefix       = collections.NewPrefix(9)
	SignaturesPrefix    = collections.NewPrefix(10)
	WrongsPrefix        = collections.NewPrefix(11)
	SeriesPrefix        = collections.NewPrefix(12)
	AttemptsPrefix      = collections.NewPrefix(13)
	DuePrefix           = collections.NewPrefix(14)
	PrunesPrefix        = collections.NewPrefix(15)
	DigestsPrefix       = collections.NewPrefix(16)
	RoguesPrefix        = collections.NewPrefix(17)
	NextDueKey          = collections.NewPrefix(18)
)

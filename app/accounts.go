package app

import (
	"maps"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// moduleAccounts maps each module account to its permissions.
var moduleAccounts = map[string][]string{
	authtypes.FeeCollectorName:          nil,
	distrtypes.ModuleName:               nil,
	minttypes.ModuleName:                {authtypes.Minter},
	stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
	stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
	stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
	govtypes.ModuleName:                 {authtypes.Burner},
	// Mints the rewards of an era and holds them until they are paid.
	ssvtypes.ModuleName: {authtypes.Minter},
	// What members are not paid of rewards, and what duty transactions are refunded from.
	ssvtypes.TreasuryName:   nil,
	ssvtypes.RefundPoolName: nil,
	// Mints rTokens for deposits, holds redemptions in escrow and burns them once they are paid.
	stakingcontracttypes.ModuleName: {authtypes.Minter, authtypes.Burner},
}

// ModuleAccounts returns a copy of the module accounts and their permissions.
func ModuleAccounts() map[string][]string {
	return maps.Clone(moduleAccounts)
}

// BlockedAddresses are the module accounts that bank refuses to send to: all but governance's, which may hold
// what a community decides to keep there, and the pool of refunds and the Treasury, which anyone may fill.
func BlockedAddresses() map[string]bool {
	blocked := make(map[string]bool, len(moduleAccounts))
	for name := range moduleAccounts {
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	delete(blocked, authtypes.NewModuleAddress(govtypes.ModuleName).String())
	delete(blocked, authtypes.NewModuleAddress(ssvtypes.RefundPoolName).String())
	delete(blocked, authtypes.NewModuleAddress(ssvtypes.TreasuryName).String())
	return blocked
}

// Authority is the account that changes parameters and deploys contracts: governance's, as bech32.
func Authority() string {
	return authtypes.NewModuleAddress(govtypes.ModuleName).String()
}

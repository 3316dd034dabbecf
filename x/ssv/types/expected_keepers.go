package types

import (
	"context"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/core/address"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// StakingKeeper is what x/ssv needs of x/staking.
type StakingKeeper interface {
	ValidatorAddressCodec() address.Codec
	GetValidator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error)
	GetAllValidators(ctx context.Context) ([]stakingtypes.Validator, error)
	GetValidatorByConsAddr(ctx context.Context, consAddr sdk.ConsAddress) (stakingtypes.Validator, error)
	GetDelegation(ctx context.Context, delegator sdk.AccAddress, operator sdk.ValAddress) (stakingtypes.Delegation, error)
	// GetLastValidatorPower and IterateLastValidatorPowers give the bonded set as of staking's last EndBlock.
	GetLastValidatorPower(ctx context.Context, operator sdk.ValAddress) (int64, error)
	IterateLastValidatorPowers(ctx context.Context, handler func(operator sdk.ValAddress, power int64) (stop bool)) error
	GetLastTotalPower(ctx context.Context) (math.Int, error)
	// PendingConsKeyRotations are the consensus keys that CometBFT knows already and staking does not.
	PendingConsKeyRotations(ctx context.Context) (stakingkeeper.PendingRotations, error)
	// GetValidatorUpdates are staking's own updates of this block. x/ssv takes from them only whether there are any.
	GetValidatorUpdates(ctx context.Context) ([]abci.ValidatorUpdate, error)
	// Slash burns a fraction of a power in tokens, of the validator and of who undelegated or redelegated from it since a height.
	Slash(ctx context.Context, consAddr sdk.ConsAddress, infractionHeight, power int64, fraction math.LegacyDec) (math.Int, error)
	UnbondingTime(ctx context.Context) (time.Duration, error)
	BondDenom(ctx context.Context) (string, error)
	PowerReduction(ctx context.Context) math.Int
}

// SlashingKeeper is what x/ssv needs of x/slashing.
type SlashingKeeper interface {
	GetValidatorSigningInfo(ctx context.Context, consAddr sdk.ConsAddress) (slashingtypes.ValidatorSigningInfo, error)
	SetValidatorSigningInfo(ctx context.Context, consAddr sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) error
	SignedBlocksWindow(ctx context.Context) (int64, error)
}

// BankKeeper is what x/ssv needs of x/bank to issue rewards and to refund (protocol §§12, 14).
type BankKeeper interface {
	MintCoins(ctx context.Context, module string, coins sdk.Coins) error
	GetBalance(ctx context.Context, account sdk.AccAddress, denom string) sdk.Coin
	SendCoinsFromModuleToModule(ctx context.Context, from, to string, coins sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, from string, to sdk.AccAddress, coins sdk.Coins) error
}

// DistributionKeeper is what x/ssv needs of x/distribution: the validator's operator gets its commission, its delegators the rest.
type DistributionKeeper interface {
	AllocateTokensToValidator(ctx context.Context, validator stakingtypes.ValidatorI, tokens sdk.DecCoins) error
}

// ContractHooks are what x/ssv tells and asks the module that owns the contracts. An error or a panic undoes the step that
// called, which is tried again in the next block; it holds back no other contract.
type ContractHooks interface {
	// Demands returns the contracts that want an election at this era's end, in order of id. A contract with an unfinished
	// handover or a finished wind-down is left out: its incumbents serve on.
	Demands(ctx context.Context) ([]Demand, error)
	// Finished says whether a contract that wants no election is wound down and owes nothing: its committee is dissolved.
	Finished(ctx context.Context, contract uint64) (bool, error)
	// AfterCommitteeSeated is called when a contract's committee for an era is seated.
	AfterCommitteeSeated(ctx context.Context, committee Committee) error
	// AfterVaultTested is called when a settled session, or an emergency, has shown how a contract's ACTIVE vault is: trouble says in words why
	// its new deposits are to be closed, and is empty where the vault is sound (protocol §11).
	AfterVaultTested(ctx context.Context, contract uint64, trouble string) error
	// AfterEraStarted is called once when an era has begun.
	AfterEraStarted(ctx context.Context, era Era) error
}

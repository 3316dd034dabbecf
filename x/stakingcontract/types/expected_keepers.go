package types

import (
	"context"

	"cosmossdk.io/core/address"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// AccountKeeper is what the module needs of x/auth.
type AccountKeeper interface {
	AddressCodec() address.Codec
	GetModuleAddress(name string) sdk.AccAddress
	GetModuleAccount(ctx context.Context, name string) sdk.ModuleAccountI
}

// BankKeeper is what the module needs of x/bank.
type BankKeeper interface {
	BlockedAddr(addr sdk.AccAddress) bool
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	GetSupply(ctx context.Context, denom string) sdk.Coin
	SpendableCoin(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	MintCoins(ctx context.Context, module string, amounts sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amounts sdk.Coins) error
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amounts sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amounts sdk.Coins) error
	HasDenomMetaData(ctx context.Context, denom string) bool
	SetDenomMetaData(ctx context.Context, metadata banktypes.Metadata)
}

// MultisigKeeper is what the module needs of x/multisig: vault generations, and sessions that it opens, retries and finishes.
type MultisigKeeper interface {
	CreateVault(ctx context.Context, vault multisigtypes.NewVault) (multisigtypes.Vault, error)
	Vault(ctx context.Context, id uint64) (multisigtypes.Vault, error)
	VaultSigners(ctx context.Context, id uint64) ([]multisigtypes.Signer, error)
	VaultByAddress(ctx context.Context, contract uint64, address string) (multisigtypes.Vault, bool, error)
	SignerIndex(ctx context.Context, vault uint64, operator string) (uint32, bool, error)
	SetVaultStatus(ctx context.Context, id uint64, status multisigtypes.VaultStatus) error
	SetVaultAccount(ctx context.Context, id, number, sequence uint64) error
	OpenSession(ctx context.Context, session multisigtypes.NewSession) (multisigtypes.Session, error)
	RetrySession(ctx context.Context, vault uint64, retry multisigtypes.Retry) (multisigtypes.Session, error)
	CurrentSeries(ctx context.Context, vault uint64) (multisigtypes.Series, bool, error)
	Session(ctx context.Context, id uint64) (multisigtypes.Session, multisigtypes.Tally, error)
	SessionFee(ctx context.Context, id uint64) (sdk.Coin, error)
	SessionOfDigest(ctx context.Context, digest []byte) (session uint64, found bool, err error)
	Prove(ctx context.Context, session uint64) (multisigtypes.Session, error)
	Abandon(ctx context.Context, vault uint64) error
	Resync(ctx context.Context, vault, sequence uint64) error
}

// SSVKeeper is what the module needs of x/ssv: who observes, which era it is, and another committee where a vault's address was taken.
type SSVKeeper interface {
	OperatorOf(ctx context.Context, submitter sdk.AccAddress) (operator string, found bool, err error)
	TouchDuty(ctx context.Context, operator string) error
	CurrentEra(ctx context.Context) (ssvtypes.Era, error)
	GetParams(ctx context.Context) (ssvtypes.Params, error)
	CheckSeats(ctx context.Context, seats uint32) error
	PresentCommittee(ctx context.Context, contract uint64) (ssvtypes.Committee, bool, error)
	Alive(ctx context.Context, operator string) (bool, error)
	ReplaceSilent(ctx context.Context, contract uint64, reason string) (ssvtypes.Committee, error)
	ExchangeMember(ctx context.Context, contract uint64, reason string) (ssvtypes.Committee, error)
	RecordCalls(ctx context.Context, contract uint64, operator string, calls, clients uint64) error
	PunishEvil(ctx context.Context, accusation ssvtypes.Accusation) (punished bool, err error)
	RecordObservation(ctx context.Context, vault uint64, members, agreed, contrary []string) error
}

// CaptureChance is the chance that a coalition with num/den of the stake gets threshold of size seats (protocol §5).
type CaptureChance func(size, threshold uint32, num, den uint64) math.LegacyDec

package types

import (
	"math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// NoTimeout is the timeout height of a payload that can execute until its nonce is used.
const NoTimeout uint64 = math.MaxUint64

// NewVault is what a vault generation is made from.
type NewVault struct {
	// Contract whose vault it is; its generations are counted from 1.
	Contract uint64
	// Era whose committee holds the vault.
	Era  uint64
	Kind ChainKind
	// ChainID of the original chain.
	ChainID string
	// Bech32Prefix of account addresses on a Cosmos chain.
	Bech32Prefix string
	// Signers in any order; their indexes are assigned.
	Signers []Signer
	// Threshold is N, the number of signers that must sign.
	Threshold uint32
	// Succeeds is the contract's ACTIVE vault whose Safe the new one takes over (Ethereum), 0 for an account of its own.
	Succeeds uint64
}

// NewSession is what the first attempt of a new series is made from (protocol §7).
type NewSession struct {
	Vault   uint64
	Purpose Purpose
	// Outputs in order; exactly one for a handover or a sweep, but none for a handover on Ethereum.
	Outputs []Output
	// Next is the vault whose signers a handover on Ethereum makes the owners, else 0.
	Next uint64
	// Denom of the outputs' amounts.
	Denom string
	// Fee paid by the vault on the original chain; an amount of 0 is allowed.
	Fee      sdk.Coin
	GasLimit uint64
	// TimeoutHeight of the original chain, above which the transaction can't execute; NoTimeout on Ethereum.
	TimeoutHeight uint64
	// Obliged is false where signing is best effort. It is ignored, and false, for a CLOSED vault.
	Obliged bool
}

// Retry is what the next attempt of a series changes: sequence, purpose and outputs stay.
type Retry struct {
	// TimeoutHeight of the original chain, not below that of the attempt before.
	TimeoutHeight uint64
	// Price is what the next attempt offers, nil for what the attempt before does. It is for
	// Ethereum only: elsewhere a fee is always paid, and the same whichever attempt executes.
	Price *Price
}

// Price is what an attempt's payload offers for being executed: fee and gas limit as in a NewSession.
type Price struct {
	Fee      sdk.Coin
	GasLimit uint64
}

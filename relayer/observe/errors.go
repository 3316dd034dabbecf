package observe

import "errors"

// Sentinels of this package, compared by errors.Is; the text around them names the value found and the value wanted.
var (
	// ErrInput: the derivation was asked for something that no observation can be: an empty range, no denom, vaults without an
	// id or twice.
	ErrInput = errors.New("invalid input of a derivation")
	// ErrIndex: the split block has fewer events than are said to be reported already.
	ErrIndex = errors.New("event index beyond the block's events")
	// ErrLimits: the bounds of an observation leave no room for a single event beside what ends every range.
	ErrLimits = errors.New("bounds of an observation too small")
	// ErrDecode: bytes are no transaction that can be read here.
	ErrDecode = errors.New("undecodable transaction")
	// ErrState: a proven state value is no balance or account.
	ErrState = errors.New("undecodable state value")
	// ErrAmount: the amounts of a range do not fit 256 bits.
	ErrAmount = errors.New("amount out of range")
	// ErrVaultSet: a proposal names a vault that the contract does not have.
	ErrVaultSet = errors.New("unknown vault in a proposal")
)

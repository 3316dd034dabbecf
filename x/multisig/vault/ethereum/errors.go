package ethereum

import "errors"

// Sentinels of this package, compared by errors.Is; the text around them names the value found and the value wanted.
var (
	// ErrKey: a public key is not a 33-byte compressed point of secp256k1, or is there twice.
	ErrKey = errors.New("invalid signer key")
	// ErrThreshold: the threshold is 0 or above the number of owners.
	ErrThreshold = errors.New("invalid threshold")
	// ErrOwners: a list of addresses can't be the owners of a Safe.
	ErrOwners = errors.New("invalid owners")
	// ErrSameOwners: a handover would change nothing.
	ErrSameOwners = errors.New("owners and threshold are the same")
	// ErrAddress: a text is no address in its EIP-55 form.
	ErrAddress = errors.New("invalid address")
	// ErrRecipient: an address that a vault must not pay.
	ErrRecipient = errors.New("invalid recipient")
	// ErrChainID: a text is no chain id of an EVM chain.
	ErrChainID = errors.New("invalid chain id")
	// ErrPayload: a payload can't be turned into a transaction that could execute.
	ErrPayload = errors.New("invalid payload")
	// ErrSignatures: the signatures do not assemble into a transaction that the Safe accepts.
	ErrSignatures = errors.New("invalid signatures")
	// ErrForeign: the bytes are no document or log of the Safe.
	ErrForeign = errors.New("not of the vault's Safe")
)

package cosmos

import "errors"

// Sentinels of this package, compared by errors.Is; the text around them names the value found and the value wanted.
var (
	// ErrKey: a public key is not a 33-byte compressed point of secp256k1, or is there twice.
	ErrKey = errors.New("invalid signer key")
	// ErrThreshold: the threshold is 0 or above the number of keys.
	ErrThreshold = errors.New("invalid threshold")
	// ErrPayload: a payload can't be turned into a transaction that could execute.
	ErrPayload = errors.New("invalid payload")
	// ErrSignatures: the signatures do not assemble into a transaction that its chain accepts.
	ErrSignatures = errors.New("invalid signatures")
	// ErrForeign: the bytes are no transaction that a payload could have become, or no sign document of an account.
	ErrForeign = errors.New("not a transaction of a payload")
)

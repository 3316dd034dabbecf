package types

import "cosmossdk.io/errors"

// Errors of x/multisig: codes from 2, never renumbered; wrapped with the value found and the value wanted.
var (
	ErrInvalidParams    = errors.Register(ModuleName, 2, "invalid parameters")
	ErrInvalidGenesis   = errors.Register(ModuleName, 3, "invalid genesis state")
	ErrKindNotServed    = errors.Register(ModuleName, 4, "chain kind not served yet")
	ErrInvalidVault     = errors.Register(ModuleName, 5, "invalid vault")
	ErrVaultNotFound    = errors.Register(ModuleName, 6, "vault not found")
	ErrVaultExists      = errors.Register(ModuleName, 7, "vault exists")
	ErrVaultStatus      = errors.Register(ModuleName, 8, "vault status does not allow it")
	ErrAccountUnknown   = errors.Register(ModuleName, 9, "vault account not proven")
	ErrInvalidSession   = errors.Register(ModuleName, 10, "invalid session")
	ErrSessionNotFound  = errors.Register(ModuleName, 11, "session not found")
	ErrSessionOpen      = errors.Register(ModuleName, 12, "session still open")
	ErrSessionClosed    = errors.Register(ModuleName, 13, "session takes no more signatures")
	ErrSessionNotSigned = errors.Register(ModuleName, 14, "session has not reached its threshold")
	ErrSeriesUnfinished = errors.Register(ModuleName, 15, "vault has an unfinished series")
	ErrNoSeries         = errors.Register(ModuleName, 16, "vault has no unfinished series")
	ErrSeriesFinished   = errors.Register(ModuleName, 17, "series of the session is finished")
	ErrNotMember        = errors.Register(ModuleName, 18, "sender submits for no member of the vault")
	ErrSignatureCount   = errors.Register(ModuleName, 19, "wrong number of signatures")
	ErrSignatureLength  = errors.Register(ModuleName, 20, "malformed signature")
	ErrAlreadySigned    = errors.Register(ModuleName, 21, "member has signed the session")
	ErrTooManyWrong     = errors.Register(ModuleName, 22, "too many wrong signatures")
	ErrNotSigner        = errors.Register(ModuleName, 23, "operator is no signer of the vault")
	ErrDocument         = errors.Register(ModuleName, 24, "document does not act for the vault")
	ErrAsked            = errors.Register(ModuleName, 25, "a session asked for that signature")
	ErrNotSigned        = errors.Register(ModuleName, 26, "not the signer's valid signature")
	ErrReported         = errors.Register(ModuleName, 27, "signer was reported for this vault")
)

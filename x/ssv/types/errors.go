package types

import "cosmossdk.io/errors"

// Errors of x/ssv. Codes are never renumbered; each is wrapped with the value found and the value wanted.
var (
	ErrInvalidParams      = errors.Register(ModuleName, 2, "invalid parameters")
	ErrInvalidGenesis     = errors.Register(ModuleName, 3, "invalid genesis state")
	ErrNotValidator       = errors.Register(ModuleName, 4, "operator is no validator")
	ErrCandidateExists    = errors.Register(ModuleName, 5, "operator is registered already")
	ErrCandidateNotFound  = errors.Register(ModuleName, 6, "operator is not registered as a candidate")
	ErrResigned           = errors.Register(ModuleName, 7, "candidate has resigned")
	ErrInvalidChainKey    = errors.Register(ModuleName, 8, "invalid chain key")
	ErrInvalidProof       = errors.Register(ModuleName, 9, "invalid proof of possession")
	ErrKeyInUse           = errors.Register(ModuleName, 10, "key is in use")
	ErrSubmitterInUse     = errors.Register(ModuleName, 11, "submitter is in use")
	ErrSubmitterNotFound  = errors.Register(ModuleName, 12, "account submits for no operator")
	ErrInvalidHeartbeat   = errors.Register(ModuleName, 13, "invalid heartbeat")
	ErrCommitteeNotFound  = errors.Register(ModuleName, 14, "contract has no committee")
	ErrNoStandby          = errors.Register(ModuleName, 15, "no standby can be called")
	ErrEraNotFound        = errors.Register(ModuleName, 16, "era not found")
	ErrPoolNotFound       = errors.Register(ModuleName, 17, "pool not found")
	ErrInvalidDemand      = errors.Register(ModuleName, 18, "invalid demand")
	ErrInvalidObservation = errors.Register(ModuleName, 19, "invalid record of votes")
	ErrTooManySeats       = errors.Register(ModuleName, 20, "candidates for that many seats hold too much power")
)

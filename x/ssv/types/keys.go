package types

import (
	"cosmossdk.io/collections"
)

const (
	// ModuleName is the module's name.
	ModuleName = "ssv"
	// StoreKey is the name of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store. Operators and accounts are raw address bytes in keys.
var (
	ParamsPrefix            = collections.NewPrefix(0)
	EraPrefix               = collections.NewPrefix(1)
	EraRecordsPrefix        = collections.NewPrefix(2)
	TransitionPrefix        = collections.NewPrefix(3)
	CandidatesPrefix        = collections.NewPrefix(4)
	SubmittersPrefix        = collections.NewPrefix(5)
	SubmitterOfPrefix       = collections.NewPrefix(6)
	KeysPrefix              = collections.NewPrefix(7)
	HeartbeatsPrefix        = collections.NewPrefix(8)
	LivenessPrefix          = collections.NewPrefix(9)
	TenuresPrefix           = collections.NewPrefix(10)
	SlashRecordsPrefix      = collections.NewPrefix(11)
	BansPrefix              = collections.NewPrefix(12)
	FreezesPrefix           = collections.NewPrefix(13)
	PoolPrefix              = collections.NewPrefix(14)
	CommitteesPrefix        = collections.NewPrefix(15)
	SeatsPrefix             = collections.NewPrefix(16)
	ElectedPrefix           = collections.NewPrefix(17)
	ExcludedPrefix          = collections.NewPrefix(18)
	DutyAccountsPrefix      = collections.NewPrefix(19)
	HeartbeatAccountsPrefix = collections.NewPrefix(20)
	ConsensusSetPrefix      = collections.NewPrefix(21)
	ConsensusDuePrefix      = collections.NewPrefix(22)
	OldestEraPrefix         = collections.NewPrefix(23)
	OldestPoolPrefix        = collections.NewPrefix(24)
	RoundsPrefix            = collections.NewPrefix(25)
	DealersPrefix           = collections.NewPrefix(26)
	DealingsPrefix          = collections.NewPrefix(27)
	DecryptionsPrefix       = collections.NewPrefix(28)
	EndedRoundsPrefix       = collections.NewPrefix(29)
	FirstSeedPrefix         = collections.NewPrefix(30)
)

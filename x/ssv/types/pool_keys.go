package types

import (
	"cosmossdk.io/collections"
)

// Prefixes of what the freeze works with, and of the marks of what waits. None of it is part of genesis: it follows from the rest of the state.
var (
	StandingsPrefix  = collections.NewPrefix(40)
	UnmeasuredPrefix = collections.NewPrefix(41)
	AbsenteesPrefix  = collections.NewPrefix(42)
	PoolTopsPrefix   = collections.NewPrefix(43)
	ChoresPrefix     = collections.NewPrefix(44)
)

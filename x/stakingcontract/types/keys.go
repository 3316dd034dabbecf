// Package types holds the messages, records, parameters and errors of x/stakingcontract.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name and the name of its account, which holds redemptions in escrow.
	ModuleName = "stakingcontract"
	// StoreKey is the key of the module's store. The module's name won't do: no store key may begin with another, and x/staking's is "staking".
	StoreKey = "contracts"
)

// ReserveMemo marks a transfer to a vault as a top-up of its contract's fee reserve (protocol §9).
const ReserveMemo = "stafi/reserve"

// MaxMemo is the length in bytes to which observed memos are cut.
const MaxMemo = 256

// MaxSender bounds the length in bytes of an original-chain address.
const MaxSender = 128

// HashSize is the length in bytes of header, transaction and observation hashes.
const HashSize = 32

// Prefixes of the module's store. Records first, then the queues and indexes that genesis rebuilds from them.
var (
	ParamsPrefix         = collections.NewPrefix(0)
	NextContractPrefix   = collections.NewPrefix(1)
	NextRedemptionPrefix = collections.NewPrefix(2)
	NextPlacePrefix      = collections.NewPrefix(3)
	ContractsPrefix      = collections.NewPrefix(4)
	StatesPrefix         = collections.NewPrefix(5)
	LedgersPrefix        = collections.NewPrefix(6)
	ProposalsPrefix      = collections.NewPrefix(7)
	EventsPrefix         = collections.NewPrefix(8)
	VotesPrefix          = collections.NewPrefix(9)
	BackoffsPrefix       = collections.NewPrefix(10)
	DepositsPrefix       = collections.NewPrefix(11)
	RedemptionsPrefix    = collections.NewPrefix(12)
	HistoryPrefix        = collections.NewPrefix(13)
	BatchesPrefix        = collections.NewPrefix(14)
	ClientsPrefix        = collections.NewPrefix(15)
	InflowsPrefix        = collections.NewPrefix(16)
	RejectionsPrefix     = collections.NewPrefix(20)
	EraStartsPrefix      = collections.NewPrefix(21)
	ArrivalsPrefix       = collections.NewPrefix(22)

	AttentionPrefix  = collections.NewPrefix(32)
	ApplyingPrefix   = collections.NewPrefix(33)
	DeadlinesPrefix  = collections.NewPrefix(34)
	TrashPrefix      = collections.NewPrefix(35)
	WaitingPrefix    = collections.NewPrefix(36)
	MintWorkPrefix   = collections.NewPrefix(37)
	QueuePrefix      = collections.NewPrefix(38)
	RedeemersPrefix  = collections.NewPrefix(39)
	OpenCountPrefix  = collections.NewPrefix(40)
	OpenSeriesPrefix = collections.NewPrefix(41)
	SweepWorkPrefix  = collections.NewPrefix(42)
	OpenVaultsPrefix = collections.NewPrefix(43)
	RTokensPrefix    = collections.NewPrefix(44)
	SuspectsPrefix   = collections.NewPrefix(45)
	RefundsPrefix    = collections.NewPrefix(46)
	AwakeKey         = collections.NewPrefix(47)
	CreditsPrefix    = collections.NewPrefix(48)
	UnmatchedPrefix  = collections.NewPrefix(49)
)

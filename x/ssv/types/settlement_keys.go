package types

import "cosmossdk.io/collections"

// Prefixes of what an era's settlement keeps (protocol §§12–14).
var (
	DueVaultsPrefix      = collections.NewPrefix(90)
	SettlementsPrefix    = collections.NewPrefix(91)
	PendingSlashesPrefix = collections.NewPrefix(92)
	ForfeitsPrefix       = collections.NewPrefix(93)
	EraRewardsPrefix     = collections.NewPrefix(94)
	EarningsPrefix       = collections.NewPrefix(95)
	PendingRewardsPrefix = collections.NewPrefix(96)
	RefundAccountsPrefix = collections.NewPrefix(97)
	NextRewardPrefix     = collections.NewPrefix(98)
	DivisionPrefix       = collections.NewPrefix(99)
)

// Module accounts of rewards and refunds.
const (
	// TreasuryName is the Protocol Treasury: what members are not paid of an era's reward.
	TreasuryName = "ssv_treasury"
	// RefundPoolName is the reward pool that duty transactions are refunded from. Anyone may send to it.
	RefundPoolName = "ssv_refunds"
)

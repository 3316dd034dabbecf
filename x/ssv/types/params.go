package types

import (
	"time"

	"cosmossdk.io/math"
)

// Bounds of parameters (protocol §§2, 3).
const (
	MinEraDuration  = 60 * time.Second
	MinBeaconWindow = 20 * time.Second
	// MinDealBlocks and MinRevealBlocks leave relayers time to act. They see a phase begin once its first block is final, what they send is in a
	// later one, their turns are spread over half the phase, and what was lost or refused is to be sent again. Of the reveal only the half
	// after the openings is for decryptions.
	MinDealBlocks   = 4
	MinRevealBlocks = 8
)

// baseUnits of a FIS, in ufis.
const baseUnits = 1_000_000

// DefaultParams are those of the protocol.
func DefaultParams() Params {
	params := Params{
		EraDuration:           24 * time.Hour,
		BeaconWindow:          24 * time.Hour / 10,
		MinStake:              math.NewInt(10_000 * baseUnits),
		MinSelfRatio:          math.LegacyNewDecWithPrec(10, 2),
		MinTenure:             2,
		MinOnlineRate:         math.LegacyNewDecWithPrec(95, 2),
		SlashMemory:           0,
		HeartbeatInterval:     50,
		HeartbeatWindow:       200,
		MaxCandidatePower:     math.LegacyNewDecWithPrec(5, 2),
		MaxRestingShare:       math.LegacyNewDecWithPrec(10, 2),
		MinPoolFactor:         5,
		BanEras:               1,
		MaxExcludedPower:      math.LegacyNewDecWithPrec(25, 2),
		MinProducers:          4,
		MinThresholdRatio:     math.LegacyNewDecWithPrec(70, 2),
		MaxCaptureChance:      math.LegacyNewDecWithPrec(1, 4),
		MaxHandoverEras:       3,
		ClosingEras:           7,
		HistoryEras:           90,
		MaxCandidatesPerBlock: 4000,
		MaxPrunesPerBlock:     200,
		BeaconSize:            MaxBeaconSize,
		DealBlocks:            200,
		RevealBlocks:          200,
		MaxDealingsPerBlock:   2,
		MinBeaconShare:        math.LegacyNewDecWithPrec(5, 1),
	}
	return params.withSettlementDefaults()
}

// Validate checks every parameter by itself and those that bound each other. What depends on x/staking is checked by
// CheckUnbonding.
func (p Params) Validate() error {
	for _, check := range []func() error{p.validateTimes, p.validateRatios, p.validateCounts, p.validateRound, p.validateFaults, p.validateRewards} {
		if err := check(); err != nil {
			return err
		}
	}
	if p.MinStake.IsNil() || p.MinStake.IsNegative() {
		return ErrInvalidParams.Wrapf("min_stake is %s, want 0 or more", p.MinStake)
	}
	return nil
}

func (p Params) validateTimes() error {
	if p.EraDuration < MinEraDuration {
		return ErrInvalidParams.Wrapf("era_duration is %s, want at least %s", p.EraDuration, MinEraDuration)
	}
	if p.BeaconWindow < MinBeaconWindow || p.BeaconWindow > p.EraDuration/2 {
		return ErrInvalidParams.Wrapf(
			"beacon_window is %s, want from %s to half the era, %s", p.BeaconWindow, MinBeaconWindow, p.EraDuration/2,
		)
	}
	return nil
}

func (p Params) validateRatios() error {
	ratios := []struct {
		name  string
		value math.LegacyDec
		open  bool // 0 is refused
	}{
		{"min_self_ratio", p.MinSelfRatio, false},
		{"min_online_rate", p.MinOnlineRate, false},
		{"max_candidate_power", p.MaxCandidatePower, true},
		{"max_resting_share", p.MaxRestingShare, false},
		{"max_excluded_power", p.MaxExcludedPower, true},
		{"min_threshold_ratio", p.MinThresholdRatio, true},
		{"max_capture_chance", p.MaxCaptureChance, false},
		{"min_beacon_share", p.MinBeaconShare, true},
	}
	for _, ratio := range ratios {
		if ratio.value.IsNil() || ratio.value.IsNegative() || ratio.value.GT(math.LegacyOneDec()) ||
			ratio.open && ratio.value.IsZero() {
			return ErrInvalidParams.Wrapf("%s is %s, want %s to 1", ratio.name, ratio.value, lowerBound(ratio.open))
		}
	}
	half := math.LegacyNewDecWithPrec(5, 1)
	if p.MinThresholdRatio.LTE(half) {
		return ErrInvalidParams.Wrapf("min_threshold_ratio is %s, want more than %s: two disjoint groups could each sign", p.MinThresholdRatio, half)
	}
	if p.MaxExcludedPower.GT(half) {
		return ErrInvalidParams.Wrapf("max_excluded_power is %s, want at most %s: the producers would hold less than those who do not produce", p.MaxExcludedPower, half)
	}
	return nil
}

func lowerBound(open bool) string {
	if open {
		return "more than 0, up"
	}
	return "from 0"
}

func (p Params) validateCounts() error {
	counts := []struct {
		name         string
		value, least uint64
	}{
		{"heartbeat_interval", p.HeartbeatInterval, 1},
		{"heartbeat_window", p.HeartbeatWindow, p.HeartbeatInterval},
		{"min_producers", uint64(p.MinProducers), 1},
		{"max_handover_eras", p.MaxHandoverEras, 1},
		{"history_eras", p.HistoryEras, 2 + p.MaxHandoverEras + p.ClosingEras},
		{"max_candidates_per_block", uint64(p.MaxCandidatesPerBlock), 1},
		{"max_prunes_per_block", uint64(p.MaxPrunesPerBlock), 1},
		{"beacon_size", uint64(p.BeaconSize), MinBeaconSize},
		{"deal_blocks", uint64(p.DealBlocks), MinDealBlocks},
		{"reveal_blocks", uint64(p.RevealBlocks), MinRevealBlocks},
		{"max_dealings_per_block", uint64(p.MaxDealingsPerBlock), 1},
	}
	for _, count := range counts {
		if count.value < count.least {
			return ErrInvalidParams.Wrapf("%s is %d, want at least %d", count.name, count.value, count.least)
		}
	}
	return p.validateBounds()
}

// Upper bounds keep sums of eras and of blocks far from overflow.
const (
	maxEras   = 100_000
	maxBlocks = 1_000_000_000
)

func (p Params) validateBounds() error {
	counts := []struct {
		name        string
		value, most uint64
	}{
		{"min_tenure", p.MinTenure, maxEras},
		{"slash_memory", p.SlashMemory, maxEras},
		{"ban_eras", p.BanEras, maxEras},
		{"max_handover_eras", p.MaxHandoverEras, maxEras},
		{"closing_eras", p.ClosingEras, maxEras},
		{"history_eras", p.HistoryEras, maxEras},
		{"min_pool_factor", p.MinPoolFactor, maxEras},
		{"heartbeat_interval", p.HeartbeatInterval, maxBlocks},
		{"heartbeat_window", p.HeartbeatWindow, maxBlocks},
		{"beacon_size", uint64(p.BeaconSize), MaxBeaconSize},
		{"deal_blocks", uint64(p.DealBlocks), maxBlocks},
		{"reveal_blocks", uint64(p.RevealBlocks), maxBlocks},
		{"max_dealings_per_block", uint64(p.MaxDealingsPerBlock), MaxBeaconSize},
	}
	for _, count := range counts {
		if count.value > count.most {
			return ErrInvalidParams.Wrapf("%s is %d, want at most %d", count.name, count.value, count.most)
		}
	}
	return nil
}

// validateRound checks that the chain can verify a dealing of every dealer while dealings are taken. Whether deal_blocks and reveal_blocks
// fit into beacon_window can't be checked: that is a duration, and how many blocks it has is only known when they are made. A round that
// the era's end overtakes fails, blames nobody for it, and the incumbents serve on.
func (p Params) validateRound() error {
	if verified := uint64(p.DealBlocks) * uint64(p.MaxDealingsPerBlock); verified < uint64(p.BeaconSize) {
		return ErrInvalidParams.Wrapf(
			"deal_blocks %d x max_dealings_per_block %d = %d, want at least beacon_size %d: the dealings can't be verified in time",
			p.DealBlocks, p.MaxDealingsPerBlock, verified, p.BeaconSize,
		)
	}
	return nil
}

// CheckUnbonding checks that staking's unbonding time outlasts every duty that an elected member can owe, so that it can still
// be slashed for it: unbonding > (2 + max_handover_eras + closing_eras) · era_duration (protocol §2).
func (p Params) CheckUnbonding(unbonding time.Duration) error {
	eras := math.NewIntFromUint64(2 + p.MaxHandoverEras + p.ClosingEras)
	owed := eras.MulRaw(int64(p.EraDuration))
	if !math.NewInt(int64(unbonding)).GT(owed) {
		return ErrInvalidParams.Wrapf(
			"staking's unbonding time is %s, want more than (2 + max_handover_eras %d + closing_eras %d) x era_duration %s",
			unbonding, p.MaxHandoverEras, p.ClosingEras, p.EraDuration,
		)
	}
	return nil
}

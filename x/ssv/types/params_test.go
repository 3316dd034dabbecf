package types_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestDefaultParametersAreSoundAndOutlastedByTheUsualUnbondingTime(t *testing.T) {
	params := types.DefaultParams()
	require.NoError(t, params.Validate())
	require.NoError(t, params.CheckUnbonding(21*24*time.Hour))
}

func TestUnbondingMustBeLongerThanEveryDuty(t *testing.T) {
	params := types.DefaultParams() // (2 + 3 + 7) eras of a day
	owed := 12 * 24 * time.Hour
	require.ErrorIs(t, params.CheckUnbonding(owed), types.ErrInvalidParams)
	require.NoError(t, params.CheckUnbonding(owed+1))
}

func TestDurationsThatOverflowAreRefusedAndDoNotWrapAround(t *testing.T) {
	params := types.DefaultParams()
	params.EraDuration = 1 << 62
	require.ErrorIs(t, params.CheckUnbonding(21*24*time.Hour), types.ErrInvalidParams)
}

func TestParametersOutOfBoundsAreRefusedByName(t *testing.T) {
	one, two, half := math.LegacyOneDec(), math.LegacyNewDec(2), math.LegacyNewDecWithPrec(5, 1)
	for name, change := range map[string]func(*types.Params){
		"era_duration":            func(p *types.Params) { p.EraDuration = 59 * time.Second },
		"beacon_window":           func(p *types.Params) { p.BeaconWindow = 12*time.Hour + 1 },
		"beacon_window ":          func(p *types.Params) { p.BeaconWindow = 19 * time.Second },
		"min_stake":               func(p *types.Params) { p.MinStake = math.NewInt(-1) },
		"min_stake ":              func(p *types.Params) { p.MinStake = math.Int{} },
		"min_self_ratio":          func(p *types.Params) { p.MinSelfRatio = two },
		"min_self_ratio ":         func(p *types.Params) { p.MinSelfRatio = math.LegacyDec{} },
		"min_online_rate":         func(p *types.Params) { p.MinOnlineRate = one.Neg() },
		"max_candidate_power":     func(p *types.Params) { p.MaxCandidatePower = math.LegacyZeroDec() },
		"max_resting_share":       func(p *types.Params) { p.MaxRestingShare = two },
		"max_excluded_power":      func(p *types.Params) { p.MaxExcludedPower = math.LegacyZeroDec() },
		"max_excluded_power ":     func(p *types.Params) { p.MaxExcludedPower = half.Add(math.LegacySmallestDec()) },
		"beacon_size":             func(p *types.Params) { p.BeaconSize = 3 },
		"beacon_size ":            func(p *types.Params) { p.BeaconSize = 65 },
		"deal_blocks":             func(p *types.Params) { p.DealBlocks, p.BeaconSize = 3, 4 },
		"deal_blocks ":            func(p *types.Params) { p.DealBlocks = 1_000_000_001 },
		"reveal_blocks":           func(p *types.Params) { p.RevealBlocks = 7 },
		"reveal_blocks ":          func(p *types.Params) { p.RevealBlocks = 1_000_000_001 },
		"max_dealings_per_block":  func(p *types.Params) { p.MaxDealingsPerBlock = 0 },
		"max_dealings_per_block ": func(p *types.Params) { p.MaxDealingsPerBlock = 65 },
		"deal_blocks 31 x max_dealings_per_block 2 = 62, want at least beacon_size 64": func(p *types.Params) { p.DealBlocks = 31 },
		"min_threshold_ratio":      func(p *types.Params) { p.MinThresholdRatio = half },
		"max_capture_chance":       func(p *types.Params) { p.MaxCaptureChance = two },
		"heartbeat_interval":       func(p *types.Params) { p.HeartbeatInterval = 0 },
		"heartbeat_window":         func(p *types.Params) { p.HeartbeatWindow = p.HeartbeatInterval - 1 },
		"min_producers":            func(p *types.Params) { p.MinProducers = 0 },
		"max_handover_eras":        func(p *types.Params) { p.MaxHandoverEras = 0 },
		"history_eras":             func(p *types.Params) { p.HistoryEras = 11 },
		"max_candidates_per_block": func(p *types.Params) { p.MaxCandidatesPerBlock = 0 },
		"max_prunes_per_block":     func(p *types.Params) { p.MaxPrunesPerBlock = 0 },
		"min_tenure":               func(p *types.Params) { p.MinTenure = 1 << 60 },
		"slash_memory":             func(p *types.Params) { p.SlashMemory = 1 << 60 },
		"ban_eras":                 func(p *types.Params) { p.BanEras = 1 << 60 },
		"closing_eras":             func(p *types.Params) { p.ClosingEras, p.HistoryEras = 100_001, 1<<63 },
		"min_pool_factor":          func(p *types.Params) { p.MinPoolFactor = 1 << 60 },
	} {
		t.Run(name, func(t *testing.T) {
			params := types.DefaultParams()
			change(&params)
			err := params.Validate()
			require.ErrorIs(t, err, types.ErrInvalidParams)
			require.ErrorContains(t, err, trim(name))
		})
	}
}

func trim(name string) string {
	if name[len(name)-1] == ' ' {
		return name[:len(name)-1]
	}
	return name
}

func TestDemandsMustBeWithinTheirBounds(t *testing.T) {
	ratio := math.LegacyNewDecWithPrec(7, 1)
	sound := types.Demand{Contract: 1, ChainId: "cosmos-1", Size_: 7, Threshold: 5, MinSize: 4}
	require.NoError(t, sound.Validate(ratio))
	for name, change := range map[string]func(*types.Demand){
		"no chain":                  func(d *types.Demand) { d.ChainId = "" },
		"a least size of 0":         func(d *types.Demand) { d.MinSize = 0 },
		"a least size above size":   func(d *types.Demand) { d.MinSize = 8 },
		"a threshold below 0.7":     func(d *types.Demand) { d.Threshold = 4 },
		"a threshold above members": func(d *types.Demand) { d.Threshold = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			demand := sound
			change(&demand)
			require.Error(t, demand.Validate(ratio))
		})
	}
}

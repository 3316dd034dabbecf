package localnet

import (
	"encoding/json"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Preset edits the default genesis state, module by module.
type Preset func(cdc codec.JSONCodec, state map[string]json.RawMessage) error

// Then applies more after p.
func (p Preset) Then(more Preset) Preset {
	return func(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
		if p != nil {
			if err := p(cdc, state); err != nil {
				return err
			}
		}
		return more(cdc, state)
	}
}

// ProtocolPreset leaves the defaults of the protocol: eras of a day, committees out of hundreds of candidates.
func ProtocolPreset() Preset {
	return func(codec.JSONCodec, map[string]json.RawMessage) error { return nil }
}

// VotingPeriod sets how long governance proposals are voted on; deposits may take as long, expedited votes half.
func VotingPeriod(period time.Duration) Preset {
	return func(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
		return Edit(cdc, state, govtypes.ModuleName, func(gov *govv1.GenesisState) {
			expedited := period / 2
			gov.Params.VotingPeriod = &period
			gov.Params.MaxDepositPeriod = &period
			gov.Params.ExpeditedVotingPeriod = &expedited
		})
	}
}

// EraDuration sets the term of committees; the pool is frozen as late as it may be, but never later than half the era.
func EraDuration(era time.Duration) Preset {
	return func(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
		return Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
			ssv.Params.EraDuration = era
			ssv.Params.BeaconWindow = min(max(era/10, minBeaconWindow), era/2)
		})
	}
}

const (
	// minBeaconWindow is the least time between a pool's freeze and its era's end (protocol §3).
	minBeaconWindow = 20 * time.Second
	// smallVotingPeriod is what governance takes in a small network.
	smallVotingPeriod = 8 * time.Second
	// smallEra is the least era that the protocol allows.
	smallEra = 60 * time.Second
	// smallDealings are verified in a block: those of a small network are small.
	smallDealings = 8
	// smallBeaconWindow is as long as the protocol allows: a busy machine makes slow blocks.
	smallBeaconWindow = smallEra / 2
	// smallPhaseBlocks of a second each for dealing, and as many for opening, leave 14 of the 30 seconds between freeze and era's end.
	smallPhaseBlocks = 8
	// smallSessionBlocks give members 20 blocks to sign, a third of a small network's era.
	smallSessionBlocks = 20
)

// SmallPreset makes a network of a handful of validators with equal stakes live its life in minutes: half of them may serve at
// once, everyone who served may have to serve again soon, and each block pays out what is queued.
func SmallPreset() Preset {
	return VotingPeriod(smallVotingPeriod).Then(EraDuration(smallEra)).Then(smallCommittees).Then(smallSessions)
}

func smallCommittees(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	half := math.LegacyNewDecWithPrec(5, 1)
	return Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
		ssv.Params.MaxExcludedPower = half
		ssv.Params.MaxCandidatePower = math.LegacyNewDecWithPrec(25, 2)
		ssv.Params.MinProducers = 4
		ssv.Params.MinPoolFactor = 1
		ssv.Params.MaxRestingShare = half
		ssv.Params.MinTenure = 0
		ssv.Params.BeaconWindow = smallBeaconWindow
		ssv.Params.DealBlocks, ssv.Params.RevealBlocks = smallPhaseBlocks, smallPhaseBlocks
		ssv.Params.MaxDealingsPerBlock = smallDealings
		// No fault is free in a committee of four, and half of the power is as much as may be excluded: a member that was slashed would leave
		// others to produce. So only silence for a whole era and wrong signatures are faults here.
		ssv.Params.MaxMissedRatio, ssv.Params.WithdrawRatio = math.LegacyOneDec(), math.LegacyOneDec()
	})
}

func smallSessions(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	err := Edit(cdc, state, multisigtypes.ModuleName, func(multisig *multisigtypes.GenesisState) {
		multisig.Params.SessionBlocks = smallSessionBlocks
	})
	if err != nil {
		return err
	}
	return Edit(cdc, state, stakingcontracttypes.ModuleName, func(contracts *stakingcontracttypes.GenesisState) {
		contracts.Params.PayoutInterval = 1
	})
}

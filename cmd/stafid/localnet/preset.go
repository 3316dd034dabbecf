package localnet

import (
	"encoding/json"
	"time"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/stafiprotocol/stafid/app"
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
			ssv.Params.BeaconWindow = min(max(era/10, ssvtypes.MinBeaconWindow), era/2)
		})
	}
}

// BeaconWindow sets how long before its era's end a pool is frozen.
func BeaconWindow(window time.Duration) Preset {
	return func(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
		return Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) { ssv.Params.BeaconWindow = window })
	}
}

const (
	// smallVotingBlocks is what governance takes in a small network.
	smallVotingBlocks = 8
	// smallEraBlocks are an era: with blocks of a second the least era that the protocol allows.
	smallEraBlocks = 60
	// smallDealings are verified in a block: those of a small network are small.
	smallDealings = 8
	// smallPhaseBlocks for dealing, and as many for opening, leave 14 of the 30 blocks between
	// freeze and era's end, which is as long as the protocol allows.
	smallPhaseBlocks = 8
	// smallSessionBlocks give members 20 blocks to sign, a third of a small network's era.
	smallSessionBlocks = 20
	// smallHeartbeatBlocks are the interval of heartbeats; three of them are the window. A member whose last sign of life is four intervals old
	// when a session settles is silent: none that was killed before it opened is spared.
	smallHeartbeatBlocks = 5
	// smallClosingEras keep a vault that was handed over for as long as a life needs to send to it once more.
	smallClosingEras = 2
)

// SmallPreset makes a network of ten or a few more validators with equal stakes live its life in minutes: half of the power may serve at
// once, everyone who served may have to serve again soon, and each block pays out what is queued. Committees of four leave room for slashes
// among ten validators or more: four who were not slashed stay below half of the power even if five others lost a tenth twice.
//
// What takes time takes a number of blocks: era, window and voting period follow the time between
// blocks. A machine that makes slow blocks has as many of them in an era as a fast one.
func SmallPreset(blockTime time.Duration) Preset {
	era := max(smallEraBlocks*blockTime, ssvtypes.MinEraDuration)
	return VotingPeriod(smallVotingBlocks * blockTime).Then(EraDuration(era)).Then(BeaconWindow(era / 2)).
		Then(smallCommittees).Then(smallSessions).Then(fundRefunds)
}

// fundRefunds fills the pool of refunds as far as rewards would: the first of them is issued minutes after the first duty transaction.
func fundRefunds(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	return Edit(cdc, state, banktypes.ModuleName, func(bank *banktypes.GenesisState) {
		bank.Balances = append(bank.Balances, banktypes.Balance{
			Address: authtypes.NewModuleAddress(ssvtypes.RefundPoolName).String(),
			Coins:   sdk.NewCoins(sdk.NewCoin(app.BondDenom, ssvtypes.DefaultParams().RefundReserve)),
		})
	})
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
		ssv.Params.ClosingEras = smallClosingEras
		ssv.Params.DealBlocks, ssv.Params.RevealBlocks = smallPhaseBlocks, smallPhaseBlocks
		ssv.Params.MaxDealingsPerBlock = smallDealings
		// Silence is seen within a third of an era, and one who was out for half of it may still be elected: intervals are few.
		ssv.Params.HeartbeatInterval, ssv.Params.HeartbeatWindow = smallHeartbeatBlocks, 3*smallHeartbeatBlocks
		ssv.Params.MinOnlineRate = half
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

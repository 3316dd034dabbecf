package localnet

import (
	"encoding/json"
	"time"

	"github.com/cosmos/cosmos-sdk/codec"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
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

// smallVotingPeriod is what governance takes in a small network.
const smallVotingPeriod = 8 * time.Second

// SmallPreset makes a network of a handful of validators with equal stakes live its life in minutes.
func SmallPreset() Preset {
	return ProtocolPreset().Then(VotingPeriod(smallVotingPeriod))
}

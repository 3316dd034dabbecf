package localnet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// firstContract is the id of the first contract that a chain deploys.
const firstContract = 1

// Committee is one that genesis names (protocol §3.7): all validators, for the first contract,
// which governance deploys later. It is seated at the first era's end, and at every one after it:
// where everybody serves nobody is left for an election.
type Committee struct {
	// ChainID of the original chain, for which each relayer's signer is registered.
	ChainID string
	// Threshold of the members who have to sign.
	Threshold uint32
}

// nameCommittee registers every validator with its relayer's keys and seats them all. No beacon
// key is registered: the relayers make theirs after genesis.
func (g *generator) nameCommittee(cdc codec.JSONCodec, state map[string]json.RawMessage) error {
	committee := ssvtypes.Committee{
		Contract: firstContract, Era: 1, ChainId: g.Committee.ChainID, Threshold: g.Committee.Threshold,
		Origin: ssvtypes.COMMITTEE_ORIGIN_GENESIS,
	}
	var named ssvtypes.GenesisState
	for i, relayer := range g.manifest.Relayers {
		signer, err := hex.DecodeString(relayer.Signer.PublicKey)
		if err != nil {
			return fmt.Errorf("signer of relayer %d: %w", i, err)
		}
		named.Candidates = append(named.Candidates, ssvtypes.Candidate{
			Operator: relayer.Operator, Submitter: relayer.Submitter.Address,
			Chains: []ssvtypes.ChainKey{{
				ChainId: g.Committee.ChainID, Signer: signer, Endpoint: "http://" + loopback(relayer.Ports.Service),
			}},
		})
		named.Keys = append(named.Keys, ssvtypes.GenesisKey{Key: signer, Operator: relayer.Operator})
		named.Submitters = append(named.Submitters, ssvtypes.GenesisSubmitter{Submitter: relayer.Submitter.Address, Operator: relayer.Operator})
		named.Excluded = append(named.Excluded, relayer.Operator)
		committee.Members = append(committee.Members, ssvtypes.Member{Operator: relayer.Operator, Signer: signer, Weight: g.weight()})
	}
	inKeyOrder(&named)
	return Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
		ssv.Candidates, ssv.Keys, ssv.Submitters, ssv.Excluded = named.Candidates, named.Keys, named.Submitters, named.Excluded
		ssv.Committees = []ssvtypes.Committee{committee}
	})
}

// weight of each validator in an election (protocol §5).
func (g *generator) weight() uint64 { return g.Stake.Amount.Quo(sdk.DefaultPowerReduction).Uint64() }

// inKeyOrder sorts the lists as genesis wants them, by raw addresses and keys.
func inKeyOrder(named *ssvtypes.GenesisState) {
	operator := func(text string) []byte { return sdk.MustValAddressFromBech32(text) }
	slices.SortFunc(named.Candidates, func(a, b ssvtypes.Candidate) int {
		return bytes.Compare(operator(a.Operator), operator(b.Operator))
	})
	slices.SortFunc(named.Keys, func(a, b ssvtypes.GenesisKey) int { return bytes.Compare(a.Key, b.Key) })
	slices.SortFunc(named.Submitters, func(a, b ssvtypes.GenesisSubmitter) int {
		return bytes.Compare(sdk.MustAccAddressFromBech32(a.Submitter), sdk.MustAccAddressFromBech32(b.Submitter))
	})
	slices.SortFunc(named.Excluded, func(a, b string) int { return bytes.Compare(operator(a), operator(b)) })
}

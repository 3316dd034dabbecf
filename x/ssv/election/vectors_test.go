package election_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

type vector struct {
	Name      string `json:"name"`
	ChainID   string `json:"chain_id"`
	Era       uint64 `json:"era"`
	Seed      string `json:"seed"`
	Contracts []struct {
		ID       uint64 `json:"id"`
		Size     uint32 `json:"size"`
		Standbys uint32 `json:"standbys"`
		Chain    string `json:"chain"`
	} `json:"contracts"`
	Candidates []struct {
		Operator string   `json:"operator"`
		Weight   uint64   `json:"weight"`
		Chains   []string `json:"chains"`
	} `json:"candidates"`
	BondedPower      uint64    `json:"bonded_power"`
	MaxExcludedPower [2]uint64 `json:"max_excluded_power"`
	Want             struct {
		Contracts []struct {
			ID       uint64   `json:"id"`
			Members  []string `json:"members"`
			Standbys []string `json:"standbys"`
		} `json:"contracts"`
		GuardEnded bool `json:"guard_ended_drawing"`
	} `json:"want"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/election.json")
	require.NoError(t, err)
	var file struct {
		Election []vector `json:"election"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	require.NotEmpty(t, file.Election)
	return file.Election
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	require.NoError(t, err)
	return data
}

func (v vector) input(t *testing.T) election.Input {
	t.Helper()
	in := election.Input{
		ChainID: v.ChainID, Era: v.Era, Seed: unhex(t, v.Seed),
		Guard: election.Guard{
			BondedPower: v.BondedPower, MaxExcluded: election.Ratio{Num: v.MaxExcludedPower[0], Den: v.MaxExcludedPower[1]},
		},
	}
	for _, contract := range v.Contracts {
		in.Contracts = append(in.Contracts, election.Contract{
			ID: contract.ID, Size: contract.Size, Standbys: contract.Standbys, Chain: contract.Chain,
		})
	}
	for _, candidate := range v.Candidates {
		in.Candidates = append(in.Candidates, election.Candidate{
			Operator: unhex(t, candidate.Operator), Weight: candidate.Weight, Chains: candidate.Chains,
		})
	}
	slices.SortFunc(in.Candidates, func(a, b election.Candidate) int { return slices.Compare(a.Operator, b.Operator) })
	return in
}

func operators(in election.Input, drawn []int) []string {
	names := make([]string, 0, len(drawn))
	for _, index := range drawn {
		names = append(names, hex.EncodeToString(in.Candidates[index].Operator))
	}
	return names
}

func TestTheDrawAgreesWithTheVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			in := v.input(t)
			require.NoError(t, in.Validate())
			got := election.Elect(in)
			require.Equal(t, v.Want.GuardEnded, got.GuardEnded)
			require.Len(t, got.Contracts, len(v.Want.Contracts))
			for i, want := range v.Want.Contracts {
				require.Equal(t, want.ID, got.Contracts[i].Contract)
				require.Equal(t, want.Members, operators(in, got.Contracts[i].Members))
				require.Equal(t, want.Standbys, operators(in, got.Contracts[i].Standbys))
			}
		})
	}
}

func TestEveryWordOfTheInputChangesTheDraw(t *testing.T) {
	base := vectors(t)[1].input(t)
	drawn := operators(base, election.Elect(base).Contracts[0].Members)
	for name, change := range map[string]func(*election.Input){
		"chain id": func(in *election.Input) { in.ChainID += "x" },
		"era":      func(in *election.Input) { in.Era++ },
		"seed":     func(in *election.Input) { in.Seed = append(slices.Clone(in.Seed), 0) },
		"contract": func(in *election.Input) { in.Contracts = slices.Clone(in.Contracts); in.Contracts[0].ID++ },
	} {
		t.Run(name, func(t *testing.T) {
			in := base
			change(&in)
			require.NotEqual(t, drawn, operators(in, election.Elect(in).Contracts[0].Members))
		})
	}
}

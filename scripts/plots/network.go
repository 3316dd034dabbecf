package main

import (
	"encoding/binary"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

// network is a pool of candidates that elects one committee in every era, whose members may rest in the next.
type network struct {
	name  string // of the series of seeds
	input election.PlanInput
	rule  restRule
}

// restRule is who of the members of an era rests in the next (protocol §4).
type restRule struct {
	name     string
	nobody   bool
	maxShare election.Ratio // of the pool's weight that may rest
	minPool  uint64         // multiple of the seats that takes part at least
}

// ourRest is the rule of a chain with default parameters. A test reads them from the protocol.
var (
	noRest      = restRule{name: "no rest", nobody: true, maxShare: election.Ratio{Num: 1, Den: 1}}
	hardRest    = restRule{name: "hard rest", maxShare: election.Ratio{Num: 1, Den: 1}}
	ourRest     = restRule{name: "ours: bends at 10 %", maxShare: election.Ratio{Num: 10, Den: 100}, minPool: 5}
	quarterRest = restRule{name: "rest bends at 25 %", maxShare: election.Ratio{Num: 25, Den: 100}, minPool: 5}
)

func newNetwork(name string, size uint32, weights []uint64, rule restRule) *network {
	n := &network{name: name, rule: rule}
	n.input = election.PlanInput{
		ChainID:         "stafi-plots-1",
		Demands:         []election.Demand{{ID: 1, Chain: "cosmoshub-4", Size: size, Threshold: size, MinSize: size}},
		Guard:           election.Guard{MaxExcluded: election.Ratio{Num: 1, Den: 1}},
		MaxRestingShare: rule.maxShare, MinPoolFactor: rule.minPool, MinThresholdRatio: math.LegacyNewDecWithPrec(7, 1),
	}
	chains := []string{"cosmoshub-4"}
	for i, weight := range weights {
		n.input.Guard.BondedPower += weight
		n.input.Candidates = append(n.input.Candidates, election.Candidate{
			Operator: binary.BigEndian.AppendUint64(nil, uint64(i)), Weight: weight, Chains: chains,
		})
	}
	return n
}

// elect holds the election of an era and returns its members. Those of the era before rest as the rule says.
func (n *network) elect(era int) ([]int, error) {
	n.input.Era, n.input.Seed = uint64(era), odds.Seed(n.name, uint64(era))
	planned, err := election.Plan(n.input)
	if err != nil {
		return nil, err
	}
	for i := range n.input.Candidates {
		n.input.Candidates[i].Resting = false
	}
	for _, index := range planned[0].Members {
		n.input.Candidates[index].Resting = !n.rule.nobody
	}
	return planned[0].Members, nil
}

// zipf falls as 1/(rank + offset).
func zipf(count, offset int) []uint64 {
	weights := make([]uint64, count)
	for i := range weights {
		weights[i] = 100_000_000 / uint64(i+offset)
	}
	return weights
}

// against puts a coalition with a quarter of all stake in that many equal identities before the others.
func against(identities int, others []uint64) []uint64 {
	total := uint64(0)
	for _, weight := range others {
		total += weight
	}
	weights := make([]uint64, identities, identities+len(others))
	for i := range weights {
		weights[i] = total / 3 / uint64(identities)
	}
	return append(weights, others...)
}

func coalitionSeats(members []int, identities int) int {
	seats := 0
	for _, index := range members {
		if index < identities {
			seats++
		}
	}
	return seats
}

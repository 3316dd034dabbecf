package odds

import (
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// polls are who may be drawn for each contract, from which follows where the closed form holds.
type polls struct {
	in       election.PlanInput
	eligible [][]bool // by demand and candidate
	counts   []int    // eligible candidates, by demand
	excluded uint64   // power of those who serve without an election, as frozen where they are in the pool
}

func newPolls(in election.PlanInput) polls {
	p, barred := polls{in: in}, in.Resting()
	for _, seat := range in.Serving {
		weight := seat.Weight
		if i, found := slices.BinarySearchFunc(in.Candidates, seat.Operator, compareOperator); found {
			barred[i] = true
			weight = in.Candidates[i].Weight
		}
		p.excluded += weight
	}
	for _, demand := range in.Demands {
		eligible, count := make([]bool, len(in.Candidates)), 0
		for i, candidate := range in.Candidates {
			if eligible[i] = !barred[i] && candidate.Weight > 0 && slices.Contains(candidate.Chains, demand.Chain); eligible[i] {
				count++
			}
		}
		p.eligible, p.counts = append(p.eligible, eligible), append(p.counts, count)
	}
	return p
}

func compareOperator(candidate election.Candidate, operator []byte) int {
	return slices.Compare(candidate.Operator, operator)
}

// exact says for which demands the closed form holds: nothing cuts any drawing short, whatever the seed, and each earlier contract
// has the same eligible candidates or none of them.
func (p polls) exact() []bool {
	exact := make([]bool, len(p.in.Demands))
	if p.mayFallShort() || p.guardMayEnd() {
		return exact
	}
	for i := range exact {
		exact[i] = true
		for earlier := range i {
			exact[i] = exact[i] && (p.same(earlier, i) || !p.overlap(earlier, i))
		}
	}
	return exact
}

func (p polls) same(a, b int) bool { return slices.Equal(p.eligible[a], p.eligible[b]) }

func (p polls) overlap(a, b int) bool {
	for i, eligible := range p.eligible[a] {
		if eligible && p.eligible[b][i] {
			return true
		}
	}
	return false
}

// mayFallShort says whether earlier contracts can leave one with too few candidates.
func (p polls) mayFallShort() bool {
	for i, demand := range p.in.Demands {
		wanted := int(demand.Size)
		for earlier := range i {
			if p.overlap(earlier, i) {
				wanted += int(p.in.Demands[earlier].Size)
			}
		}
		if wanted > p.counts[i] {
			return true
		}
	}
	return false
}

// guardMayEnd says whether the guard could end a drawing: it can't where it would let the heaviest candidates go, as many as there
// are seats, and the heaviest of all were left.
func (p polls) guardMayEnd() bool {
	seats := 0
	for _, demand := range p.in.Demands {
		seats += int(demand.Size)
	}
	weights, heaviest := make([]uint64, len(p.in.Candidates)), uint64(0)
	for i, candidate := range p.in.Candidates {
		weights[i] = candidate.Weight
		heaviest = max(heaviest, candidate.Weight)
	}
	excluded := p.excluded + election.HeaviestWeight(weights, seats)
	return !p.in.Guard.Admits(excluded, uint32(len(p.in.Serving)+seats), heaviest)
}

// chances of a demand for which the closed form holds: those of all seats so far for the same candidates, less those of the seats
// before.
func (p polls) chances(demand int) []float64 {
	before := 0
	for earlier := range demand {
		if p.same(earlier, demand) {
			before += int(p.in.Demands[earlier].Size)
		}
	}
	weights := make([]float64, len(p.in.Candidates))
	for i, candidate := range p.in.Candidates {
		if p.eligible[demand][i] {
			weights[i] = float64(candidate.Weight)
		}
	}
	chances := Inclusion(weights, before+int(p.in.Demands[demand].Size))
	if before == 0 {
		return chances
	}
	for i, chance := range Inclusion(weights, before) {
		chances[i] = max(0, chances[i]-chance)
	}
	return chances
}

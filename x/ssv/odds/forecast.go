package odds

import (
	"context"
	"fmt"
	"math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// Forecast is what an election may give, before its seed is known.
type Forecast struct {
	// Candidates are in the order of the input's.
	Candidates []Chances
	// Contracts are in the order of the input's demands.
	Contracts []Contract
}

// Chances of one candidate to be elected a member.
type Chances struct {
	// Share of the pool's weight, resting candidates included.
	Share float64
	// Resting is true where the candidate rests in this election, after rest was bent as far as the pool needs it.
	Resting bool
	// ByContract has one chance for each demand, with its standard error: 0 where the contract's method is exact.
	ByContract []Estimate
	// AnySeat is the sum of ByContract: an operator serves one contract at most.
	AnySeat Estimate
}

// Estimate is a chance from 0 to 1 and its standard error.
type Estimate struct{ Chance, StdErr float64 }

// Method by which a contract's chances were found.
type Method uint8

// ClosedForm is exact to 10^-9; Simulation counts over elections with random seeds.
const (
	ClosedForm Method = iota + 1
	Simulation
)

func (m Method) String() string {
	if m == ClosedForm {
		return "closed form"
	}
	return "simulation"
}

// Contract says how sure its chances are and what its election gives.
type Contract struct {
	ID     uint64
	Method Method
	// Full is the chance that every seat is drawn. Where it is not, the committee shrinks or its incumbents stay (protocol §5).
	Full Estimate
	// Safety of the full committee against coalitions.
	Safety []Safety
}

// ForElection returns every candidate's chances in an election, whose seed it ignores. A contract's chances are exact where its
// eligible candidates are those of each earlier contract, or none of them, and nothing can cut the drawing short; else
// they are counted over the given number of elections by election.Plan, with seeds that depend on nothing, so that two calls
// agree. It refuses an input that election.Plan refuses, and less than one sample, and stops with the context's error when that ends.
// A simulated election costs as much as one that the chain holds: 0.15 ms for 10,000 candidates.
func ForElection(ctx context.Context, in election.PlanInput, samples int) (Forecast, error) {
	if samples < 1 {
		return Forecast{}, fmt.Errorf("%d samples, want at least 1", samples)
	}
	if _, err := election.Plan(in); err != nil {
		return Forecast{}, err
	}
	f, err := newForecast(in)
	if err != nil {
		return f, err
	}
	p := newPolls(in)
	exact := p.exact()
	simulated := &simulation{}
	for _, known := range exact {
		if !known {
			if simulated, err = simulate(ctx, in, samples, exact); err != nil {
				return f, err
			}
			break
		}
	}
	for i := range in.Demands {
		if exact[i] {
			f.setExact(i, p.chances(i))
		} else {
			f.setSimulated(i, simulated)
		}
	}
	f.addUp(simulated)
	return f, nil
}

func newForecast(in election.PlanInput) (Forecast, error) {
	f := Forecast{Candidates: make([]Chances, len(in.Candidates)), Contracts: make([]Contract, len(in.Demands))}
	total := 0.0
	for _, candidate := range in.Candidates {
		total += float64(candidate.Weight)
	}
	for i, resting := range in.Resting() {
		share := 0.0
		if total > 0 {
			share = float64(in.Candidates[i].Weight) / total
		}
		f.Candidates[i] = Chances{Share: share, Resting: resting, ByContract: make([]Estimate, len(in.Demands))}
	}
	for i, demand := range in.Demands {
		safety, err := Safeties(demand.Size, demand.Threshold)
		if err != nil {
			return f, fmt.Errorf("contract %d: %w", demand.ID, err)
		}
		f.Contracts[i] = Contract{ID: demand.ID, Safety: safety}
	}
	return f, nil
}

func (f Forecast) setExact(demand int, chances []float64) {
	f.Contracts[demand].Method, f.Contracts[demand].Full = ClosedForm, Estimate{Chance: 1}
	for i, chance := range chances {
		f.Candidates[i].ByContract[demand] = Estimate{Chance: chance}
	}
}

func (f Forecast) setSimulated(demand int, s *simulation) {
	f.Contracts[demand].Method, f.Contracts[demand].Full = Simulation, s.estimate(s.full[demand])
	for i := range f.Candidates {
		f.Candidates[i].ByContract[demand] = s.estimate(s.seats[demand][i])
	}
}

// addUp sets every candidate's chance of any seat. Only the simulated part errs.
func (f Forecast) addUp(s *simulation) {
	for i := range f.Candidates {
		candidate, counted := &f.Candidates[i], 0
		for demand, estimate := range candidate.ByContract {
			candidate.AnySeat.Chance += estimate.Chance
			if f.Contracts[demand].Method == Simulation {
				counted += s.seats[demand][i]
			}
		}
		candidate.AnySeat.Chance = min(candidate.AnySeat.Chance, 1)
		if counted > 0 {
			candidate.AnySeat.StdErr = s.estimate(counted).StdErr
		}
	}
}

// estimate of a chance from how often it came about: p ± √(p(1−p)/samples), p moved inward by half a count, so that what never
// happened is not called certain.
func (s *simulation) estimate(count int) Estimate {
	samples := float64(s.samples)
	p := min(max(float64(count), 0.5), samples-0.5) / samples
	return Estimate{Chance: float64(count) / samples, StdErr: math.Sqrt(p * (1 - p) / samples)}
}

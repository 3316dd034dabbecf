package odds_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

// randomElection has one to four contracts on up to three chains, candidates who serve some of them, some of whom rest, and a guard
// that lets everybody go in half of all cases.
func randomElection(r *rand.Rand) election.PlanInput {
	chains := []string{"cosmos", "ethereum", "bitcoin"}
	candidates := make([]election.Candidate, 5+r.IntN(20))
	split := r.IntN(3) // nobody, everybody or somebody serves more than one chain
	for i := range candidates {
		served := []string{chains[r.IntN(3)]}
		if split == 1 || split == 2 && r.IntN(2) == 0 {
			served = chains
		}
		candidates[i] = election.Candidate{
			Operator: binary.BigEndian.AppendUint64(nil, uint64(i)), Weight: r.Uint64N(1000), Chains: served, Resting: r.IntN(5) == 0,
		}
	}
	demands := make([]election.Demand, 1+r.IntN(4))
	for i := range demands {
		d := demand(uint64(i+1), chains[r.IntN(3)], 1+r.Uint32N(4))
		d.MinSize = 1 + r.Uint32N(d.Size)
		demands[i] = d
	}
	in := planInput(candidates, demands...)
	in.MaxRestingShare = election.Ratio{Num: r.Uint64N(3), Den: 4}
	if r.IntN(2) == 0 {
		in.Guard.MaxExcluded = election.Ratio{Num: 1 + r.Uint64N(3), Den: 4}
		in.Guard.MaxProducerShare = election.Ratio{Num: 1, Den: 1 + r.Uint64N(3)}
	}
	return in
}

// seatsOf counts the members of real elections, by demand and candidate.
func seatsOf(t *testing.T, in election.PlanInput, elections int) [][]int {
	t.Helper()
	seats := make([][]int, len(in.Demands))
	for i := range seats {
		seats[i] = make([]int, len(in.Candidates))
	}
	for n := range elections {
		in.Seed = odds.Seed("model", uint64(n))
		planned, err := election.Plan(in)
		require.NoError(t, err)
		for i, plan := range planned {
			for _, index := range plan.Members {
				seats[i][index]++
			}
		}
	}
	return seats
}

func TestForecastsAgreeWithTheElectionsThatAreHeld(t *testing.T) {
	const cases, elections, samples = 150, 3000, 3000
	methods := map[odds.Method]int{}
	for i := range uint64(cases) {
		in := randomElection(rand.New(rand.NewPCG(7, i)))
		f := forecast(t, in, samples)
		seats := seatsOf(t, in, elections)
		for d, contract := range f.Contracts {
			methods[contract.Method]++
			for c, candidate := range f.Candidates {
				estimate := candidate.ByContract[d]
				held := float64(seats[d][c]) / elections
				spread := math.Sqrt(estimate.Chance*(1-estimate.Chance)/elections + estimate.StdErr*estimate.StdErr)
				// Five standard deviations, and as many single elections: rare events are not normal.
				require.InDelta(t, estimate.Chance, held, 5*spread+5.0/elections,
					"case %d, contract %d by %s, candidate %d of weight %d", i, contract.ID, contract.Method, c, in.Candidates[c].Weight)
			}
		}
	}
	require.Greater(t, methods[odds.ClosedForm], cases/4, "closed forms were asked: %v", methods)
	require.Greater(t, methods[odds.Simulation], cases/4, "simulations were asked: %v", methods)
}

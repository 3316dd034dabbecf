package odds_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

func pool(weights ...uint64) []election.Candidate {
	candidates := make([]election.Candidate, len(weights))
	for i, weight := range weights {
		candidates[i] = election.Candidate{Operator: []byte{byte(i + 1)}, Weight: weight, Chains: []string{"cosmos"}}
	}
	return candidates
}

func planInput(candidates []election.Candidate, demands ...election.Demand) election.PlanInput {
	in := election.PlanInput{
		ChainID: "stafi-1", Era: 2, Seed: []byte("not read"), Candidates: candidates, Demands: demands,
		Guard:           election.Guard{MaxExcluded: election.Ratio{Num: 1, Den: 1}},
		MaxRestingShare: election.Ratio{Num: 1, Den: 1}, MinThresholdRatio: sdkmath.LegacyMustNewDecFromStr("0.7"),
	}
	for _, candidate := range candidates {
		in.Guard.BondedPower += candidate.Weight
	}
	return in
}

func demand(id uint64, chain string, size uint32) election.Demand {
	return election.Demand{ID: id, Chain: chain, Size: size, Threshold: size, MinSize: size}
}

func forecast(t *testing.T, in election.PlanInput, samples int) odds.Forecast {
	t.Helper()
	f, err := odds.ForElection(t.Context(), in, samples)
	require.NoError(t, err)
	return f
}

func TestTwoContractsOfOneChainAreExact(t *testing.T) {
	f := forecast(t, planInput(pool(1, 2, 3, 5, 13), demand(1, "cosmos", 1), demand(2, "cosmos", 2)), 1)
	first := enumerated([]float64{1, 2, 3, 5, 13}, 1)
	both := enumerated([]float64{1, 2, 3, 5, 13}, 3)
	for i, candidate := range f.Candidates {
		require.InDelta(t, first[i], candidate.ByContract[0].Chance, 1e-10)
		require.InDelta(t, both[i]-first[i], candidate.ByContract[1].Chance, 1e-10)
		require.InDelta(t, both[i], candidate.AnySeat.Chance, 1e-10)
		require.Zero(t, candidate.AnySeat.StdErr)
	}
	require.Equal(t, odds.ClosedForm, f.Contracts[1].Method)
	require.Equal(t, odds.Estimate{Chance: 1}, f.Contracts[1].Full)
	require.Equal(t, 1.0/24, f.Candidates[0].Share)
}

func TestContractsOfChainsThatNobodyServesBothAreExact(t *testing.T) {
	candidates := pool(1, 2, 3, 4, 5, 6)
	for i := 3; i < 6; i++ {
		candidates[i].Chains = []string{"ethereum"}
	}
	f := forecast(t, planInput(candidates, demand(1, "cosmos", 2), demand(2, "ethereum", 1)), 1)
	require.Equal(t, odds.ClosedForm, f.Contracts[0].Method)
	require.Equal(t, odds.ClosedForm, f.Contracts[1].Method)
	require.Zero(t, f.Candidates[3].ByContract[0].Chance)
	require.InDelta(t, 4.0/15, f.Candidates[3].ByContract[1].Chance, 1e-10)
}

// firstThenSecond enumerates two contracts of one seat, the second for those alone who serve its chain.
func firstThenSecond(weights []float64, second []bool) []float64 {
	chances, total := make([]float64, len(weights)), sum(weights)
	for i, weight := range weights {
		left := 0.0
		for j, serves := range second {
			if serves && j != i {
				left += weights[j]
			}
		}
		for j, serves := range second {
			if serves && j != i {
				chances[j] += weight / total * weights[j] / left
			}
		}
	}
	return chances
}

func TestAContractWithSomeOfAnEarlierOnesCandidatesIsSimulatedWithinItsError(t *testing.T) {
	candidates := pool(10, 20, 30, 40, 50)
	for i := 2; i < 5; i++ {
		candidates[i].Chains = []string{"cosmos", "ethereum"}
	}
	f := forecast(t, planInput(candidates, demand(1, "cosmos", 1), demand(2, "ethereum", 1)), 20_000)
	require.Equal(t, odds.ClosedForm, f.Contracts[0].Method, "nothing was drawn before the first")
	require.Equal(t, odds.Simulation, f.Contracts[1].Method)
	want := firstThenSecond([]float64{10, 20, 30, 40, 50}, []bool{false, false, true, true, true})
	for i, candidate := range f.Candidates {
		require.InDelta(t, (float64(i)+1)/15, candidate.ByContract[0].Chance, 1e-10)
		estimate := candidate.ByContract[1]
		require.InDelta(t, want[i], estimate.Chance, 4*estimate.StdErr+1e-12, "candidate %d", i)
		require.InDelta(t, candidate.ByContract[0].Chance+estimate.Chance, candidate.AnySeat.Chance, 1e-12)
		require.Less(t, estimate.StdErr, 0.004)
	}
	require.Greater(t, f.Candidates[4].AnySeat.StdErr, 0.003)
	require.Equal(t, 1.0, f.Contracts[1].Full.Chance)
	require.Positive(t, f.Contracts[1].Full.StdErr, "20,000 elections do not make it certain")
}

func TestTwoForecastsAgreeWhateverTheSeed(t *testing.T) {
	candidates := pool(10, 20, 30, 40)
	candidates[0].Chains = []string{"cosmos", "ethereum"}
	candidates[1].Chains = []string{"ethereum"}
	in := planInput(candidates, demand(1, "cosmos", 1), demand(2, "ethereum", 1))
	first := forecast(t, in, 100)
	in.Seed = []byte("another")
	require.Equal(t, first, forecast(t, in, 100))
}

func TestWhoRestsHasNoChanceUnlessRestBends(t *testing.T) {
	candidates := pool(10, 20, 30, 40)
	candidates[3].Resting = true
	in := planInput(candidates, demand(1, "cosmos", 2))
	f := forecast(t, in, 1)
	require.True(t, f.Candidates[3].Resting)
	require.Zero(t, f.Candidates[3].AnySeat.Chance)
	require.InDelta(t, 2, f.Candidates[0].AnySeat.Chance+f.Candidates[1].AnySeat.Chance+f.Candidates[2].AnySeat.Chance, 1e-10)
	in.MaxRestingShare = election.Ratio{Num: 1, Den: 4}
	f = forecast(t, in, 1)
	require.False(t, f.Candidates[3].Resting)
	require.InDelta(t, enumerated([]float64{10, 20, 30, 40}, 2)[3], f.Candidates[3].AnySeat.Chance, 1e-10)
}

func TestWhoServesWithoutAnElectionHasNoChance(t *testing.T) {
	in := planInput(pool(10, 20, 30), demand(1, "cosmos", 1))
	in.Serving = []election.Seat{{Operator: []byte{3}, Weight: 30}}
	f := forecast(t, in, 1)
	require.Zero(t, f.Candidates[2].AnySeat.Chance)
	require.InDelta(t, 2.0/3, f.Candidates[1].AnySeat.Chance, 1e-10)
}

func TestAnElectionThatTheGuardMayEndIsSimulated(t *testing.T) {
	in := planInput(pool(10, 10, 10, 70), demand(1, "cosmos", 2))
	in.Guard.MaxExcluded = election.Ratio{Num: 1, Den: 2}
	f := forecast(t, in, 10_000)
	require.Equal(t, odds.Simulation, f.Contracts[0].Method)
	// Both draws must avoid the one of 70: 30/100, then 20/90.
	full := f.Contracts[0].Full
	require.InDelta(t, 0.3*2/9, full.Chance, 4*full.StdErr)
	require.Zero(t, f.Candidates[3].AnySeat.Chance, "who is drawn and not admitted ends the drawing")
	require.InDelta(t, full.Chance*2/3, f.Candidates[0].AnySeat.Chance, 4*f.Candidates[0].AnySeat.StdErr)
}

func TestAnElectionWithTooFewCandidatesIsSimulated(t *testing.T) {
	d := demand(1, "cosmos", 4)
	d.MinSize = 3
	f := forecast(t, planInput(pool(1, 2, 3), d), 50)
	require.Equal(t, odds.Simulation, f.Contracts[0].Method)
	require.Zero(t, f.Contracts[0].Full.Chance)
	require.Equal(t, 1.0, f.Candidates[0].AnySeat.Chance, "it shrinks to the three there are")
}

func TestInputsThatNoElectionTakesAreRefused(t *testing.T) {
	good := planInput(pool(1, 2), demand(1, "cosmos", 1))
	for name, c := range map[string]struct {
		change  func(*election.PlanInput)
		samples int
		want    string
	}{
		"no samples":              {func(*election.PlanInput) {}, 0, "0 samples, want at least 1"},
		"candidates out of order": {func(in *election.PlanInput) { in.Candidates = append(in.Candidates, in.Candidates[0]) }, 1, "ascending operators"},
		"a threshold of nothing":  {func(in *election.PlanInput) { in.Demands[0].Threshold = 0 }, 1, "contract 1: threshold 0 of size 1"},
	} {
		t.Run(name, func(t *testing.T) {
			in := good
			in.Demands = append([]election.Demand(nil), good.Demands...)
			c.change(&in)
			_, err := odds.ForElection(t.Context(), in, c.samples)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAnEmptyPoolHasAnEmptyForecast(t *testing.T) {
	f := forecast(t, planInput(nil, demand(1, "cosmos", 3)), 2)
	require.Empty(t, f.Candidates)
	require.Zero(t, f.Contracts[0].Full.Chance)
	require.False(t, math.IsNaN(f.Contracts[0].Full.StdErr))
}

func TestASimulationStopsWhenNobodyWaitsForIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := demand(1, "cosmos", 4)
	d.MinSize = 3
	_, err := odds.ForElection(ctx, planInput(pool(1, 2, 3), d), 1_000_000_000)
	require.ErrorIs(t, err, context.Canceled)
}

package election_test

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

// The chances of the real code, from seeds 0, 1, 2, …: the same in every run, so that none fails by bad luck.

const elections = 1_000_000

// maxZ is what none of a hundred standard normal scores exceeds in 99.9 % of experiments.
const maxZ = 4.4

// weighed returns an election of one contract among candidates with these weights, whom no guard keeps.
func weighed(size uint32, weights ...uint64) election.Input {
	in := election.Input{
		ChainID: "stafi-chance-1", Era: 1, Contracts: []election.Contract{{ID: 1, Size: size, Chain: "cosmos"}},
		Guard: election.Guard{MaxExcluded: election.Ratio{Num: 1, Den: 1}},
	}
	chains := []string{"cosmos"}
	for i, weight := range weights {
		in.Guard.BondedPower += weight
		in.Candidates = append(in.Candidates, election.Candidate{
			Operator: binary.BigEndian.AppendUint64(nil, uint64(i)), Weight: weight, Chains: chains,
		})
	}
	return in
}

// hold holds count elections with seeds of their own, on every core, and adds up what tally counts of each.
func hold(in election.Input, count, kinds int, elect func(election.Input) []int, tally func(drawn []int, counts []int)) []int {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	parts := make([][]int, workers)
	for worker := range workers {
		parts[worker] = make([]int, kinds)
		wait.Go(func() {
			in := in
			for n := worker; n < count; n += workers {
				in.Seed = binary.BigEndian.AppendUint64(nil, uint64(n))
				tally(elect(in), parts[worker])
			}
		})
	}
	wait.Wait()
	for _, part := range parts[1:] {
		for kind, seen := range part {
			parts[0][kind] += seen
		}
	}
	return parts[0]
}

func members(in election.Input) []int { return election.Elect(in).Contracts[0].Members }

// greatestZ is the greatest deviation of how often each was drawn from its chance by the closed form, in standard deviations.
func greatestZ(in election.Input, count int, elect func(election.Input) []int) float64 {
	seen := hold(in, count, len(in.Candidates), elect, func(drawn []int, counts []int) {
		for _, index := range drawn {
			counts[index]++
		}
	})
	weights := make([]float64, len(in.Candidates))
	for i, candidate := range in.Candidates {
		weights[i] = float64(candidate.Weight)
	}
	greatest := 0.0
	for i, chance := range odds.Inclusion(weights, int(in.Contracts[0].Size)) {
		deviation := float64(seen[i]) - float64(count)*chance
		greatest = max(greatest, math.Abs(deviation)/math.Sqrt(float64(count)*chance*(1-chance)))
	}
	return greatest
}

func zipfWeights(count int) []uint64 {
	weights := make([]uint64, count)
	for i := range weights {
		weights[i] = 100_000_000 / uint64(i+10)
	}
	return weights
}

func TestAMillionElectionsGiveEveryCandidateTheChanceOfTheClosedForm(t *testing.T) {
	z := greatestZ(weighed(21, zipfWeights(100)...), elections, members)
	t.Logf("greatest |z| of 100: %.2f", z)
	require.Less(t, z, maxZ)
}

func TestADrawByModuloFailsTheSameTest(t *testing.T) {
	z := greatestZ(weighed(21, zipfWeights(100)...), elections/10, election.ElectByModulo)
	t.Logf("greatest |z| of 100: %.0f", z)
	require.Greater(t, z, 10*maxZ, "the test must see a biased draw")
}

func TestEveryOrderedOutcomeOfAMillionElectionsHasItsChance(t *testing.T) {
	weights := []uint64{1, 2, 3, 5, 13}
	const base = 5
	counts := hold(weighed(3, weights...), elections, base*base*base, members, func(drawn []int, counts []int) {
		counts[(drawn[0]*base+drawn[1])*base+drawn[2]]++
	})
	chi, outcomes := 0.0, 0
	for code, seen := range counts {
		chance := orderedChance(weights, code/base/base, code/base%base, code%base)
		if chance == 0 {
			require.Zero(t, seen, "nobody is drawn twice")
			continue
		}
		outcomes++
		expected := elections * chance
		chi += (float64(seen) - expected) * (float64(seen) - expected) / expected
	}
	require.Equal(t, 60, outcomes)
	t.Logf("chi squared of 60 outcomes: %.1f", chi)
	require.Less(t, chi, 98.32, "the 99.9 % point of 59 degrees of freedom")
}

func orderedChance(weights []uint64, a, b, c int) float64 {
	if a == b || b == c || a == c {
		return 0
	}
	total := uint64(0)
	for _, weight := range weights {
		total += weight
	}
	return float64(weights[a]) / float64(total) *
		float64(weights[b]) / float64(total-weights[a]) *
		float64(weights[c]) / float64(total-weights[a]-weights[b])
}

// Twenty honest candidates of 95 % of the stake and a coalition with 5 % in a hundred identities; at most a quarter may be
// excluded, which five of the twenty reach.
func coalitionInManyIdentities() (election.Input, func(drawn []int) int) {
	weights := slices.Repeat([]uint64{47_500}, 20)
	weights = append(weights, slices.Repeat([]uint64{500}, 100)...)
	in := weighed(21, weights...)
	in.Guard.MaxExcluded = election.Ratio{Num: 1, Den: 4}
	return in, func(drawn []int) int {
		seats := 0
		for _, index := range drawn {
			if index >= 20 {
				seats++
			}
		}
		return seats
	}
}

func TestAGuardThatSkippedWouldGiveTheCommitteeToWhoSplitItsStake(t *testing.T) {
	in, coalition := coalitionInManyIdentities()
	const eras, threshold = 2000, 15
	captured := hold(in, eras, 1, election.ElectSkipping, func(drawn []int, counts []int) {
		if coalition(drawn) >= threshold {
			counts[0]++
		}
	})
	require.Equal(t, eras, captured[0], "5 % of the stake sign alone in every era")
}

func TestTheGuardEndsTheDrawingSoThatSplitStakeWinsNothing(t *testing.T) {
	in, coalition := coalitionInManyIdentities()
	const eras = 2000
	seats := hold(in, eras, 22, members, func(drawn []int, counts []int) { counts[coalition(drawn)]++ })
	largest := 0
	for count, seen := range seats {
		if seen > 0 {
			largest = count
		}
	}
	t.Logf("seats of the coalition in %d eras: %v", eras, seats[:largest+1])
	require.LessOrEqual(t, largest, 5, "far from 15")
	ended := hold(in, eras, 1, func(in election.Input) []int {
		if election.Elect(in).GuardEnded {
			return []int{0}
		}
		return nil
	}, func(drawn []int, counts []int) { counts[0] += len(drawn) })
	require.Equal(t, eras, ended[0], "every era falls short: its incumbents stay")
}

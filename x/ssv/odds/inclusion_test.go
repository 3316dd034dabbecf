package odds_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

// ordered calls visit with every ordered outcome of drawing seats without replacement, and its chance.
func ordered(weights []float64, seats int, visit func(drawn []int, chance float64)) {
	taken := make([]bool, len(weights))
	var draw func(drawn []int, chance float64)
	draw = func(drawn []int, chance float64) {
		if len(drawn) == seats {
			visit(drawn, chance)
			return
		}
		left := 0.0
		for i, weight := range weights {
			if !taken[i] {
				left += weight
			}
		}
		for i, weight := range weights {
			if !taken[i] && weight > 0 {
				taken[i] = true
				draw(append(drawn, i), chance*weight/left)
				taken[i] = false
			}
		}
	}
	draw(nil, 1)
}

func enumerated(weights []float64, seats int) []float64 {
	chances := make([]float64, len(weights))
	ordered(weights, seats, func(drawn []int, chance float64) {
		for _, i := range drawn {
			chances[i] += chance
		}
	})
	return chances
}

// zipf falls as 1/(rank + 9), as the stake of large proof-of-stake networks does.
func zipf(count int) []float64 {
	weights := make([]float64, count)
	for i := range weights {
		weights[i] = 1 / float64(i+10)
	}
	return weights
}

func sum(values []float64) float64 {
	total := 0.0
	for _, value := range values {
		total += value
	}
	return total
}

func TestTheClosedFormIsWhatEnumeratingEveryOutcomeGives(t *testing.T) {
	for name, weights := range map[string][]float64{
		"five":                     {1, 2, 3, 5, 13},
		"equal":                    {7, 7, 7, 7, 7, 7},
		"one holds nearly all":     {1, 1, 1, 1e12, 2, 3},
		"two hold nearly all":      {1e9, 1e9, 1, 1, 2},
		"every scale":              {1, 1e3, 1e6, 1e9, 1e12, 1e15},
		"equal ones among unequal": {5, 1, 5, 1, 5, 20, 1},
		"some without weight":      {0, 4, 0, 1, 9, 2},
	} {
		positive := 0
		for _, weight := range weights {
			if weight > 0 {
				positive++
			}
		}
		for seats := 1; seats <= positive; seats++ {
			t.Run(fmt.Sprintf("%s, %d seats", name, seats), func(t *testing.T) {
				require.InDeltaSlice(t, enumerated(weights, seats), odds.Inclusion(weights, seats), 1e-10)
			})
		}
	}
}

func TestTheClosedFormIsWhatEnumeratingGivesForAnyWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(1, 1e6), 1, 7).Draw(t, "weights")
		seats := rapid.IntRange(1, len(weights)).Draw(t, "seats")
		want, got := enumerated(weights, seats), odds.Inclusion(weights, seats)
		for i := range want {
			if math.Abs(want[i]-got[i]) > 1e-10 {
				t.Fatalf("weight %g of %v has chance %.15f, want %.15f", weights[i], weights, got[i], want[i])
			}
		}
	})
}

func TestTheChancesAddUpToTheSeats(t *testing.T) {
	for _, c := range []struct{ candidates, seats int }{
		{2, 1}, {22, 21}, {100, 1}, {100, 21}, {100, 99}, {300, 250}, {10_000, 21}, {10_000, 200},
	} {
		for name, weights := range map[string][]float64{
			"Zipf":              zipf(c.candidates),
			"three magnitudes":  geometric(c.candidates, 1e3),
			"twelve magnitudes": geometric(c.candidates, 1e12),
		} {
			t.Run(fmt.Sprintf("%d seats for %d, %s", c.seats, c.candidates, name), func(t *testing.T) {
				chances := odds.Inclusion(weights, c.seats)
				require.InDelta(t, float64(c.seats), sum(chances), 1e-9)
				for i := 1; i < len(chances); i++ {
					require.GreaterOrEqual(t, chances[i-1], chances[i]-1e-12, "more weight is no worse: %d", i)
				}
			})
		}
	}
}

// geometric falls from ratio to 1.
func geometric(count int, ratio float64) []float64 {
	weights := make([]float64, count)
	for i := range weights {
		weights[i] = math.Pow(ratio, 1-float64(i)/float64(max(1, count-1)))
	}
	return weights
}

func TestAHundredZipfCandidatesForTwentyOneSeats(t *testing.T) {
	weights := zipf(100)
	total, chances := sum(weights), odds.Inclusion(weights, 21)
	require.InDelta(t, 0.0409, weights[0]/total, 5e-5)
	require.InDelta(t, 0.859, 21*weights[0]/total, 5e-4, "seats in proportion to stake would be this")
	require.InDelta(t, 0.6463, chances[0], 5e-5)
	require.InDelta(t, 0.0788, 21*weights[99]/total, 5e-5)
	require.InDelta(t, 0.0902, chances[99], 5e-5)
}

func TestTrivialInclusions(t *testing.T) {
	require.Empty(t, odds.Inclusion(nil, 3))
	require.Equal(t, []float64{0, 0}, odds.Inclusion([]float64{1, 2}, 0))
	require.Equal(t, []float64{1, 0, 1}, odds.Inclusion([]float64{1, 0, 2}, 2))
	require.Equal(t, []float64{1, 1}, odds.Inclusion([]float64{1, 2}, 21))
	require.InDeltaSlice(t, []float64{0.25, 0.75}, odds.Inclusion([]float64{1, 3}, 1), 1e-12)
}

func BenchmarkInclusion(b *testing.B) {
	for _, c := range []struct{ candidates, seats int }{{100, 21}, {1000, 21}, {10_000, 21}, {10_000, 72}, {10_000, 200}} {
		weights := zipf(c.candidates)
		b.Run(fmt.Sprintf("%d of %d", c.seats, c.candidates), func(b *testing.B) {
			for b.Loop() {
				odds.Inclusion(weights, c.seats)
			}
		})
	}
}

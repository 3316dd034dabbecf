package election_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

const coalitionIdentities = 100

// A coalition with a quarter of the stake in a hundred identities, the first, against thirty others.
func splitCoalition(rest election.Ratio, minPoolFactor uint64) election.PlanInput {
	honest, total := make([]uint64, 30), uint64(0)
	for i := range honest {
		honest[i] = 100_000_000 / uint64(i+3)
		total += honest[i]
	}
	weights := make([]uint64, coalitionIdentities, coalitionIdentities+len(honest))
	for i := range weights {
		weights[i] = total / 3 / coalitionIdentities
	}
	base := weighed(21, append(weights, honest...)...)
	in := planInput(base.Candidates, demand(1, 21, 15, 21))
	in.MaxRestingShare, in.MinPoolFactor = rest, minPoolFactor
	return in
}

// captured returns the share of eras in which the coalition gets threshold seats, each era's members resting in the next where they
// rest at all.
func captured(t *testing.T, in election.PlanInput, rests bool, eras, threshold int) float64 {
	t.Helper()
	count := 0
	for era := range eras {
		in.Era, in.Seed = uint64(era), odds.Seed("rest", uint64(era))
		planned, err := election.Plan(in)
		require.NoError(t, err)
		require.Equal(t, election.Full, planned[0].Outcome)
		seats := 0
		for i := range in.Candidates {
			in.Candidates[i].Resting = false
		}
		for _, index := range planned[0].Members {
			in.Candidates[index].Resting = rests
			if index < coalitionIdentities {
				seats++
			}
		}
		if seats >= threshold {
			count++
		}
	}
	return float64(count) / float64(eras)
}

func TestRestThatBendsKeepsASplitCoalitionFromWhatAHardRestGivesIt(t *testing.T) {
	const eras = 20_000
	all, quarter, tenth := election.Ratio{Num: 1, Den: 1}, election.Ratio{Num: 1, Den: 4}, election.Ratio{Num: 1, Den: 10}
	for _, c := range []struct {
		name  string
		share election.Ratio
		pool  uint64
		rests bool
		want  float64 // of the eras, 12 of 21 seats or more
	}{
		{"no rest", all, 0, false, 0.0095},
		{"hard rest: everybody rests, whatever that leaves", all, 0, true, 0.214},
		{"a quarter of the stake may rest, and 5 times the seats take part", quarter, 5, true, 0.087},
		{"a tenth of the stake may rest", tenth, 5, true, 0.0165},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := captured(t, splitCoalition(c.share, c.pool), c.rests, eras, 12)
			t.Logf("a quarter of the stake in 100 identities takes 12 of 21 seats in %.2f %% of eras", 100*got)
			require.InEpsilon(t, c.want, got, 0.25)
		})
	}
}

package election_test

import (
	"testing"

	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/odds"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

const coalitionIdentities = 100

// wholePool is how much may rest where nothing bends.
var wholePool = election.Ratio{Num: 1, Den: 1}

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
	quarter, tenth := election.Ratio{Num: 1, Den: 4}, election.Ratio{Num: 1, Den: 10}
	for _, c := range []struct {
		name  string
		share election.Ratio
		pool  uint64
		rests bool
		want  float64 // of the eras, 12 of 21 seats or more
	}{
		{"no rest", wholePool, 0, false, 0.0095},
		{"hard rest: everybody rests, whatever that leaves", wholePool, 0, true, 0.214},
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

func TestByDefaultRestGivesASplitCoalitionLittle(t *testing.T) {
	const eras, threshold = 20_000, 12
	params := types.DefaultParams()
	share := election.Ratio{Num: params.MaxRestingShare.BigInt().Uint64(), Den: math.LegacyOneDec().BigInt().Uint64()}
	none := captured(t, splitCoalition(wholePool, 0), false, eras, threshold)
	ours := captured(t, splitCoalition(share, params.MinPoolFactor), true, eras, threshold)
	hard := captured(t, splitCoalition(wholePool, 0), true, eras, threshold)
	t.Logf("12 of 21 seats in %.2f %% of eras without rest, %.2f %% with max_resting_share %s, %.2f %% with a hard rest",
		100*none, 100*ours, params.MaxRestingShare, 100*hard)
	require.Less(t, ours, hard/10, "far below a hard rest's")
	require.Less(t, ours, 2.5*none, "near what it has where nobody rests")
}

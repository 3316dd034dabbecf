package odds_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/odds"
)

func TestTheLeastSizesOfTheStudy(t *testing.T) {
	want := [][]uint32{{21, 27, 48}, {33, 45, 75}}
	for i, limit := range odds.Limits() {
		for j, coalition := range odds.Coalitions() {
			t.Run(fmt.Sprintf("%s at %d/%d", limit, coalition.Num, coalition.Den), func(t *testing.T) {
				size, found := odds.LeastSize(odds.MoreThanTwoThirds, coalition, limit)
				require.True(t, found)
				require.Equal(t, want[i][j], size)
			})
		}
	}
}

func TestFifteenOfTwentyOneAgainstAThird(t *testing.T) {
	safeties, err := odds.Safeties(21, 15)
	require.NoError(t, err)
	require.Len(t, safeties, 3)
	fraction := func(i int) float64 { return safeties[i].Chance.MustFloat64() }
	require.InEpsilon(t, 5.13e-7, fraction(0), 0.02)
	require.InEpsilon(t, 1.02e-5, fraction(1), 0.01)
	require.InEpsilon(t, 4.0e-4, fraction(2), 0.02)
	for _, safety := range safeties {
		require.Len(t, safety.LeastSizes, 2)
		require.Less(t, safety.LeastSizes[0], safety.LeastSizes[1])
	}
}

func TestNoSizeIsEnoughForACoalitionThatHoldsTheThresholdAnyway(t *testing.T) {
	quarter := odds.Proportional(odds.Share{Num: 1, Den: 4})
	size, found := odds.LeastSize(quarter, odds.Share{Num: 1, Den: 3}, math.LegacyNewDecWithPrec(1, 6))
	require.False(t, found)
	require.Zero(t, size)
}

func TestAThresholdGrowsWithTheSizeRoundedUp(t *testing.T) {
	threshold := odds.Proportional(odds.Share{Num: 15, Den: 21})
	require.Equal(t, []uint32{1, 15, 16, 30}, []uint32{threshold(1), threshold(21), threshold(22), threshold(42)})
}

func TestAThresholdThatNoCommitteeHasIsRefused(t *testing.T) {
	for _, threshold := range []uint32{0, 22} {
		_, err := odds.Safeties(21, threshold)
		require.EqualError(t, err, fmt.Sprintf("threshold %d of size 21, want 1 to 21", threshold))
	}
}

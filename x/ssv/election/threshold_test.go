package election_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

func TestCaptureChancesAreThoseOfTheProtocol(t *testing.T) {
	for name, c := range map[string]struct {
		size, threshold uint32
		num, den        uint64
		least, most     string
	}{
		"12 of 21 at a quarter": {12 + 9, 12, 1, 4, "0.00165", "0.00175"},
		"12 of 21 at a third":   {21, 12, 1, 3, "0.0205", "0.0215"},
		"15 of 21 at a quarter": {21, 15, 1, 4, "0.0000095", "0.0000105"},
		"15 of 21 at a third":   {21, 15, 1, 3, "0.000395", "0.000405"},
		"5 of 7 at a quarter":   {7, 5, 1, 4, "0.0125", "0.0135"},
	} {
		t.Run(name, func(t *testing.T) {
			got := election.CaptureChance(c.size, c.threshold, c.num, c.den)
			require.True(t, got.GT(math.LegacyMustNewDecFromStr(c.least)) && got.LT(math.LegacyMustNewDecFromStr(c.most)), got)
		})
	}
}

func TestCaptureChancesAreExactAndTruncated(t *testing.T) {
	require.Equal(t, "0.050781250000000000", election.CaptureChance(4, 3, 1, 4).String(), "(4·3 + 1)/4^4")
	require.Equal(t, "0.333333333333333333", election.CaptureChance(1, 1, 1, 3).String())
	require.Equal(t, "0.666666666666666666", election.CaptureChance(1, 1, 2, 3).String())
	require.Equal(t, math.LegacyOneDec(), election.CaptureChance(4, 0, 1, 4))
	require.Equal(t, math.LegacyOneDec(), election.CaptureChance(4, 3, 4, 4))
	require.True(t, election.CaptureChance(4, 5, 1, 4).IsZero())
	require.True(t, election.CaptureChance(4, 3, 0, 4).IsZero())
}

func TestThresholdsShrinkWithTheCommitteeButNotBelowTheRatio(t *testing.T) {
	ratio := math.LegacyMustNewDecFromStr("0.7")
	require.Equal(t, uint32(3), election.MinThreshold(4, ratio))
	require.Equal(t, uint32(15), election.MinThreshold(21, ratio))
	require.Equal(t, uint32(7), election.MinThreshold(10, ratio))
	require.Equal(t, uint32(1), election.MinThreshold(0, ratio))
	require.Equal(t, uint32(13), election.ShrunkThreshold(15, 21, 18, ratio), "0.7 x 18 rounded up is above 15 - 3")
	require.Equal(t, uint32(18), election.ShrunkThreshold(20, 21, 19, ratio), "20 - 2 is above 0.7 x 19 rounded up")
	require.Equal(t, uint32(1), election.ShrunkThreshold(5, 7, 1, ratio))
}

func TestStandbysAreAThirdRoundedUpAndAtLeastTwo(t *testing.T) {
	for size, want := range map[uint32]uint32{1: 2, 4: 2, 6: 2, 7: 3, 9: 3, 21: 7, 22: 8} {
		require.Equal(t, want, election.Standbys(size), "of %d", size)
	}
}

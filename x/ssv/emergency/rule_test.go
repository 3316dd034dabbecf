package emergency_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/emergency"
)

func TestTheMarginIsATenthOfTheCommitteeAndNeverAllThatMayBeAbsent(t *testing.T) {
	for _, c := range []struct{ size, threshold, margin uint32 }{
		{4, 3, 0},
		{5, 4, 0},
		{6, 4, 1},
		{7, 5, 1},
		{10, 7, 1},
		{11, 8, 2},
		{20, 14, 2},
		{21, 15, 3},
		{21, 19, 1},
		{21, 20, 0},
		{21, 21, 0},
		{1, 1, 0},
		{3, 2, 0},
		{100, 70, 10},
		{101, 71, 11},
	} {
		require.Equal(t, c.margin, emergency.Margin(c.size, c.threshold), "%d of %d", c.threshold, c.size)
	}
}

func TestAVaultIsInDangerFromItsThresholdUpToTheMarginAndNeverWithAllSignatures(t *testing.T) {
	for _, c := range []struct {
		size, threshold, from, to uint32 // the signatures that endanger; from > to where none do
	}{
		{4, 3, 3, 3}, {7, 5, 5, 6}, {21, 15, 15, 18}, {21, 20, 20, 20}, {21, 21, 1, 0}, {3, 2, 2, 2}, {1, 1, 1, 0},
	} {
		for signatures := range c.size + 1 {
			want := c.from <= signatures && signatures <= c.to
			require.Equal(t, want, emergency.Endangered(signatures, c.size, c.threshold), "%d signatures, %d of %d", signatures, c.threshold, c.size)
		}
	}
}

func TestForEverySizeSomeoneMayBeAbsentWithoutDangerOrTheThresholdLeavesRoomForOneOnly(t *testing.T) {
	for size := uint32(1); size <= 200; size++ {
		for threshold := uint32(1); threshold <= size; threshold++ {
			require.False(t, emergency.Endangered(size, size, threshold), "nobody is absent")
			require.False(t, emergency.Endangered(threshold-1, size, threshold), "nobody can be installed")
			require.Equal(t, threshold < size, emergency.Endangered(threshold, size, threshold), "the most that the vault survives is absent")
			if size >= threshold+2 {
				require.Less(t, threshold+emergency.Margin(size, threshold), size, "with all signatures there is no one to replace")
			}
		}
	}
}

func TestOnlyAMemberThatMissedTwiceOrGivesNoSignOfLifeIsSilent(t *testing.T) {
	for _, c := range []struct {
		emergency.Attendance
		silent bool
	}{
		{emergency.Attendance{Signed: true, MissedBefore: true, Alive: false}, false},
		{emergency.Attendance{Signed: true, MissedBefore: false, Alive: true}, false},
		{emergency.Attendance{Signed: false, MissedBefore: false, Alive: true}, false},
		{emergency.Attendance{Signed: false, MissedBefore: true, Alive: true}, true},
		{emergency.Attendance{Signed: false, MissedBefore: false, Alive: false}, true},
		{emergency.Attendance{Signed: false, MissedBefore: true, Alive: false}, true},
	} {
		require.Equal(t, c.silent, c.Silent(), "%+v", c.Attendance)
	}
}

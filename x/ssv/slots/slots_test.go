package slots_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/slots"
)

func TestDealersAreTheHeaviestUntilTheyHoldNineTenths(t *testing.T) {
	for name, test := range map[string]struct {
		heaviest []uint64
		pool     uint64
		want     int
	}{
		"nine of ten equal ones":             {slices.Repeat([]uint64{10}, 10), 100, 9},
		"one that holds nine tenths":         {[]uint64{90, 5, 5}, 100, 1},
		"one short of nine tenths":           {[]uint64{89, 6, 5}, 100, 2},
		"all where they do not reach it":     {[]uint64{20, 20, 20}, 100, 3},
		"none":                               {nil, 100, 0},
		"weights whose tenfold overflows 64": {[]uint64{1 << 62, 1 << 58, 1 << 50}, 1<<62 + 1<<58 + 1<<50, 1},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, slots.Dealers(test.heaviest, test.pool))
		})
	}
}

func TestSlotsGoByLargestRemainderAndTiesByOrder(t *testing.T) {
	require.Equal(t, []int{4, 4, 4, 4}, slots.Allot([]uint64{7, 7, 7, 7}, 16))
	// Quotas of 16 slots: 8.84, 3.79, 1.68, 1.68: the floors leave three.
	require.Equal(t, []int{9, 4, 2, 1}, slots.Allot([]uint64{21, 9, 4, 4}, 16), "the first of two equal remainders")
	require.Equal(t, []int{16, 0, 0, 0}, slots.Allot([]uint64{1_000_000, 1, 1, 1}, 16), "a dealer may own none")
	require.Equal(t, []int{1, 1, 2, 12}, slots.Allot([]uint64{1 << 57, 1 << 57, 1 << 58, 3 << 59}, 16), "weights near 2^61")
}

func TestThresholdAndQuorumAreThoseOfTheProtocol(t *testing.T) {
	for count, want := range map[int][2]int{16: {6, 11}, 64: {22, 43}, 200: {67, 133}, 256: {86, 171}} {
		require.Equal(t, want, [2]int{slots.Threshold(count), slots.Quorum(count)}, "%d slots", count)
		require.Less(t, slots.Quorum(count)-slots.Threshold(count), slots.Threshold(count), "a third is no threshold")
	}
}

func TestEveryDealersSlotsAreItsQuotaRoundedDownOrUpAndAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint64Range(1, 1<<56), 4, 64).Draw(t, "weights")
		count := slots.Count(len(weights))
		var total uint64
		for _, weight := range weights {
			total += weight
		}
		sum := 0
		for i, got := range slots.Allot(weights, count) {
			quota := new(big.Int).Mul(new(big.Int).SetUint64(weights[i]), big.NewInt(int64(count)))
			floor := new(big.Int).Quo(quota, new(big.Int).SetUint64(total)).Int64()
			require.Contains(t, []int64{floor, floor + 1}, int64(got))
			sum += got
		}
		require.Equal(t, count, sum)
	})
}

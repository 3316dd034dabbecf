package odds

import (
	"fmt"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// Share of stake, or the ratio of a threshold to a size: Num/Den.
type Share = election.Ratio

// Coalitions are the shares of stake for which the chance of a capture is told (protocol §5).
func Coalitions() []Share { return []Share{{Num: 1, Den: 5}, {Num: 1, Den: 4}, {Num: 1, Den: 3}} }

// Limits are the chances of a capture, per contract and era, for which the least size of a committee is told.
func Limits() []math.LegacyDec {
	return []math.LegacyDec{math.LegacyNewDecWithPrec(1, 6), math.LegacyNewDecWithPrec(1, 9)}
}

// Safety is how hard a committee is to capture for a coalition with a share of the stake.
type Safety struct {
	Coalition Share
	// Chance per era that the coalition gets Threshold seats of Size, binomial (election.CaptureChance).
	Chance math.LegacyDec
	// LeastSizes are, for each of Limits, the smallest size at the committee's ratio of threshold to size for which the chance is
	// below the limit; 0 where none of up to MaxSize is.
	LeastSizes []uint32
}

// MaxSize bounds the search for a committee that is large enough.
const MaxSize = 400

// Safeties returns the safety of a committee against each of Coalitions. Its threshold grows with its size as
// N' = ⌈M'·threshold/size⌉. It refuses a threshold of 0 or above size.
func Safeties(size, threshold uint32) ([]Safety, error) {
	if threshold == 0 || threshold > size {
		return nil, fmt.Errorf("threshold %d of size %d, want 1 to %d", threshold, size, size)
	}
	var safeties []Safety
	for _, coalition := range Coalitions() {
		safety := Safety{Coalition: coalition, Chance: election.CaptureChance(size, threshold, coalition.Num, coalition.Den)}
		for _, limit := range Limits() {
			least, _ := LeastSize(Proportional(Share{Num: uint64(threshold), Den: uint64(size)}), coalition, limit)
			safety.LeastSizes = append(safety.LeastSizes, least)
		}
		safeties = append(safeties, safety)
	}
	return safeties, nil
}

// Proportional returns the rule N = ⌈M·ratio⌉.
func Proportional(ratio Share) func(size uint32) uint32 {
	return func(size uint32) uint32 { return uint32((uint64(size)*ratio.Num + ratio.Den - 1) / ratio.Den) }
}

// MoreThanTwoThirds is the rule N = ⌊2M/3⌋ + 1.
func MoreThanTwoThirds(size uint32) uint32 { return 2*size/3 + 1 }

// LeastSize returns the smallest size of up to MaxSize at which the coalition's chance to get threshold(size) seats is below the
// limit, and whether there is one. A larger committee may be above it again, for thresholds are whole numbers.
func LeastSize(threshold func(size uint32) uint32, coalition Share, limit math.LegacyDec) (uint32, bool) {
	for size := uint32(1); size <= MaxSize; size++ {
		needed := threshold(size)
		if uint64(needed)*coalition.Den <= uint64(size)*coalition.Num {
			continue // the coalition holds the threshold on average: the chance is near a half or above
		}
		if election.CaptureChance(size, needed, coalition.Num, coalition.Den).LT(limit) {
			return size, true
		}
	}
	return 0, false
}

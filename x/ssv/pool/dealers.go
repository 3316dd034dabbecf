package pool

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// KeepHeaviest puts a candidate among the heaviest that may deal, heaviest first and ties in order of operator, and keeps at most as
// many as size (protocol §3).
func KeepHeaviest(heaviest []types.DealerCandidate, candidate types.DealerCandidate, size int) []types.DealerCandidate {
	place, _ := slices.BinarySearchFunc(heaviest, candidate, func(a, b types.DealerCandidate) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), bytes.Compare(a.Operator, b.Operator))
	})
	if place >= size {
		return heaviest
	}
	return slices.Insert(heaviest[:min(len(heaviest), size-1)], place, candidate)
}

// KeepGreatest puts a weight among the greatest, in falling order, and keeps at most as many as size.
func KeepGreatest(greatest []uint64, weight uint64, size int) []uint64 {
	place, _ := slices.BinarySearchFunc(greatest, weight, func(a, b uint64) int { return cmp.Compare(b, a) })
	if place >= size {
		return greatest
	}
	return slices.Insert(greatest[:min(len(greatest), size-1)], place, weight)
}

// BeaconKey returns the key by which a candidate deals in the round of an era: the newest that was registered in an era before it, or
// nil where there is none (protocol §3).
func BeaconKey(standing types.Standing, era uint64) []byte {
	if len(standing.BeaconKey) > 0 && standing.BeaconEra < era {
		return standing.BeaconKey
	}
	if len(standing.FormerBeaconKey) > 0 {
		return standing.FormerBeaconKey
	}
	return nil
}

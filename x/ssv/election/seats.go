package election

import "slices"

// HeaviestWeight returns the sum of the count heaviest weights: what a contract's members may weigh at most.
func HeaviestWeight(weights []uint64, count int) uint64 {
	sorted := slices.Clone(weights)
	slices.Sort(sorted)
	sum := uint64(0)
	for _, weight := range sorted[max(0, len(sorted)-count):] {
		sum += weight
	}
	return sum
}

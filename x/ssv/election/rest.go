package election

import (
	"cmp"
	"slices"
)

// Rest bounds how much of the pool may rest (protocol §4).
type Rest struct {
	// MaxShare of the pool's weight that may rest.
	MaxShare Ratio
	// MinPool is the number of candidates that must take part: min_pool_factor · ΣM.
	MinPool uint64
}

// Resting returns which candidates rest, by index: those marked so, of whom the heaviest are let back in one by one (ties
// in order of operator) while resting weight is above MaxShare of the pool's or fewer than MinPool candidates take part.
func Resting(candidates []Candidate, rest Rest) []bool {
	c := census{resting: make([]bool, len(candidates))}
	for i := range candidates {
		c.count(i, &candidates[i])
	}
	return c.bend(candidates, rest)
}

// bend returns who rests after the heaviest were let back in.
func (c census) bend(candidates []Candidate, rest Rest) []bool {
	for _, i := range heaviestFirst(candidates, c.resting) {
		if !exceeds(c.restingWeight, c.weight, rest.MaxShare) && c.taking >= rest.MinPool {
			break
		}
		c.resting[i] = false
		c.restingWeight -= candidates[i].Weight
		c.taking++
	}
	return c.resting
}

// heaviestFirst returns the indices of the marked candidates, heaviest first, ties in order of operator.
func heaviestFirst(candidates []Candidate, marked []bool) []int {
	var indices []int
	for i := range candidates {
		if marked[i] {
			indices = append(indices, i)
		}
	}
	slices.SortFunc(indices, func(a, b int) int {
		return cmp.Or(cmp.Compare(candidates[b].Weight, candidates[a].Weight), cmp.Compare(a, b))
	})
	return indices
}

// wake lets up to count resting candidates that serve the chain back in, heaviest first, and returns how many it let in.
func wake(candidates []Candidate, resting []bool, chain string, count int) int {
	woken := 0
	for _, i := range heaviestFirst(candidates, resting) {
		if woken == count {
			break
		}
		if candidates[i].Weight > 0 && candidates[i].serves(chain) {
			resting[i] = false
			woken++
		}
	}
	return woken
}

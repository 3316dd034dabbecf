package election

import (
	"cmp"
	"slices"
)

// heavies are the heaviest candidates, as many as may be excluded and one more, so that the heaviest that still produces
// is always among them.
type heavies struct {
	indices []int // heaviest first
	weights []uint64
	taken   []bool // by place in indices
}

// newHeavies keeps the keep heaviest of the candidates; it looks at each once.
func newHeavies(candidates []Candidate, keep int) *heavies {
	h := &heavies{}
	lightest := uint64(0)
	for i := range candidates {
		weight := candidates[i].Weight
		if weight == 0 || len(h.indices) >= 2*keep && weight <= lightest {
			continue
		}
		h.indices = append(h.indices, i)
		if len(h.indices) == 4*keep {
			lightest = h.shrink(candidates, 2*keep)
		}
	}
	h.shrink(candidates, keep)
	h.weights = make([]uint64, len(h.indices))
	for place, index := range h.indices {
		h.weights[place] = candidates[index].Weight
	}
	h.taken = make([]bool, len(h.indices))
	return h
}

// shrink keeps the keep heaviest, heaviest first, and returns the weight of the last.
func (h *heavies) shrink(candidates []Candidate, keep int) uint64 {
	slices.SortFunc(h.indices, func(a, b int) int {
		return cmp.Or(cmp.Compare(candidates[b].Weight, candidates[a].Weight), cmp.Compare(a, b))
	})
	if len(h.indices) > keep {
		h.indices = h.indices[:keep]
	}
	if len(h.indices) == 0 {
		return 0
	}
	return candidates[h.indices[len(h.indices)-1]].Weight
}

// largestWithout returns the greatest weight of those that are not taken, were index taken too; 0 if there is none.
func (h *heavies) largestWithout(index int) uint64 {
	for place, candidate := range h.indices {
		if !h.taken[place] && candidate != index {
			return h.weights[place]
		}
	}
	return 0
}

func (h *heavies) take(index int) {
	if place := slices.Index(h.indices, index); place >= 0 {
		h.taken[place] = true
	}
}

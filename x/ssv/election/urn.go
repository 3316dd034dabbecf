package election

// urn holds those who can be drawn for the contracts of one chain: candidate i at place i+1 of the sums, with weight 0 where it can't
// be drawn. Filling it costs O(n), once per chain and election; a draw costs O(log n).
type urn struct {
	fenwick
	chain    string
	heaviest uint64 // weight of any candidate, in the urn or not
}

// newUrn holds every candidate that serves the chain and is not taken.
func newUrn(candidates []Candidate, taken []bool, chain string) *urn {
	weights, total, heaviest := make([]uint64, len(candidates)+1), uint64(0), uint64(0)
	for i := range candidates {
		candidate := &candidates[i]
		heaviest = max(heaviest, candidate.Weight)
		if !taken[i] && candidate.serves(chain) {
			weights[i+1] = candidate.Weight
			total += candidate.Weight
		}
	}
	return &urn{fenwick: newFenwick(weights, total), chain: chain, heaviest: heaviest}
}

// draw returns a candidate with a chance proportional to its weight, and leaves it in the urn, which must not be empty.
func (u *urn) draw(words *stream) int { return u.find(words.below(u.total)) - 1 }

func (u *urn) remove(index int, weight uint64) { u.fenwick.remove(index+1, weight) }

func (u *urn) putBack(index int, weight uint64) { u.add(index+1, weight) }

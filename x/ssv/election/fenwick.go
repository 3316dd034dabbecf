package election

import "math/bits"

// fenwick holds weights so that a draw costs O(log n) and building O(n). Index 0 of the tree is unused.
type fenwick struct {
	tree  []uint64
	top   int // the greatest power of two that is at most the number of weights
	total uint64
}

// newFenwick builds the tree in the place of the weights, which are tree[1:] and add up to total, below 2^63.
func newFenwick(tree []uint64, total uint64) fenwick {
	n := len(tree) - 1
	for i := 1; i <= n; i++ {
		if parent := i + i&-i; parent <= n {
			tree[parent] += tree[i]
		}
	}
	f := fenwick{tree: tree, total: total}
	if n > 0 {
		f.top = 1 << (bits.Len(uint(n)) - 1)
	}
	return f
}

// find returns the first index, from 1, whose running sum exceeds x; x must be below the total.
func (f *fenwick) find(x uint64) int {
	index := 0
	for step := f.top; step > 0; step >>= 1 {
		if next := index + step; next < len(f.tree) && f.tree[next] <= x {
			index = next
			x -= f.tree[next]
		}
	}
	return index + 1
}

// remove takes the weight at index out of the sums.
func (f *fenwick) remove(index int, weight uint64) {
	f.total -= weight
	for ; index < len(f.tree); index += index & -index {
		f.tree[index] -= weight
	}
}

// add puts the weight at index back into the sums.
func (f *fenwick) add(index int, weight uint64) {
	f.total += weight
	for ; index < len(f.tree); index += index & -index {
		f.tree[index] += weight
	}
}

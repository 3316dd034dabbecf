// Package slots says who deals in a round of the seed and who owns which of its share slots (protocol §3, steps 1 and 3). It is pure:
// whoever has the weights of a frozen pool can recompute it.
package slots

import (
	"math/bits"
	"slices"
)

const (
	// PerDealer times the number of dealers is the number of slots. Rounding moves a dealer's part by less than one slot, a quarter of what
	// one of average weight owns.
	PerDealer = 4
	// MinDealers of a round; with fewer there is none.
	MinDealers = 4
	// Dealers are taken from the heaviest until they hold coveredNum/coveredDen of the pool's weight.
	coveredNum, coveredDen = 9, 10
	// thirdDen: a coalition of up to a third of the slots learns nothing and can hold back nothing.
	thirdDen = 3
)

// Dealers returns how many of the candidates deal whose weights are given, heaviest first: as many as hold 0.9 of the pool's weight, or
// all of them if they do not. The pool's weight is below 2^63.
func Dealers(heaviest []uint64, poolWeight uint64) int {
	var held uint64
	for i, weight := range heaviest {
		held += weight
		if covers(held, poolWeight) {
			return i + 1
		}
	}
	return len(heaviest)
}

func covers(held, poolWeight uint64) bool {
	heldHigh, heldLow := bits.Mul64(held, coveredDen)
	wantHigh, wantLow := bits.Mul64(poolWeight, coveredNum)
	return heldHigh > wantHigh || heldHigh == wantHigh && heldLow >= wantLow
}

// Count returns S, the number of slots of a round with so many dealers.
func Count(dealers int) int { return PerDealer * dealers }

// Threshold returns t = ⌊S/3⌋ + 1, the number of shares that give a secret.
func Threshold(slots int) int { return slots/thirdDen + 1 }

// Quorum returns t + ⌊S/3⌋, the number of slots that the dealers with an accepted dealing must own when the dealings are closed: so that
// they can open everything though a coalition with a third of the slots is among them.
func Quorum(slots int) int { return Threshold(slots) + slots/thirdDen }

// Allot returns how many of the slots each dealer owns, in proportion to its weight by largest remainder: ⌊S·w/Σw⌋ each, and one more
// for those with the largest remainders, ties in the order given, which is that of raw operator addresses. The sum of the weights is
// positive and below 2^63, and there are at most 2^31 slots.
func Allot(weights []uint64, slots int) []int {
	var total uint64
	for _, weight := range weights {
		total += weight
	}
	allotted, order, left := make([]int, len(weights)), make([]remainder, len(weights)), slots
	for i, weight := range weights {
		high, low := bits.Mul64(weight, uint64(slots))
		quotient, rest := bits.Div64(high, low, total)
		allotted[i], order[i] = int(quotient), remainder{i, rest}
		left -= int(quotient)
	}
	slices.SortStableFunc(order, byLargest)
	for _, largest := range order[:left] {
		allotted[largest.dealer]++
	}
	return allotted
}

// remainder of a dealer's part of the slots.
type remainder struct {
	dealer int
	value  uint64
}

func byLargest(a, b remainder) int {
	switch {
	case a.value > b.value:
		return -1
	case a.value < b.value:
		return 1
	}
	return 0
}

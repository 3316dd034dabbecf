// Package slash is the curve of protocol §13: what members with a fault lose, and when the curve withdraws them. It has no state.
package slash

import (
	"fmt"

	"cosmossdk.io/math"
)

// The curve is min((3·d/n)^2, 1) · 1/maxDen for d = max(k − ⌊n/tolerated⌋, 0).
const (
	slope     = 3
	maxDen    = 10
	tolerated = 10
)

// Max is what a member loses at most, and for evil: a tenth of its stake.
func Max() math.LegacyDec { return math.LegacyNewDecWithPrec(1, 1) }

// Fraction is the part of its stake that each of k members with a fault loses in a committee of n, truncated to 18 decimals. It
// panics if k > n: the caller counted members of another committee.
func Fraction(k, n uint32) math.LegacyDec {
	if k > n {
		panic(fmt.Sprintf("%d members with a fault of %d", k, n))
	}
	free := n / tolerated
	if k <= free {
		return math.LegacyZeroDec()
	}
	root := slope * uint64(k-free)
	if root >= uint64(n) {
		return Max()
	}
	square := math.NewIntFromUint64(root * root)
	whole := math.NewIntFromUint64(uint64(n) * uint64(n) * maxDen)
	return math.LegacyNewDecFromInt(square).QuoTruncate(math.LegacyNewDecFromInt(whole))
}

// Withdraws says whether k faults in a committee of that threshold are so many that all who have one are withdrawn: 3k > 2N.
func Withdraws(k, threshold uint32) bool { return 3*uint64(k) > 2*uint64(threshold) }

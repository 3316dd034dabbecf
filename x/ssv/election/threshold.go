package election

import (
	"math/big"

	"cosmossdk.io/math"
)

// decimals of a LegacyDec, to which the capture chance is truncated.
const decimals = 18

// MinThreshold returns the least threshold of a committee of that size: ⌈ratio·size⌉ (protocol §5), at least 1.
func MinThreshold(size uint32, ratio math.LegacyDec) uint32 {
	least := ratio.MulInt64(int64(size)).Ceil().TruncateInt64()
	return uint32(max(least, 1))
}

// ShrunkThreshold returns the threshold of a committee that a shortfall shrank from wanted to size members:
// max(N − (wanted − size), ⌈ratio·size⌉) (protocol §5).
func ShrunkThreshold(threshold, wanted, size uint32, ratio math.LegacyDec) uint32 {
	least := MinThreshold(size, ratio)
	missing := wanted - size
	if threshold <= missing {
		return least
	}
	return max(threshold-missing, least)
}

// Standbys returns how many standbys a committee of that size has: max(2, ⌈size/3⌉) (protocol §5).
func Standbys(size uint32) uint32 {
	return max(2, size/3+min(1, size%3))
}

// CaptureChance returns the chance that a coalition with the share num/den of the stake gets threshold seats or more of
// size: Σ_{k≥N} C(M,k)·f^k·(1−f)^(M−k), computed in integers and truncated to 18 decimals (protocol §5). It is 1 for
// num ≥ den or a threshold of 0, and 0 for a threshold above size.
func CaptureChance(size, threshold uint32, num, den uint64) math.LegacyDec {
	if threshold == 0 || num >= den {
		return math.LegacyOneDec()
	}
	inside, outside := new(big.Int).SetUint64(num), new(big.Int).SetUint64(den-num)
	sum := new(big.Int)
	for k := threshold; k <= size; k++ {
		term := new(big.Int).Binomial(int64(size), int64(k))
		term.Mul(term, power(inside, k))
		term.Mul(term, power(outside, size-k))
		sum.Add(sum, term)
	}
	sum.Mul(sum, power(big.NewInt(10), decimals))
	sum.Quo(sum, power(new(big.Int).SetUint64(den), size))
	return math.LegacyNewDecFromBigIntWithPrec(sum, decimals)
}

func power(base *big.Int, exponent uint32) *big.Int {
	return new(big.Int).Exp(base, big.NewInt(int64(exponent)), nil)
}

package election

import "math/bits"

// Ratio is Num/Den, exactly.
type Ratio struct{ Num, Den uint64 }

// Guard bounds what may leave CometBFT's set (protocol §6): the excluded power stays within MaxExcluded of BondedPower, at
// least MinProducers of Producers remain, and, where MaxProducerShare is set, no remaining producer holds that share of the
// remaining power or more. Powers are ⌊tokens/10^6⌋.
type Guard struct {
	BondedPower uint64
	MaxExcluded Ratio
	// Producers counts the bonded validators before anybody is excluded.
	Producers    uint32
	MinProducers uint32
	// MaxProducerShare with Den 0 is not asked.
	MaxProducerShare Ratio
	// LargestOther is the greatest power among bonded validators that are not candidates.
	LargestOther uint64
}

// Admits says whether the guard lets count validators with the excluded power go, with largestCandidate the greatest power of the
// candidates that remain.
func (g Guard) Admits(excluded uint64, count uint32, largestCandidate uint64) bool {
	return !exceeds(excluded, g.BondedPower, g.MaxExcluded) && g.enough(count) && g.balanced(excluded, largestCandidate)
}

// exclusion is what is excluded so far and the guard that it has to keep.
type exclusion struct {
	in       *Input
	power    uint64
	count    uint32
	drawn    []int    // candidates excluded since the election began
	heaviest uint64   // weight of the heaviest candidate, excluded or not
	heavies  *heavies // nil until heaviest does not decide
}

func newExclusion(in Input) exclusion {
	return exclusion{in: &in, power: in.Excluded, count: in.ExcludedCount}
}

// admits says whether the candidate may be excluded as well, and excludes it if so.
func (e *exclusion) admits(index int, weight uint64) bool {
	power, count := e.power+weight, e.count+1
	if !e.in.Guard.Admits(power, count, e.heaviest) && !e.in.Guard.Admits(power, count, e.largestWithout(index)) {
		return false
	}
	e.power, e.count = power, count
	e.drawn = append(e.drawn, index)
	if e.heavies != nil {
		e.heavies.take(index)
	}
	return true
}

// largestWithout returns the greatest weight of the candidates that are not excluded, were index excluded too; 0 if there is none.
func (e *exclusion) largestWithout(index int) uint64 {
	if e.heavies == nil {
		e.heavies = e.newHeavies()
	}
	return e.heavies.largestWithout(index)
}

func (e *exclusion) newHeavies() *heavies {
	seats := int(e.in.ExcludedCount)
	for _, contract := range e.in.Contracts {
		seats += int(contract.Size)
	}
	h := newHeavies(e.in.Candidates, seats+1)
	for i, serving := range e.in.Serving {
		if serving {
			h.take(i)
		}
	}
	for _, index := range e.drawn {
		h.take(index)
	}
	return h
}

// exceeds says whether part/whole > ratio.
func exceeds(part, whole uint64, ratio Ratio) bool {
	leftHigh, leftLow := bits.Mul64(part, ratio.Den)
	rightHigh, rightLow := bits.Mul64(whole, ratio.Num)
	return leftHigh > rightHigh || leftHigh == rightHigh && leftLow > rightLow
}

func (g Guard) enough(excluded uint32) bool {
	return g.MinProducers == 0 || uint64(excluded)+uint64(g.MinProducers) <= uint64(g.Producers)
}

// balanced says whether the largest producer left holds less than MaxProducerShare of the power left.
func (g Guard) balanced(excluded, largestCandidate uint64) bool {
	if g.MaxProducerShare.Den == 0 {
		return true
	}
	if excluded >= g.BondedPower {
		return false
	}
	largest := max(largestCandidate, g.LargestOther)
	rest := g.BondedPower - excluded
	below := Ratio{Num: g.MaxProducerShare.Den, Den: g.MaxProducerShare.Num}
	return exceeds(rest, largest, below)
}

package election

import "math/bits"

// ElectByModulo draws the members of the first contract as Elect does, from the same words, but folds words that are too large by
// modulo where Elect rejects them: the biased control of the statistical tests.
func ElectByModulo(in Input) []int {
	contract := in.Contracts[0]
	urn := newUrn(in.Candidates, make([]bool, len(in.Candidates)), contract.Chain)
	words := newStream(in.ChainID, in.Era, contract.ID, roleMember, in.Seed)
	var drawn []int
	for len(drawn) < int(contract.Size) {
		index := urn.find(words.belowByModulo(urn.total)) - 1
		urn.remove(index, in.Candidates[index].Weight)
		drawn = append(drawn, index)
	}
	return drawn
}

// ElectSkipping draws as Elect does, but skips whoever would break the guard instead of ending the drawing.
func ElectSkipping(in Input) []int {
	contract := in.Contracts[0]
	e := newElection(in)
	urn := e.urn(contract.Chain)
	words := newStream(in.ChainID, in.Era, contract.ID, roleMember, in.Seed)
	var drawn []int
	for len(drawn) < int(contract.Size) && urn.total > 0 {
		index := urn.draw(words)
		weight := in.Candidates[index].Weight
		urn.remove(index, weight)
		if e.exclusion.admits(index, weight) {
			drawn = append(drawn, index)
		}
	}
	return drawn
}

// belowByModulo takes just as many bits of a word as n has and folds what is above n: numbers below 2^k − n come twice as often.
func (s *stream) belowByModulo(n uint64) uint64 {
	if n == 1 {
		return 0
	}
	return (s.word() >> (64 - bits.Len64(n-1))) % n
}

package election

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// census is what one look at every candidate tells: a pool of a hundred thousand is too large to be looked at twice for nothing.
type census struct {
	resting       []bool // marked so
	weight        uint64 // of all
	restingWeight uint64
	taking        uint64 // number of those not marked
}

// takeCensus counts the candidates and checks that they are in strictly ascending order and weigh less than 2^63 together.
func takeCensus(candidates []Candidate) (census, error) {
	c, before := census{resting: make([]bool, len(candidates))}, uint64(0)
	for i := range candidates {
		candidate := &candidates[i]
		prefix := sortPrefix(candidate.Operator)
		// The prefixes decide almost always; operators are compared in full only where those are equal.
		if i > 0 && prefix <= before && bytes.Compare(candidates[i-1].Operator, candidate.Operator) >= 0 {
			return c, fmt.Errorf("candidate %x comes after %x: want ascending operators", candidate.Operator, candidates[i-1].Operator)
		}
		if candidate.Weight > maxTotalWeight-c.weight {
			return c, fmt.Errorf("weights up to candidate %x add up to 2^63 or more", candidate.Operator)
		}
		c.count(i, candidate)
		before = prefix
	}
	return c, nil
}

func (c *census) count(i int, candidate *Candidate) {
	c.weight += candidate.Weight
	if candidate.Resting {
		c.resting[i] = true
		c.restingWeight += candidate.Weight
	} else {
		c.taking++
	}
}

// sortPrefix returns the first eight bytes big-endian, a shorter address padded with zeros: a greater prefix is a greater address.
func sortPrefix(operator []byte) uint64 {
	if len(operator) < 8 {
		var padded [8]byte
		copy(padded[:], operator)
		return binary.BigEndian.Uint64(padded[:])
	}
	return binary.BigEndian.Uint64(operator)
}

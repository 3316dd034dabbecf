package election

import (
	"fmt"
	"math"
)

// Candidate is one entry of the pool.
type Candidate struct {
	// Operator is the raw operator address: candidates are ordered by it.
	Operator []byte
	// Weight is ⌊tokens/10^6⌋. One of weight 0 is never drawn.
	Weight uint64
	// Chains are the ids of the original chains that the candidate serves.
	Chains []string
	// Resting candidates take part only where rest bends (protocol §4).
	Resting bool
}

func (c *Candidate) serves(chain string) bool {
	for _, served := range c.Chains {
		if served == chain {
			return true
		}
	}
	return false
}

// Contract is what is to be drawn for one contract.
type Contract struct {
	ID             uint64
	Size, Standbys uint32
	Chain          string
}

// Input is all that the draws depend on. Candidates are in order of operator and contracts in order of id.
type Input struct {
	ChainID    string
	Era        uint64
	Seed       []byte
	Contracts  []Contract
	Candidates []Candidate
	Guard      Guard
	// Resting and Serving candidates, by index, are not drawn; those who serve a contract that holds no election are excluded
	// already. Nil marks nobody.
	Resting, Serving []bool
	// Excluded power and number of all who serve contracts that hold no election, candidates or not.
	Excluded      uint64
	ExcludedCount uint32
}

// Drawn are the candidates drawn for one contract, as indices into Input.Candidates, in the order drawn.
type Drawn struct {
	Contract uint64
	Members  []int
	Standbys []int
	// GuardEnded is true where the guard ended the drawing of members before every seat was drawn: in this contract or in an
	// earlier one. A contract that is short without it has too few candidates.
	GuardEnded bool
}

// Result of an election, by contract in order of id.
type Result struct {
	Contracts []Drawn
	// GuardEnded is true where a draw would have broken the guard, which ended the drawing of members for that and every
	// later contract.
	GuardEnded bool
}

// maxTotalWeight bounds the sum of weights: Σw < 2^63 (protocol §5).
const maxTotalWeight = uint64(math.MaxInt64)

// Validate checks that candidates and contracts are in strictly ascending order, that the weights add up to less than 2^63 and
// that so does the power that is excluded already.
func (in Input) Validate() error {
	if _, err := takeCensus(in.Candidates); err != nil {
		return err
	}
	return in.validateRest()
}

// validateRest checks everything but the candidates.
func (in Input) validateRest() error {
	if in.Excluded > maxTotalWeight {
		return fmt.Errorf("power %d is excluded already, want at most %d", in.Excluded, maxTotalWeight)
	}
	for i := 1; i < len(in.Contracts); i++ {
		if in.Contracts[i-1].ID >= in.Contracts[i].ID {
			return fmt.Errorf("contract %d comes after %d: want ascending ids", in.Contracts[i].ID, in.Contracts[i-1].ID)
		}
	}
	for _, marks := range [][]bool{in.Resting, in.Serving} {
		if marks != nil && len(marks) != len(in.Candidates) {
			return fmt.Errorf("%d marks of candidates, want %d", len(marks), len(in.Candidates))
		}
	}
	return nil
}

// Elect draws the members of every contract and then the standbys of every contract (protocol §5). Sampling is without
// replacement and, at every draw, proportional to weight. Nobody who is drawn is skipped. The input must be valid.
func Elect(in Input) Result {
	e := newElection(in)
	for i := range in.Contracts {
		e.drawMembers(i)
	}
	for i := range in.Contracts {
		e.drawStandbys(i)
	}
	return e.result
}

type election struct {
	in        Input
	taken     []bool
	exclusion exclusion
	result    Result
	urns      []*urn
}

func newElection(in Input) *election {
	e := &election{
		in:        in,
		taken:     make([]bool, len(in.Candidates)),
		exclusion: newExclusion(in),
		result:    Result{Contracts: make([]Drawn, len(in.Contracts))},
	}
	copy(e.taken, in.Resting)
	for i, serving := range in.Serving {
		if serving {
			e.taken[i] = true
		}
	}
	return e
}

func (e *election) drawMembers(i int) {
	contract, drawn := e.in.Contracts[i], &e.result.Contracts[i]
	drawn.Contract = contract.ID
	if e.result.GuardEnded {
		drawn.GuardEnded = contract.Size > 0
		return
	}
	urn := e.urn(contract.Chain)
	words := newStream(e.in.ChainID, e.in.Era, contract.ID, roleMember, e.in.Seed)
	for len(drawn.Members) < int(contract.Size) && urn.total > 0 {
		index := urn.draw(words)
		if !e.exclusion.admits(index, e.in.Candidates[index].Weight) {
			drawn.GuardEnded, e.result.GuardEnded = true, true
			return
		}
		e.take(index)
		drawn.Members = append(drawn.Members, index)
	}
}

// drawStandbys draws from those who are nobody's member and puts them back: one may stand by for several contracts.
func (e *election) drawStandbys(i int) {
	contract, drawn := e.in.Contracts[i], &e.result.Contracts[i]
	if contract.Standbys == 0 {
		return
	}
	urn := e.urn(contract.Chain)
	words := newStream(e.in.ChainID, e.in.Era, contract.ID, roleStandby, e.in.Seed)
	for len(drawn.Standbys) < int(contract.Standbys) && urn.total > 0 {
		index := urn.draw(words)
		urn.remove(index, e.in.Candidates[index].Weight)
		drawn.Standbys = append(drawn.Standbys, index)
	}
	for _, index := range drawn.Standbys {
		urn.putBack(index, e.in.Candidates[index].Weight)
	}
}

// take seats a candidate, which leaves every urn.
func (e *election) take(index int) {
	e.taken[index] = true
	candidate := &e.in.Candidates[index]
	for _, urn := range e.urns {
		if candidate.serves(urn.chain) {
			urn.remove(index, candidate.Weight)
		}
	}
}

// urn returns the urn of a chain, which is filled when the first contract of that chain is drawn for.
func (e *election) urn(chain string) *urn {
	for _, urn := range e.urns {
		if urn.chain == chain {
			return urn
		}
	}
	urn := newUrn(e.in.Candidates, e.taken, chain)
	e.exclusion.heaviest = urn.heaviest
	e.urns = append(e.urns, urn)
	return urn
}

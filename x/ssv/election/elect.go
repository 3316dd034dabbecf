package election

import (
	"bytes"
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

// Validate checks that candidates and contracts are in strictly ascending order and that the weights add up to less than 2^63.
func (in Input) Validate() error {
	total := uint64(0)
	for i, candidate := range in.Candidates {
		if i > 0 && bytes.Compare(in.Candidates[i-1].Operator, candidate.Operator) >= 0 {
			return fmt.Errorf("candidate %x comes after %x: want ascending operators", candidate.Operator, in.Candidates[i-1].Operator)
		}
		if candidate.Weight > maxTotalWeight-total {
			return fmt.Errorf("weights up to candidate %x add up to 2^63 or more", candidate.Operator)
		}
		total += candidate.Weight
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
	urn       urn
}

func newElection(in Input) *election {
	seats := int(in.ExcludedCount)
	for _, contract := range in.Contracts {
		seats += int(contract.Size)
	}
	e := &election{
		in:    in,
		taken: make([]bool, len(in.Candidates)),
		exclusion: exclusion{
			guard: in.Guard, power: in.Excluded, count: in.ExcludedCount, heavies: &heavies{},
		},
		result: Result{Contracts: make([]Drawn, len(in.Contracts))},
	}
	if in.Guard.MaxProducerShare.Den != 0 {
		e.exclusion.heavies = newHeavies(in.Candidates, seats+1)
	}
	copy(e.taken, in.Resting)
	for i, serving := range in.Serving {
		if serving {
			e.taken[i] = true
			e.exclusion.heavies.take(i)
		}
	}
	return e
}

func (e *election) drawMembers(i int) {
	contract := e.in.Contracts[i]
	e.result.Contracts[i].Contract = contract.ID
	if e.result.GuardEnded {
		return
	}
	e.urn.fill(e.in.Candidates, e.taken, contract.Chain)
	words := newStream(e.in.ChainID, e.in.Era, contract.ID, roleMember, e.in.Seed)
	for len(e.result.Contracts[i].Members) < int(contract.Size) && e.urn.sums.total > 0 {
		drawn := e.urn.draw(words, e.in.Candidates)
		if !e.exclusion.admits(drawn, e.in.Candidates[drawn].Weight) {
			e.result.GuardEnded = true
			return
		}
		e.taken[drawn] = true
		e.result.Contracts[i].Members = append(e.result.Contracts[i].Members, drawn)
	}
}

func (e *election) drawStandbys(i int) {
	contract := e.in.Contracts[i]
	if contract.Standbys == 0 {
		return
	}
	e.urn.fill(e.in.Candidates, e.taken, contract.Chain)
	words := newStream(e.in.ChainID, e.in.Era, contract.ID, roleStandby, e.in.Seed)
	for len(e.result.Contracts[i].Standbys) < int(contract.Standbys) && e.urn.sums.total > 0 {
		drawn := e.urn.draw(words, e.in.Candidates)
		e.result.Contracts[i].Standbys = append(e.result.Contracts[i].Standbys, drawn)
	}
}

// urn holds those who can be drawn for one contract.
type urn struct {
	places []int32  // index of the candidate at each place of the tree, from 1
	tree   []uint64 // the tree's weights, then its sums
	sums   fenwick
}

// fill puts every candidate in that serves the chain, has weight and is not taken.
func (u *urn) fill(candidates []Candidate, taken []bool, chain string) {
	if len(u.tree) <= len(candidates) {
		u.tree, u.places = make([]uint64, len(candidates)+1), make([]int32, len(candidates)+1)
	}
	tree, places := u.tree, u.places
	count, total := 0, uint64(0)
	for i := range candidates {
		candidate := &candidates[i]
		if taken[i] || candidate.Weight == 0 || !candidate.serves(chain) {
			continue
		}
		count++
		tree[count], places[count] = candidate.Weight, int32(i)
		total += candidate.Weight
	}
	u.sums = newFenwick(tree[:count+1], total)
}

// draw takes one candidate out of the urn, which must not be empty, with a chance proportional to its weight.
func (u *urn) draw(words *stream, candidates []Candidate) int {
	place := u.sums.find(words.below(u.sums.total))
	index := int(u.places[place])
	u.sums.remove(place, candidates[index].Weight)
	return index
}

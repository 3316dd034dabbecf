package election

import (
	"fmt"
	"slices"
	"strings"

	"cosmossdk.io/math"
)

// Seat is one member of a committee that serves now.
type Seat struct {
	Operator []byte
	Weight   uint64
}

// Demand is what a contract wants of an election, and who serves it now.
type Demand struct {
	ID uint64
	// Chain is the id of the contract's original chain.
	Chain string
	// Size is M, Threshold N, MinSize the least M to which a shortfall may shrink the committee.
	Size, Threshold, MinSize uint32
	// Incumbents serve the contract one more era if its election falls short. There are none before its first election.
	Incumbents []Seat
}

// PlanInput is all that an era's elections depend on. Candidates are in order of operator, demands in order of id.
type PlanInput struct {
	ChainID    string
	Era        uint64
	Seed       []byte
	Demands    []Demand
	Candidates []Candidate
	Guard      Guard
	// Serving members of contracts that hold no election now: they are not drawn, and their power is excluded.
	Serving []Seat
	// MaxRestingShare and MinPoolFactor bound rest (protocol §4).
	MaxRestingShare Ratio
	MinPoolFactor   uint64
	// MinThresholdRatio is the least N/M of a committee that a shortfall shrank.
	MinThresholdRatio math.LegacyDec
}

// Resting returns which candidates rest, by index, after rest was bent as far as the pool needs it (protocol §4). It bends further
// for a contract that is short of candidates.
func (in PlanInput) Resting() []bool { return Resting(in.Candidates, in.rest()) }

func (in PlanInput) rest() Rest {
	seats := uint64(0)
	for _, demand := range in.Demands {
		seats += uint64(demand.Size)
	}
	return Rest{MaxShare: in.MaxRestingShare, MinPool: in.MinPoolFactor * seats}
}

// Outcome of a contract's election.
type Outcome uint8

// A contract whose election falls short keeps its incumbents; one that has none goes without a committee.
const (
	Full Outcome = iota + 1
	Shrunk
	Incumbents
	Nobody
)

// Planned is what an election gives one contract. Members and Standbys are indices into the candidates, in the order drawn,
// and empty unless the outcome is Full or Shrunk.
type Planned struct {
	Contract  uint64
	Outcome   Outcome
	Threshold uint32
	Members   []int
	Standbys  []int
	// Reason says in words what departed from a full election; empty where nothing did.
	Reason string
}

// Plan holds the elections of an era and settles their shortfalls (protocol §§4, 5). Rest bends as far as the pool needs
// it, then as far as a contract's seats need it. A contract that still falls short shrinks to what was drawn while that is at
// least its MinSize; else its incumbents stay, which frees whom it drew and takes its incumbents out, so that the draws are
// made again without it. Results are in order of contract.
func Plan(in PlanInput) ([]Planned, error) {
	p, err := newPlanner(in)
	if err != nil {
		return nil, err
	}
	for {
		result := Elect(p.input())
		if p.bendRest(result) {
			continue
		}
		short := p.firstHopeless(result)
		if short < 0 {
			return p.results(result), nil
		}
		p.giveUp(short, result)
	}
}

type planner struct {
	in      PlanInput
	resting []bool
	bent    []int  // candidates let back in for a contract's seats, by demand
	waiting []bool // demands that gave up their election
	reasons []string
	serving serving
}

// serving are those who serve without an election.
type serving struct {
	power uint64
	count uint32
	marks []bool // of candidates
}

func newPlanner(in PlanInput) (*planner, error) {
	c, err := takeCensus(in.Candidates)
	if err != nil {
		return nil, err
	}
	p := &planner{
		in:      in,
		resting: c.bend(in.Candidates, in.rest()),
		bent:    make([]int, len(in.Demands)),
		waiting: make([]bool, len(in.Demands)),
		reasons: make([]string, len(in.Demands)),
	}
	p.serving.marks = make([]bool, len(in.Candidates))
	p.exclude(in.Serving)
	return p, p.input().validateRest()
}

// exclude bars those who serve and counts their power, as frozen where they are in the pool; powers that can't be stop at 2^63 − 1,
// with which the guard admits nobody.
func (p *planner) exclude(seats []Seat) {
	for _, seat := range seats {
		weight := seat.Weight
		if i, found := search(p.in.Candidates, seat.Operator); found {
			p.serving.marks[i] = true
			weight = p.in.Candidates[i].Weight
		}
		p.serving.power += min(weight, maxTotalWeight-p.serving.power)
		p.serving.count++
	}
}

func (p *planner) input() Input {
	in := Input{
		ChainID: p.in.ChainID, Era: p.in.Era, Seed: p.in.Seed,
		Candidates: p.in.Candidates, Guard: p.in.Guard,
		Resting: p.resting, Serving: p.serving.marks,
		Excluded: p.serving.power, ExcludedCount: p.serving.count,
	}
	for i, demand := range p.in.Demands {
		if p.waiting[i] {
			continue
		}
		in.Contracts = append(in.Contracts, Contract{
			ID: demand.ID, Size: demand.Size, Standbys: Standbys(demand.Size), Chain: demand.Chain,
		})
	}
	return in
}

// drawnFor returns what was drawn for the demand, which must not have given up.
func drawnFor(result Result, id uint64) Drawn {
	for _, drawn := range result.Contracts {
		if drawn.Contract == id {
			return drawn
		}
	}
	return Drawn{Contract: id}
}

// bendRest lets resting candidates back in for the first contract that has fewer members than seats for want of candidates, and
// says whether it let any in. For a contract that the guard left short, and for every later one, more candidates would not help;
// one that was drawn for before the guard ended the drawing is helped as ever.
func (p *planner) bendRest(result Result) bool {
	for i, demand := range p.in.Demands {
		if p.waiting[i] {
			continue
		}
		drawn := drawnFor(result, demand.ID)
		if drawn.GuardEnded {
			return false
		}
		missing := int(demand.Size) - len(drawn.Members)
		if missing <= 0 {
			continue
		}
		if woken := wake(p.in.Candidates, p.resting, demand.Chain, missing); woken > 0 {
			p.bent[i] += woken
			return true
		}
	}
	return false
}

// firstHopeless returns the first demand for which fewer were drawn than it can live with, or −1.
func (p *planner) firstHopeless(result Result) int {
	for i, demand := range p.in.Demands {
		if p.waiting[i] {
			continue
		}
		members := len(drawnFor(result, demand.ID).Members)
		if members == 0 || members < int(demand.Size) && members < int(demand.MinSize) {
			return i
		}
	}
	return -1
}

func (p *planner) giveUp(i int, result Result) {
	demand := p.in.Demands[i]
	drawn := drawnFor(result, demand.ID)
	p.waiting[i] = true
	p.reasons[i] = fmt.Sprintf("%s: %d of %d members drawn, least %d", why(drawn), len(drawn.Members), demand.Size, demand.MinSize)
	p.exclude(demand.Incumbents)
}

func why(drawn Drawn) string {
	if drawn.GuardEnded {
		return "the power guard ended the drawing"
	}
	return "too few candidates"
}

func (p *planner) results(result Result) []Planned {
	planned := make([]Planned, len(p.in.Demands))
	for i, demand := range p.in.Demands {
		if p.waiting[i] {
			planned[i] = Planned{Contract: demand.ID, Outcome: Incumbents, Reason: p.reasons[i]}
			if len(demand.Incumbents) == 0 {
				planned[i].Outcome = Nobody
			}
			continue
		}
		planned[i] = p.drawn(i, result)
	}
	return planned
}

func (p *planner) drawn(i int, result Result) Planned {
	demand, drawn := p.in.Demands[i], drawnFor(result, p.in.Demands[i].ID)
	planned := Planned{
		Contract: demand.ID, Outcome: Full, Threshold: demand.Threshold, Members: drawn.Members, Standbys: drawn.Standbys,
	}
	var reasons []string
	if p.bent[i] > 0 {
		reasons = append(reasons, fmt.Sprintf("%d resting candidates let back in", p.bent[i]))
	}
	if size := uint32(len(drawn.Members)); size < demand.Size {
		planned.Outcome = Shrunk
		planned.Threshold = ShrunkThreshold(demand.Threshold, demand.Size, size, p.in.MinThresholdRatio)
		reasons = append(reasons, fmt.Sprintf("%s: %d of %d members drawn", why(drawn), size, demand.Size))
	}
	if want := int(Standbys(demand.Size)); len(drawn.Standbys) < want {
		reasons = append(reasons, fmt.Sprintf("%d of %d standbys", len(drawn.Standbys), want))
	}
	planned.Reason = strings.Join(reasons, "; ")
	return planned
}

// search returns the index of the operator among candidates in order of operator.
func search(candidates []Candidate, operator []byte) (int, bool) {
	return slices.BinarySearchFunc(candidates, operator, func(candidate Candidate, operator []byte) int {
		return slices.Compare(candidate.Operator, operator)
	})
}

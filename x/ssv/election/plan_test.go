package election_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

func candidates(count int, change func(i int, c *election.Candidate)) []election.Candidate {
	list := make([]election.Candidate, count)
	for i := range list {
		list[i] = election.Candidate{Operator: []byte{byte(i + 1)}, Weight: 100, Chains: []string{"cosmos"}}
		if change != nil {
			change(i, &list[i])
		}
	}
	return list
}

func planInput(list []election.Candidate, demands ...election.Demand) election.PlanInput {
	bonded := uint64(0)
	for _, c := range list {
		bonded += c.Weight
	}
	return election.PlanInput{
		ChainID: "stafi-1", Era: 2, Seed: []byte("seed"), Candidates: list, Demands: demands,
		Guard:           election.Guard{BondedPower: bonded, MaxExcluded: election.Ratio{Num: 1, Den: 1}},
		MaxRestingShare: election.Ratio{Num: 1, Den: 1}, MinThresholdRatio: math.LegacyMustNewDecFromStr("0.7"),
	}
}

func demand(id uint64, size, threshold, least uint32) election.Demand {
	return election.Demand{ID: id, Chain: "cosmos", Size: size, Threshold: threshold, MinSize: least}
}

func plan(t *testing.T, in election.PlanInput) []election.Planned {
	t.Helper()
	planned, err := election.Plan(in)
	require.NoError(t, err)
	return planned
}

func TestAFullElectionHasEverySeatAndStandby(t *testing.T) {
	got := plan(t, planInput(candidates(20, nil), demand(1, 4, 3, 4), demand(2, 7, 5, 7)))
	require.Equal(t, []election.Outcome{election.Full, election.Full}, []election.Outcome{got[0].Outcome, got[1].Outcome})
	require.Len(t, got[0].Members, 4)
	require.Len(t, got[0].Standbys, 2)
	require.Len(t, got[1].Members, 7)
	require.Len(t, got[1].Standbys, 3)
	require.Equal(t, uint32(5), got[1].Threshold)
	require.Empty(t, got[0].Reason+got[1].Reason)
}

func TestRestBendsForAContractThatLacksCandidatesHeaviestFirst(t *testing.T) {
	list := candidates(6, func(i int, c *election.Candidate) {
		c.Resting = i < 4
		c.Weight = uint64(100 + 10*i)
	})
	got := plan(t, planInput(list, demand(1, 4, 3, 4)))
	require.Equal(t, election.Full, got[0].Outcome)
	slices.Sort(got[0].Members)
	require.Equal(t, []int{2, 3, 4, 5}, got[0].Members, "the two that rest not and the two heaviest of the four that do")
	require.Contains(t, got[0].Reason, "2 resting candidates let back in")
	require.Contains(t, got[0].Reason, "0 of 2 standbys")
}

func TestRestBendsForAContractThatWasDrawnBeforeTheGuardEndedTheDrawing(t *testing.T) {
	list := candidates(5, func(i int, c *election.Candidate) {
		c.Resting = i == 2
		if i >= 3 {
			c.Weight, c.Chains = 1000, []string{"ethereum"}
		}
	})
	in := planInput(list, demand(1, 3, 3, 2), election.Demand{ID: 2, Chain: "ethereum", Size: 2, Threshold: 2, MinSize: 2})
	in.Guard.MaxExcluded = election.Ratio{Num: 1, Den: 2}
	got := plan(t, in)
	require.Equal(t, election.Full, got[0].Outcome, "two of three were drawn, and the third rested: the guard had admitted both")
	require.Equal(t, "1 resting candidates let back in; 0 of 2 standbys", got[0].Reason)
	require.Equal(t, election.Nobody, got[1].Outcome)
	require.Equal(t, "the power guard ended the drawing: 0 of 2 members drawn, least 2", got[1].Reason)
}

func TestRestDoesNotBendForAContractThatTheGuardLeftShort(t *testing.T) {
	list := candidates(5, func(i int, c *election.Candidate) { c.Resting = i >= 3 })
	in := planInput(list, demand(1, 3, 3, 2), demand(2, 2, 2, 1))
	in.Guard.MaxExcluded = election.Ratio{Num: 2, Den: 5}
	got := plan(t, in)
	require.Equal(t, election.Shrunk, got[0].Outcome)
	require.Len(t, got[0].Members, 2)
	require.Contains(t, got[0].Reason, "the power guard ended the drawing: 2 of 3 members drawn")
	require.NotContains(t, got[0].Reason, "let back in")
	require.Equal(t, election.Nobody, got[1].Outcome)
}

func TestPowersThatCanNotBeAdmitNobodyRatherThanOverflowing(t *testing.T) {
	in := planInput(candidates(4, nil), demand(1, 2, 2, 1))
	in.Serving = []election.Seat{{Operator: []byte{98}, Weight: 1 << 63}, {Operator: []byte{99}, Weight: 1 << 63}}
	got := plan(t, in)
	require.Equal(t, election.Nobody, got[0].Outcome)
	require.Contains(t, got[0].Reason, "the power guard ended the drawing: 0 of 2 members drawn")
}

func TestRestBendsOnlyForThoseWhoServeTheChain(t *testing.T) {
	list := candidates(5, func(i int, c *election.Candidate) {
		c.Resting = i >= 2
		if i == 4 {
			c.Weight, c.Chains = 1000, []string{"ethereum"}
		}
	})
	got := plan(t, planInput(list, demand(1, 3, 3, 3)))
	require.Equal(t, election.Full, got[0].Outcome)
	slices.Sort(got[0].Members)
	require.Equal(t, []int{0, 1, 2}, got[0].Members)
}

func TestAShortfallShrinksTheCommitteeDownToItsLeastSize(t *testing.T) {
	got := plan(t, planInput(candidates(5, nil), demand(1, 7, 6, 5)))
	require.Equal(t, election.Shrunk, got[0].Outcome)
	require.Len(t, got[0].Members, 5)
	require.Equal(t, uint32(4), got[0].Threshold, "max(6 - 2, 0.7 x 5 rounded up)")
	require.Contains(t, got[0].Reason, "too few candidates: 5 of 7 members drawn")
}

func TestBelowTheLeastSizeTheIncumbentsStayAndWhomItDrewIsFree(t *testing.T) {
	list := candidates(9, func(_ int, c *election.Candidate) { c.Chains = []string{"cosmos", "ethereum"} })
	short := election.Demand{ID: 1, Chain: "cosmos", Size: 10, Threshold: 7, MinSize: 10, Incumbents: []election.Seat{
		{Operator: []byte{1}, Weight: 100}, {Operator: []byte{2}, Weight: 100},
	}}
	other := election.Demand{ID: 2, Chain: "ethereum", Size: 7, Threshold: 5, MinSize: 7}
	got := plan(t, planInput(list, short, other))
	require.Equal(t, election.Incumbents, got[0].Outcome)
	require.Empty(t, got[0].Members)
	require.Contains(t, got[0].Reason, "9 of 10 members drawn, least 10")
	require.Equal(t, election.Full, got[1].Outcome)
	slices.Sort(got[1].Members)
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8}, got[1].Members, "all but the incumbents of contract 1")
}

func TestAContractWithoutIncumbentsThatFallsShortGetsNobody(t *testing.T) {
	got := plan(t, planInput(candidates(2, nil), demand(1, 4, 3, 4)))
	require.Equal(t, election.Nobody, got[0].Outcome)
	require.Empty(t, got[0].Members)
}

func TestMembersOfContractsWithoutAnElectionAreNotDrawnAndCountForTheGuard(t *testing.T) {
	in := planInput(candidates(10, nil), demand(2, 4, 3, 1))
	in.Guard.MaxExcluded = election.Ratio{Num: 5, Den: 10}
	in.Serving = []election.Seat{{Operator: []byte{1}, Weight: 1}, {Operator: []byte{2}, Weight: 1}, {Operator: []byte{99}, Weight: 100}}
	got := plan(t, in)
	require.Equal(t, election.Shrunk, got[0].Outcome)
	require.Len(t, got[0].Members, 2, "300 of 1000 are excluded before the first draw: two more reach the half")
	require.NotContains(t, got[0].Members, 0)
	require.NotContains(t, got[0].Members, 1)
	require.Contains(t, got[0].Reason, "the power guard ended the drawing")
}

func TestRestIsGivenUpWhileTooMuchWeightRests(t *testing.T) {
	list := candidates(8, func(i int, c *election.Candidate) { c.Resting = i < 4; c.Weight = uint64(100 + i) })
	resting := election.Resting(list, election.Rest{MaxShare: election.Ratio{Num: 1, Den: 4}})
	require.Equal(t, []bool{true, true, false, false, false, false, false, false}, resting, "201 of 828 may rest, 303 may not")
}

func TestRestIsGivenUpWhileThePoolIsTooSmall(t *testing.T) {
	list := candidates(8, func(i int, c *election.Candidate) { c.Resting = i < 4 })
	resting := election.Resting(list, election.Rest{MaxShare: election.Ratio{Num: 1, Den: 1}, MinPool: 7})
	require.Equal(t, []bool{false, false, false, true, false, false, false, false}, resting, "equal weights go by operator")
}

func TestTheGuardKeepsProducersAndTheirBalance(t *testing.T) {
	list := candidates(6, nil)
	for name, c := range map[string]struct {
		guard election.Guard
		want  int
	}{
		"half of the power":                  {election.Guard{BondedPower: 600, MaxExcluded: election.Ratio{Num: 1, Den: 2}}, 3},
		"four of six producers":              {election.Guard{BondedPower: 600, MaxExcluded: election.Ratio{Num: 1, Den: 1}, Producers: 6, MinProducers: 4}, 2},
		"nobody holds a third of the rest":   {election.Guard{BondedPower: 600, MaxExcluded: election.Ratio{Num: 1, Den: 1}, MaxProducerShare: election.Ratio{Num: 1, Den: 3}}, 2},
		"a heavy producer holds a third now": {election.Guard{BondedPower: 1200, MaxExcluded: election.Ratio{Num: 1, Den: 1}, MaxProducerShare: election.Ratio{Num: 1, Den: 3}, LargestOther: 400}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in := planInput(list, demand(1, 6, 5, 1))
			in.Guard = c.guard
			got := plan(t, in)
			require.Len(t, got[0].Members, c.want)
		})
	}
}

func TestNoOperatorServesTwiceAndEveryThresholdHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawCandidates(t)
		in := planInput(list)
		in.Guard = drawGuard(t, list)
		in.MinPoolFactor = rapid.Uint64Range(0, 3).Draw(t, "factor")
		in.MaxRestingShare = election.Ratio{Num: rapid.Uint64Range(0, 4).Draw(t, "share"), Den: 4}
		free := rapid.Permutation(list).Draw(t, "incumbents")
		for id := range rapid.Uint64Range(0, 4).Draw(t, "demands") {
			size := rapid.Uint32Range(1, 9).Draw(t, "size")
			d := election.Demand{
				ID: id + 1, Chain: rapid.SampledFrom(chains).Draw(t, "chain"), Size: size,
				Threshold: election.MinThreshold(size, in.MinThresholdRatio), MinSize: rapid.Uint32Range(1, size).Draw(t, "least"),
			}
			for range rapid.IntRange(0, min(4, len(free))).Draw(t, "incumbents") {
				d.Incumbents = append(d.Incumbents, election.Seat{Operator: free[0].Operator, Weight: free[0].Weight})
				free = free[1:]
			}
			in.Demands = append(in.Demands, d)
		}
		planned, err := election.Plan(in)
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, in, planned)
	})
}

func checkPlan(t *rapid.T, in election.PlanInput, planned []election.Planned) {
	serves := map[string]uint64{}
	serve := func(operator []byte, contract uint64) {
		if before, twice := serves[string(operator)]; twice {
			t.Fatalf("%x serves %d and %d", operator, before, contract)
		}
		serves[string(operator)] = contract
	}
	for i, p := range planned {
		d := in.Demands[i]
		switch p.Outcome {
		case election.Incumbents, election.Nobody:
			if (p.Outcome == election.Nobody) != (len(d.Incumbents) == 0) || len(p.Members)+len(p.Standbys) > 0 {
				t.Fatalf("contract %d with %d incumbents: %v", d.ID, len(d.Incumbents), p)
			}
			for _, seat := range d.Incumbents {
				serve(seat.Operator, d.ID)
			}
			continue
		}
		size := uint32(len(p.Members))
		if size < d.MinSize || size > d.Size || p.Threshold < election.MinThreshold(size, in.MinThresholdRatio) || p.Threshold > size {
			t.Fatalf("contract %d has %d of %d members, threshold %d of %d", d.ID, size, d.Size, p.Threshold, d.Threshold)
		}
		for _, index := range p.Members {
			c := in.Candidates[index]
			if !slices.Contains(c.Chains, d.Chain) {
				t.Fatalf("%x does not serve %s", c.Operator, d.Chain)
			}
			serve(c.Operator, d.ID)
		}
	}
	for i, p := range planned {
		for _, index := range p.Standbys {
			if contract, serving := serves[string(in.Candidates[index].Operator)]; serving {
				t.Fatalf("a standby of %d serves %d", in.Demands[i].ID, contract)
			}
		}
	}
}

func TestPlansAreTheSameWhateverTheMachineDid(t *testing.T) {
	list := candidates(60, func(i int, c *election.Candidate) {
		operator := sha256.Sum256([]byte{byte(i)})
		c.Operator, c.Weight, c.Resting = operator[:20], uint64(1000+i*i), i%5 == 0
	})
	slices.SortFunc(list, func(a, b election.Candidate) int { return bytes.Compare(a.Operator, b.Operator) })
	first := fmt.Sprint(plan(t, planInput(list, demand(1, 21, 15, 21), demand(2, 7, 5, 7))))
	for range 5 {
		require.Equal(t, first, fmt.Sprint(plan(t, planInput(list, demand(1, 21, 15, 21), demand(2, 7, 5, 7)))))
	}
}

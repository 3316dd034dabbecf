package election_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// benchPool has candidates as a keeper loads them: in order of operator, each with operator and chains of its own.
func benchPool(count int) []election.Candidate {
	operators := make([][20]byte, count)
	for i := range operators {
		operator := sha256.Sum256([]byte(fmt.Sprint(i)))
		copy(operators[i][:], operator[:])
	}
	slices.SortFunc(operators, func(a, b [20]byte) int { return bytes.Compare(a[:], b[:]) })
	pool := make([]election.Candidate, count)
	for i := range pool {
		rank := operators[i][0]
		pool[i] = election.Candidate{
			Operator: bytes.Clone(operators[i][:]), Weight: 10_000 + 1_000_000/(uint64(rank)+1),
			Chains: []string{string([]byte("cosmoshub-4"))}, Resting: i%1000 == 7,
		}
	}
	return pool
}

func benchInput(count int) election.Input {
	in := election.Input{
		ChainID: "stafi-bench-1", Era: 7, Seed: []byte("seed"), Candidates: benchPool(count),
		Contracts: []election.Contract{{ID: 1, Size: 21, Standbys: 7, Chain: "cosmoshub-4"}},
		Guard: election.Guard{
			MaxExcluded: election.Ratio{Num: 1, Den: 1}, Producers: uint32(count), MinProducers: 4,
			MaxProducerShare: election.Ratio{Num: 1, Den: 3}, LargestOther: 1,
		},
	}
	for _, candidate := range in.Candidates {
		in.Guard.BondedPower += candidate.Weight
	}
	return in
}

var benchCounts = []int{100, 10_000, 100_000}

func BenchmarkElect21Of(b *testing.B) {
	for _, count := range benchCounts {
		in := benchInput(count)
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				if drawn := election.Elect(in); len(drawn.Contracts[0].Members) != 21 {
					b.Fatal(len(drawn.Contracts[0].Members))
				}
			}
		})
	}
}

// BenchmarkPlan includes the check of the input, rest and everything else between the loaded pool and the committees.
func BenchmarkPlan(b *testing.B) {
	for _, sizes := range [][]uint32{{21}, {21, 21, 30}} {
		for _, count := range benchCounts {
			in := benchPlan(count, sizes)
			b.Run(fmt.Sprintf("%d of %d", sizes, count), func(b *testing.B) {
				for b.Loop() {
					planned, err := election.Plan(in)
					if err != nil || planned[0].Outcome != election.Full {
						b.Fatal(planned, err)
					}
				}
			})
		}
	}
}

func benchPlan(count int, sizes []uint32) election.PlanInput {
	base := benchInput(count)
	in := election.PlanInput{
		ChainID: base.ChainID, Era: base.Era, Seed: base.Seed, Candidates: base.Candidates, Guard: base.Guard,
		MaxRestingShare: election.Ratio{Num: 1, Den: 10}, MinPoolFactor: 5, MinThresholdRatio: math.LegacyMustNewDecFromStr("0.7"),
	}
	for i, size := range sizes {
		in.Demands = append(in.Demands, election.Demand{
			ID: uint64(i + 1), Chain: "cosmoshub-4", Size: size, Threshold: election.MinThreshold(size, in.MinThresholdRatio), MinSize: size,
		})
	}
	return in
}

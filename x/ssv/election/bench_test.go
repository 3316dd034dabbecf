package election_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

func benchInput(count int) election.Input {
	in := election.Input{
		ChainID: "stafi-bench-1", Era: 7, Seed: []byte("seed"),
		Contracts: []election.Contract{{ID: 1, Size: 21, Chain: "cosmos"}},
		Guard: election.Guard{
			MaxExcluded: election.Ratio{Num: 1, Den: 1}, Producers: uint32(count), MinProducers: 4,
		},
	}
	chains := []string{"cosmos"}
	for i := range count {
		operator := sha256.Sum256([]byte(fmt.Sprint(i)))
		weight := uint64(10_000 + 1_000_000/(i+1))
		in.Guard.BondedPower += weight
		in.Candidates = append(in.Candidates, election.Candidate{Operator: operator[:20], Weight: weight, Chains: chains})
	}
	slices.SortFunc(in.Candidates, func(a, b election.Candidate) int { return bytes.Compare(a.Operator, b.Operator) })
	return in
}

func BenchmarkElection21Of(b *testing.B) {
	for _, count := range []int{100, 10_000, 100_000} {
		in := benchInput(count)
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				if drawn := election.Elect(in); len(drawn.Contracts[0].Members) != 21 {
					b.Fatal(len(drawn.Contracts[0].Members))
				}
			}
		})
		in.Guard.MaxProducerShare = election.Ratio{Num: 1, Den: 3}
		in.Guard.LargestOther = 1
		b.Run(fmt.Sprint(count, "/largest producer guarded"), func(b *testing.B) {
			for b.Loop() {
				election.Elect(in)
			}
		})
	}
}

package election_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/election"
)

// The naive model: big integers, linear scans, a list that shrinks, every rule of protocol §§5 and 6 spelled out.

type naiveStream struct {
	key  [32]byte
	used uint64
}

func naiveLP(data []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...)
}

func be64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func newNaiveStream(in election.Input, contract uint64, role string) *naiveStream {
	return &naiveStream{key: sha256.Sum256(slices.Concat(
		naiveLP([]byte("stafi/ssv/election/v1")), naiveLP([]byte(in.ChainID)), be64(in.Era), be64(contract),
		naiveLP([]byte(role)), naiveLP(in.Seed),
	))}
}

func (s *naiveStream) below(n uint64) uint64 {
	if n == 1 {
		return 0
	}
	bits := new(big.Int).SetUint64(n - 1).BitLen()
	for {
		block := sha256.Sum256(append(slices.Clone(s.key[:]), be64(s.used/4)...))
		word := binary.BigEndian.Uint64(block[8*(s.used%4):])
		s.used++
		if v := new(big.Int).Rsh(new(big.Int).SetUint64(word), uint(64-bits)).Uint64(); v < n {
			return v
		}
	}
}

func naiveDraw(s *naiveStream, in election.Input, left []int) (int, []int) {
	total := uint64(0)
	for _, i := range left {
		total += in.Candidates[i].Weight
	}
	x := s.below(total)
	for place, i := range left {
		if x < in.Candidates[i].Weight {
			return i, slices.Delete(slices.Clone(left), place, place+1)
		}
		x -= in.Candidates[i].Weight
	}
	panic("unreachable")
}

func naiveGuard(in election.Input, out map[int]bool, power uint64, count uint32) bool {
	times := func(a, b uint64) *big.Int {
		return new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
	}
	g := in.Guard
	if times(power, g.MaxExcluded.Den).Cmp(times(g.BondedPower, g.MaxExcluded.Num)) > 0 {
		return false
	}
	if g.MinProducers > 0 && int64(g.Producers)-int64(count) < int64(g.MinProducers) {
		return false
	}
	if g.MaxProducerShare.Den == 0 {
		return true
	}
	largest := g.LargestOther
	for i, c := range in.Candidates {
		if !out[i] {
			largest = max(largest, c.Weight)
		}
	}
	rest := new(big.Int).Sub(new(big.Int).SetUint64(g.BondedPower), new(big.Int).SetUint64(power))
	share := new(big.Int).Mul(rest, new(big.Int).SetUint64(g.MaxProducerShare.Num))
	return rest.Sign() > 0 && times(largest, g.MaxProducerShare.Den).Cmp(share) < 0
}

func naiveElect(in election.Input) election.Result {
	result := election.Result{Contracts: make([]election.Drawn, len(in.Contracts))}
	out, power, count := map[int]bool{}, in.Excluded, in.ExcludedCount
	taken := map[int]bool{}
	for i := range in.Candidates {
		out[i] = in.Serving != nil && in.Serving[i]
		taken[i] = out[i] || in.Resting != nil && in.Resting[i]
	}
	eligible := func(chain string) (left []int) {
		for i, c := range in.Candidates {
			if !taken[i] && c.Weight > 0 && slices.Contains(c.Chains, chain) {
				left = append(left, i)
			}
		}
		return left
	}
	for n, contract := range in.Contracts {
		result.Contracts[n].Contract = contract.ID
		s, left := newNaiveStream(in, contract.ID, "member"), eligible(contract.Chain)
		for len(left) > 0 && !result.GuardEnded && uint32(len(result.Contracts[n].Members)) < contract.Size {
			var winner int
			winner, left = naiveDraw(s, in, left)
			out[winner] = true
			if !naiveGuard(in, out, power+in.Candidates[winner].Weight, count+1) {
				out[winner] = false
				result.GuardEnded = true
				break
			}
			power, count, taken[winner] = power+in.Candidates[winner].Weight, count+1, true
			result.Contracts[n].Members = append(result.Contracts[n].Members, winner)
		}
		result.Contracts[n].GuardEnded = result.GuardEnded && uint32(len(result.Contracts[n].Members)) < contract.Size
	}
	for n, contract := range in.Contracts {
		s, left := newNaiveStream(in, contract.ID, "standby"), eligible(contract.Chain)
		for len(left) > 0 && uint32(len(result.Contracts[n].Standbys)) < contract.Standbys {
			var winner int
			winner, left = naiveDraw(s, in, left)
			result.Contracts[n].Standbys = append(result.Contracts[n].Standbys, winner)
		}
	}
	return result
}

var chains = []string{"cosmos", "ethereum", "bitcoin"}

func drawCandidates(t *rapid.T) []election.Candidate {
	count := rapid.IntRange(0, 40).Draw(t, "candidates")
	weight := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64Range(1, 100_000), rapid.Uint64Range(1<<50, 1<<56))
	candidates := make([]election.Candidate, count)
	for i := range candidates {
		operator := sha256.Sum256([]byte(fmt.Sprint(rapid.Uint64().Draw(t, "operator"), i)))
		candidates[i] = election.Candidate{
			Operator: operator[:20], Weight: weight.Draw(t, "weight"),
			Chains:  rapid.SliceOfNDistinct(rapid.SampledFrom(chains), 1, 3, rapid.ID[string]).Draw(t, "chains"),
			Resting: rapid.IntRange(0, 3).Draw(t, "resting") == 0,
		}
	}
	slices.SortFunc(candidates, func(a, b election.Candidate) int { return bytes.Compare(a.Operator, b.Operator) })
	return candidates
}

func drawGuard(t *rapid.T, candidates []election.Candidate) election.Guard {
	guard := election.Guard{
		MaxExcluded:  election.Ratio{Num: rapid.Uint64Range(0, 100).Draw(t, "max excluded"), Den: 100},
		Producers:    uint32(len(candidates)) + rapid.Uint32Range(0, 8).Draw(t, "others"),
		MinProducers: rapid.Uint32Range(0, 6).Draw(t, "min producers"),
	}
	for _, c := range candidates {
		guard.BondedPower += c.Weight
	}
	guard.LargestOther = rapid.Uint64Range(0, guard.BondedPower/4+1).Draw(t, "largest other")
	guard.BondedPower += guard.LargestOther
	if rapid.Bool().Draw(t, "third") {
		guard.MaxProducerShare = election.Ratio{Num: 1, Den: 3}
	}
	return guard
}

func drawInput(t *rapid.T) election.Input {
	candidates := drawCandidates(t)
	in := election.Input{
		ChainID: rapid.StringN(0, 12, -1).Draw(t, "chain id"), Era: rapid.Uint64().Draw(t, "era"),
		Seed: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "seed"), Candidates: candidates, Guard: drawGuard(t, candidates),
		Resting: make([]bool, len(candidates)), Serving: make([]bool, len(candidates)),
	}
	id := uint64(0)
	for range rapid.IntRange(0, 4).Draw(t, "contracts") {
		id += rapid.Uint64Range(1, 5).Draw(t, "id")
		size := rapid.Uint32Range(1, 12).Draw(t, "size")
		in.Contracts = append(in.Contracts, election.Contract{
			ID: id, Size: size, Standbys: election.Standbys(size), Chain: rapid.SampledFrom(chains).Draw(t, "chain"),
		})
	}
	for i, c := range candidates {
		in.Resting[i] = c.Resting
		if in.Serving[i] = rapid.IntRange(0, 9).Draw(t, "serving") == 0; in.Serving[i] {
			in.Excluded += c.Weight
			in.ExcludedCount++
		}
	}
	return in
}

func normal(result election.Result) string { return fmt.Sprintf("%v", result) }

func TestTheDrawAgreesWithTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		if err := in.Validate(); err != nil {
			t.Fatalf("drawn input is invalid: %v", err)
		}
		if got, want := normal(election.Elect(in)), normal(naiveElect(in)); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func FuzzTheDrawAgreesWithTheNaiveModel(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		in := drawInput(t)
		if in.Validate() != nil {
			return
		}
		if got, want := normal(election.Elect(in)), normal(naiveElect(in)); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}))
}

func TestInputsOutOfOrderOrTooHeavyAreRefused(t *testing.T) {
	a, b := election.Candidate{Operator: []byte{1}, Weight: 1}, election.Candidate{Operator: []byte{2}, Weight: 1}
	heavy := election.Candidate{Operator: []byte{3}, Weight: 1 << 62}
	heavier := election.Candidate{Operator: []byte{4}, Weight: 1 << 62}
	for name, c := range map[string]struct {
		in   election.Input
		want string
	}{
		"operators in descending order":  {election.Input{Candidates: []election.Candidate{b, a}}, "ascending operators"},
		"a long operator after a short":  {election.Input{Candidates: []election.Candidate{b, {Operator: []byte("\x01 longer than a word")}}}, "ascending operators"},
		"equal in the first eight bytes": {election.Input{Candidates: []election.Candidate{{Operator: []byte("eight b 2")}, {Operator: []byte("eight b 1")}}}, "ascending operators"},
		"an operator twice":              {election.Input{Candidates: []election.Candidate{a, a}}, "ascending operators"},
		"weights of 2^63":                {election.Input{Candidates: []election.Candidate{heavy, heavier}}, "2^63"},
		"a contract twice":               {election.Input{Contracts: []election.Contract{{ID: 1}, {ID: 1}}}, "ascending ids"},
		"power of 2^63 excluded":         {election.Input{Excluded: 1 << 63}, "9223372036854775808 is excluded already"},
		"marks for others":               {election.Input{Resting: []bool{true}}, "1 marks of candidates, want 0"},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorContains(t, c.in.Validate(), c.want) })
	}
	require.NoError(t, election.Input{Candidates: []election.Candidate{a, b, heavy}}.Validate())
}

package pool_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func anyRows(t *rapid.T, chains int) []pool.Row {
	operators := rapid.SliceOfNDistinct(rapid.SliceOfN(rapid.Byte(), 1, 33), 0, 40, func(b []byte) string { return string(b) }).Draw(t, "operators")
	slices.SortFunc(operators, bytes.Compare)
	rows := make([]pool.Row, len(operators))
	for i, operator := range operators {
		rows[i] = pool.Row{Operator: operator, Weight: rapid.Uint64().Draw(t, "weight"), Resting: rapid.Bool().Draw(t, "resting")}
		rows[i].Signers = make([][]byte, chains)
		for chain := range chains {
			if rapid.Bool().Draw(t, "serves") {
				rows[i].Signers[chain] = bytes.Repeat([]byte{byte(i), byte(chain), 1}, types.SignerKeyLen/3)
			}
		}
	}
	return rows
}

func TestAPageGivesBackWhatWasPackedAlsoOverTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chains := rapid.IntRange(0, 20).Draw(t, "chains")
		rows := anyRows(t, chains)
		packed, err := pool.Pack(rows, chains)
		require.NoError(t, err)
		wire, err := packed.Marshal()
		require.NoError(t, err)
		var read types.PoolPage
		require.NoError(t, read.Unmarshal(wire))
		page, err := pool.Unpack(read, chains)
		require.NoError(t, err)
		require.Equal(t, len(rows), page.Len())
		for i, row := range rows {
			require.Equal(t, row.Operator, page.Operator(i))
			require.Equal(t, row.Weight, page.Weight(i))
			require.Equal(t, row.Resting, page.Resting(i))
			for chain := range chains {
				require.Equal(t, row.Signers[chain], page.Signer(i, chain))
			}
			require.Nil(t, page.Signer(i, chains))
			require.Nil(t, page.Signer(i, -1))
		}
	})
}

func TestAPageWhoseColumnsDoNotBelongTogetherIsRefused(t *testing.T) {
	signer := bytes.Repeat([]byte{2}, types.SignerKeyLen)
	rows := []pool.Row{
		{Operator: []byte{1}, Weight: 5, Signers: [][]byte{signer}},
		{Operator: []byte{2}, Weight: 6, Resting: true, Signers: [][]byte{nil}},
	}
	for _, tt := range []struct {
		name   string
		change func(*types.PoolPage)
		want   string
	}{
		{"a weight too many", func(p *types.PoolPage) { p.Weights = append(p.Weights, 1) }, "page of 3 weights has 2 lengths"},
		{"a length too few", func(p *types.PoolPage) { p.Lengths = p.Lengths[:1] }, "page of 2 weights has 1 lengths"},
		{"no resting", func(p *types.PoolPage) { p.Resting = nil }, "0 bytes of resting"},
		{"no chains", func(p *types.PoolPage) { p.Chains = nil }, "0 of chains, want 2, 1 and 2"},
		{"a chain that there is not", func(p *types.PoolPage) { p.Chains[1] = 2; p.Signers = append(p.Signers, signer...) }, "serves a chain above the 1 chains"},
		{"a signer too many", func(p *types.PoolPage) { p.Signers = append(p.Signers, 1) }, "34 of signers, want 2 and 33"},
		{"an operator too short", func(p *types.PoolPage) { p.Operators = p.Operators[:1] }, "1 bytes of operators"},
		{"operators that do not ascend", func(p *types.PoolPage) { p.Operators[1] = 1 }, "operator 01 is entry 1, want it after the one before"},
		{"an empty operator", func(p *types.PoolPage) { p.Lengths[0], p.Lengths[1] = 0, 2 }, "operator  is entry 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page, err := pool.Pack(rows, 1)
			require.NoError(t, err)
			tt.change(&page)
			_, err = pool.Unpack(page, 1)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestRowsThatNoPageCanHoldAreRefused(t *testing.T) {
	_, err := pool.Pack([]pool.Row{{}}, 0)
	require.ErrorContains(t, err, "operator  has 0 bytes, want from 1 to 255")
	_, err = pool.Pack([]pool.Row{{Operator: make([]byte, 256)}}, 0)
	require.ErrorContains(t, err, "has 256 bytes, want from 1 to 255")
	_, err = pool.Pack([]pool.Row{{Operator: []byte{1}, Signers: [][]byte{nil}}}, 2)
	require.ErrorContains(t, err, "operator 01 has 1 places for signers, want 2")
}

func FuzzUnpack(f *testing.F) {
	page, err := pool.Pack([]pool.Row{
		{Operator: []byte{1, 2}, Weight: 7, Signers: [][]byte{bytes.Repeat([]byte{3}, types.SignerKeyLen), nil}},
		{Operator: []byte{9}, Resting: true, Signers: [][]byte{nil, nil}},
	}, 2)
	require.NoError(f, err)
	wire, err := page.Marshal()
	require.NoError(f, err)
	f.Add(wire, uint8(2))
	f.Add([]byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, wire []byte, chains uint8) {
		var packed types.PoolPage
		if packed.Unmarshal(wire) != nil {
			return
		}
		page, err := pool.Unpack(packed, int(chains))
		if err != nil {
			return
		}
		rows := make([]pool.Row, page.Len())
		for i := range rows {
			rows[i] = pool.Row{
				Operator: page.Operator(i), Weight: page.Weight(i), Resting: page.Resting(i), Signers: make([][]byte, chains),
			}
			for chain := range rows[i].Signers {
				rows[i].Signers[chain] = page.Signer(i, chain)
			}
		}
		again, err := pool.Pack(rows, int(chains))
		require.NoError(t, err)
		require.Equal(t, packed.Operators, again.Operators)
		require.Equal(t, packed.Signers, again.Signers)
	})
}

func TestChainsAreNumberedInOrderOfIdEachOnce(t *testing.T) {
	demands := []types.Demand{{ChainId: "b"}, {ChainId: "a"}, {ChainId: "b"}}
	require.Equal(t, []string{"a", "b"}, pool.Chains(demands))
	require.Empty(t, pool.Chains(nil))
}

func TestTheHeaviestDealersAreThoseOfSortingAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 8).Draw(t, "size")
		weights := rapid.SliceOfN(rapid.Uint64Range(0, 6), 0, 30).Draw(t, "weights")
		var all, kept []types.DealerCandidate
		var greatest []uint64
		for i, weight := range weights {
			candidate := types.DealerCandidate{Operator: []byte{byte(i)}, Weight: weight}
			all = append(all, candidate)
			kept = pool.KeepHeaviest(kept, candidate, size)
			greatest = pool.KeepGreatest(greatest, weight, size)
		}
		slices.SortStableFunc(all, func(a, b types.DealerCandidate) int { return cmp.Compare(b.Weight, a.Weight) })
		all = all[:min(size, len(all))]
		require.Len(t, kept, len(all))
		for i, candidate := range all {
			require.Equal(t, candidate, kept[i])
			require.Equal(t, candidate.Weight, greatest[i])
		}
	})
}

func TestABeaconKeyDealsFromTheEraAfterItsRegistration(t *testing.T) {
	standing := types.Standing{BeaconKey: []byte{1}, BeaconEra: 5}
	require.Nil(t, pool.BeaconKey(standing, 5))
	require.Equal(t, []byte{1}, pool.BeaconKey(standing, 6))
	standing.FormerBeaconKey = []byte{2}
	require.Equal(t, []byte{2}, pool.BeaconKey(standing, 5))
	require.Equal(t, []byte{1}, pool.BeaconKey(standing, 6))
	require.Nil(t, pool.BeaconKey(types.Standing{}, 6))
}

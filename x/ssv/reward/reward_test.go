package reward_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/reward"
)

// The file was made by an independent implementation (protocol §14).
func TestTheDivisionGivesTheVectorsAmounts(t *testing.T) {
	raw, err := os.ReadFile("testdata/reward.json")
	require.NoError(t, err)
	var vectors struct {
		Reward []struct {
			Budget  int64
			Cap     [2]int64
			Members [][2]uint64
			Want    struct {
				Issued, Treasury int64
				Amounts          []int64
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.NotEmpty(t, vectors.Reward)
	for _, vector := range vectors.Reward {
		works := make([]reward.Work, len(vector.Members))
		for i, member := range vector.Members {
			works[i] = reward.Work{Signatures: member[0], Calls: member[1]}
		}
		capShare := math.LegacyNewDec(vector.Cap[0]).QuoInt64(vector.Cap[1])
		got := reward.Divide(math.NewInt(vector.Budget), capShare, works)
		require.Equal(t, vector.Want.Issued, got.Issued.Int64())
		require.Equal(t, vector.Want.Treasury, got.Treasury.Int64())
		for i, amount := range vector.Want.Amounts {
			require.Equal(t, amount, got.Shares[i].Paid.Int64(), "member %d", i)
		}
	}
}

func TestPaidAndTreasuryAddUpToWhatWasIssued(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		works := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reward.Work {
			return reward.Work{
				Signatures: rapid.Uint64Range(0, 1e12).Draw(t, "signatures"), Calls: rapid.Uint64Range(0, 1e12).Draw(t, "calls"),
				Forfeits: rapid.Bool().Draw(t, "forfeits"),
			}
		}), 0, 60).Draw(t, "works")
		budget := math.NewIntFromUint64(rapid.Uint64().Draw(t, "budget"))
		capShare := math.LegacyNewDecWithPrec(rapid.Int64Range(0, 1000).Draw(t, "cap"), 3)
		division := reward.Divide(budget, capShare, works)
		sum := division.Treasury
		require.False(t, sum.IsNegative())
		for i, share := range division.Shares {
			require.True(t, share.Paid.LTE(division.Cap))
			require.False(t, works[i].Forfeits && share.Paid.IsPositive())
			sum = sum.Add(share.Paid)
		}
		require.Equal(t, division.Issued.String(), sum.String())
	})
}

package slash_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/slash"
)

// The file was made by an independent implementation (protocol §13).
func TestTheCurveGivesTheVectorsFractions(t *testing.T) {
	raw, err := os.ReadFile("testdata/slash.json")
	require.NoError(t, err)
	var vectors struct {
		Slash []struct {
			N, K uint32
			Want string
		}
	}
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.NotEmpty(t, vectors.Slash)
	for _, vector := range vectors.Slash {
		require.Equal(t, vector.Want, slash.Fraction(vector.K, vector.N).String(), "k %d of n %d", vector.K, vector.N)
	}
}

func TestTheCurveNeverFallsAndStaysWithinATenth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32Range(1, 1000).Draw(t, "n")
		k := rapid.Uint32Range(0, n-1).Draw(t, "k")
		less, more := slash.Fraction(k, n), slash.Fraction(k+1, n)
		require.True(t, less.LTE(more), "k %d loses %s, k+1 %s", k, less, more)
		require.True(t, more.LTE(slash.Max()))
		require.True(t, slash.Fraction(n/10, n).IsZero())
	})
}

func TestMoreThanTwoThirdsOfTheThresholdAreWithdrawn(t *testing.T) {
	require.False(t, slash.Withdraws(10, 15))
	require.True(t, slash.Withdraws(11, 15))
}

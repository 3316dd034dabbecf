package ethereumtx_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
)

func TestWhateverTheBaseFeeNoOfferIsAboveThePolicyAndEveryReplacementIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Int64Range(100, 1e15).Draw(t, "max")
		policy := ethereumtx.Policy{Max: big.NewInt(most), Tip: big.NewInt(rapid.Int64Range(1, most).Draw(t, "tip"))}
		base := rapid.Custom(func(t *rapid.T) *big.Int { return big.NewInt(rapid.Int64Range(0, most).Draw(t, "base")) })
		fees, err := policy.First(base.Draw(t, "first"))
		if err != nil {
			require.ErrorIs(t, err, ethereumtx.ErrTooDear)
			return
		}
		for step := 0; ; step++ {
			require.Less(t, step, 500, "it ends at the limit")
			require.LessOrEqual(t, fees.Max.Cmp(policy.Max), 0)
			require.LessOrEqual(t, fees.Tip.Cmp(fees.Max), 0)
			cancel, room := policy.Cancel(fees)
			require.True(t, room, "what is wanted can always be cancelled")
			require.LessOrEqual(t, cancel.Max.Cmp(policy.Max), 0)
			require.True(t, tenthMore(cancel.Max, fees.Max) && tenthMore(cancel.Tip, fees.Tip))
			raised, room := policy.Raise(fees, base.Draw(t, "base"))
			if !room {
				return
			}
			require.True(t, tenthMore(raised.Max, fees.Max) && tenthMore(raised.Tip, fees.Tip))
			fees = raised
		}
	})
}

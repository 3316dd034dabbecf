package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// part is a part of a block: events of the given heights, from and to an index.
func part(from, to uint64, fromIndex, toIndex uint32, heights ...uint64) types.Observation {
	o := types.Observation{From: from, To: to, FromIndex: fromIndex, ToIndex: toIndex, BlockHash: make([]byte, types.HashSize)}
	for _, height := range heights {
		o.Events = append(o.Events, types.Event{Height: height, Kind: &types.Event_Surplus{
			Surplus: &types.SurplusEvent{Vault: 1, Amount: math.OneInt()},
		}})
	}
	return o
}

func TestAPartOfABlockHasAnEventForEachIndexAndWholeBlocksBeforeIt(t *testing.T) {
	for name, o := range map[string]types.Observation{
		"the first part":                     part(10, 11, 0, 2, 11, 11),
		"a later part":                       part(10, 11, 5, 7, 11, 11),
		"after blocks without events":        part(10, 14, 0, 2, 14, 14),
		"after the rest of the block before": part(10, 12, 5, 2, 11, 12, 12),
	} {
		require.NoError(t, o.ValidateShape(), name)
	}
	for name, o := range map[string]types.Observation{
		"an event short":             part(10, 11, 0, 3, 11, 11),
		"an event too many":          part(10, 11, 0, 1, 11, 11),
		"nothing new":                part(10, 11, 2, 2),
		"index before the first":     part(10, 11, 5, 2, 11, 11),
		"events of the block before": part(10, 12, 0, 2, 11, 11),
	} {
		require.ErrorIs(t, o.ValidateShape(), types.ErrInvalidObservation, name)
	}
	withBalances := part(10, 11, 0, 1, 11)
	withBalances.Balances = []types.Balance{{Vault: 1, Amount: math.OneInt()}}
	require.ErrorIs(t, withBalances.ValidateShape(), types.ErrInvalidObservation)
}

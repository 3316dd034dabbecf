package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestAContractIsFinishedOnceItIsWoundDownAndOwesNothing(t *testing.T) {
	f := running(t)
	finished := func() bool {
		done, err := f.keeper.Hooks().Finished(f.ctx, 1)
		require.NoError(t, err)
		return done
	}
	require.False(t, finished(), "it owes nothing, but it is not wound down")
	f.fund("alice", 100_000)
	f.halt(types.Halts{WindDown: true})
	require.False(t, finished(), "alice has rTokens")
	_, err := f.redeem("alice", 100_000, staker("bob"))
	require.NoError(t, err)
	require.False(t, finished(), "her redemption is queued")
	f.block()
	require.False(t, finished(), "her payout is not proven")
	f.pay(result{})
	require.True(t, finished())
	f.nextEra()
	f.seat(f.candidates(4, 4), nil, 3)
	require.False(t, finished(), "a handover is open")
}

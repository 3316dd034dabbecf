package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestTooFewSlotsAtTheCloseFailTheRoundThoughEnoughCouldOpenIt(t *testing.T) {
	require.Equal(t, 21, slots.Quorum(32))
	c := dealing(t)
	c.Conducts = map[int]testutil.Conduct{0: {Silent: true}, 1: {Silent: true}, 2: {Silent: true}}
	failed := runTo(c, types.ROUND_STATUS_FAILED)
	require.Equal(t, "the dealers with an accepted dealing own 20 of 32 slots, want 21", failed.Round.Reason)
	require.Empty(t, failed.Round.Seed)
	require.ErrorIs(t, open(c, 4, make([]byte, 32)), types.ErrRoundPhase, "it can't be opened")
	require.ErrorIs(t, deal(c, 0, 1, make([]byte, 3120)), types.ErrRoundPhase)
	c.RunToEra(2)
	_, found, err := c.Keeper.PresentCommittee(c.Ctx, 1)
	require.NoError(t, err)
	require.False(t, found, "nobody is elected from weak entropy")

	c.RunToEra(3)
	next, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: 2})
	require.NoError(t, err)
	require.Equal(t, types.ROUND_STATUS_DONE, next.Round.Status)
	require.Len(t, next.Dealers, 5, "who did not deal missed its heartbeats and is in no pool for an era")
	require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
}

func TestAFailedRoundSeatsTheIncumbentsAndTheNextErasRoundSucceeds(t *testing.T) {
	for name, conduct := range map[string]testutil.Conduct{
		"too few deal":            {Silent: true},
		"too few open or decrypt": {Sealed: true, Idle: true},
	} {
		t.Run(name, func(t *testing.T) {
			params := testutil.Params()
			params.EraDuration, params.BeaconWindow, params.ClosingEras = 19*testutil.BlockTime, 9*testutil.BlockTime, 0
			params.BeaconSize, params.DealBlocks, params.RevealBlocks, params.MaxDealingsPerBlock = 12, 3, 4, 12
			params.MinOnlineRate = params.MinOnlineRate.MulInt64(0)
			c := dealingWith(t, params, 12, demand(1, 3, 3, 3))
			c.RunToEra(2)
			incumbents := present(c, 1)
			require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, incumbents.Origin)
			for i := range 8 {
				c.Conducts[i] = conduct
			}
			c.RunToEra(3)
			failed, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: 2})
			require.NoError(t, err)
			require.Equal(t, types.ROUND_STATUS_FAILED, failed.Round.Status)
			seated := present(c, 1)
			require.Equal(t, types.COMMITTEE_ORIGIN_INCUMBENT, seated.Origin)
			require.Equal(t, incumbents.Members, seated.Members)
			require.Contains(t, seated.Reason, failed.Round.Reason)
			require.NotEmpty(t, failed.Round.Reason)

			c.Conducts = map[int]testutil.Conduct{}
			c.RunToEra(4)
			done, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: 3})
			require.NoError(t, err)
			require.Equal(t, types.ROUND_STATUS_DONE, done.Round.Status)
			require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, present(c, 1).Origin)
		})
	}
}

func TestASecretThatTooFewDecryptFailsTheRoundAtItsEnd(t *testing.T) {
	c := dealing(t)
	// Twelve slots would do and eight decrypt.
	c.Conducts = map[int]testutil.Conduct{7: {Sealed: true, Idle: true}}
	for i := range 5 {
		c.Conducts[i] = testutil.Conduct{Idle: true}
	}
	failed := runTo(c, types.ROUND_STATUS_FAILED)
	require.Equal(t, failed.Round.RevealEnd, c.Ctx.BlockHeight()-1)
	require.Equal(t, testutil.Operator(7).String()+" did not open its secret, and 8 of its shares were decrypted, want 11", failed.Round.Reason)
	require.Empty(t, failed.Round.Seed)
}

package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
)

func chores(c *testutil.Chain) []uint32 {
	iterator, err := c.Keeper.Chores.Iterate(c.Ctx, nil)
	if err != nil {
		panic(err)
	}
	marked, err := iterator.Keys()
	if err != nil {
		panic(err)
	}
	return marked
}

func TestAQuietBlockLooksAtNoListAndWhoAddsToOneHasItLookedAt(t *testing.T) {
	c, _ := elected(t, 6, demand(1, 2, 2, 2))
	c.Run(3)
	require.Empty(t, chores(c))
	require.NoError(t, c.Keeper.MarkStanding(c.Ctx, testutil.Operator(0)))
	require.Len(t, chores(c), 1)
	c.Run(1)
	waits, err := c.Keeper.Unmeasured.Has(c.Ctx, testutil.Operator(0))
	require.NoError(t, err)
	require.False(t, waits, "the block measured it")
	require.Len(t, chores(c), 1, "and did not look whether it was the last")
	c.Run(1)
	require.Empty(t, chores(c))
}

func TestAnImportedChainLooksAtEveryListOnce(t *testing.T) {
	c, _ := elected(t, 6, demand(1, 2, 2, 2))
	c.Run(3)
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	_, err = c.Keeper.InitGenesis(c.Ctx, *genesis)
	require.NoError(t, err)
	require.Len(t, chores(c), 4)
	c.Run(1)
	require.Empty(t, chores(c))
}

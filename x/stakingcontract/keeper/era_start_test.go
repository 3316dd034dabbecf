package keeper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// failing ends blocks of which steps may fail, and returns how often the start of an era did.
func (f *fixture) failing(blocks int) int {
	f.t.Helper()
	for range blocks {
		require.NoError(f.t, f.keeper.EndBlock(f.ctx))
		f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1)
	}
	return f.forgetUndone("start era")
}

// forgetUndone forgets what was undone and counts the steps of a name in it.
func (f *fixture) forgetUndone(step string) (count int) {
	for _, undone := range f.undone {
		if strings.Contains(undone, step) {
			count++
		}
	}
	f.undone = nil
	return count
}

func (f *fixture) eraStarts() []types.EraStart {
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	return genesis.EraStarts
}

func half(c *types.Contract) {
	c.Limits.MaxOutflowPerEra, c.Limits.MinOutflow = c.Limits.MaxOutflowPerEra.QuoInt64(2), atom(1_000)
}

// another contract has a denom of its own.
func another(i int) func(*types.Contract) {
	return func(c *types.Contract) {
		c.Denom = fmt.Sprintf("uatom%d", i)
		c.RtokenDenom = "r" + c.Denom
	}
}

func TestAnErasStartThatFailsForAContractIsTriedAgainInTheNextBlocksAndHoldsBackNoOther(t *testing.T) {
	f := running(t, half)
	f.deploy(another(1))
	f.fund("alice", 400_000)
	f.nextEra()
	require.Equal(t, atom(200_000).String(), f.state().OutflowCap.String())
	f.fund("bob", 600_000)

	require.NoError(t, keeper.BreakVaults(f.ctx, f.keeper, 1))
	f.nextEra()
	require.Equal(t, 1, f.forgetUndone("start era"))
	require.Equal(t, atom(200_000).String(), f.state().OutflowCap.String(), "what it wrote is undone")
	noted := types.EraStart{Contract: 1, Era: 3, Attempts: 1, Next: f.ctx.BlockHeight() + 1}
	require.Equal(t, []types.EraStart{noted}, f.eraStarts(), "the other contract's is done")
	require.Zero(t, f.failing(1), "not in the block of the failure")
	require.Equal(t, 1, f.failing(1), "but in the next")

	require.NoError(t, keeper.MendVaults(f.ctx, f.keeper, 1))
	f.roundTrip()
	f.blocks(3)
	require.Equal(t, atom(500_000).String(), f.state().OutflowCap.String(), "half of a million")
	require.Empty(t, f.eraStarts())
	f.blocks(3)
	require.True(t, keeper.Resting(f.ctx, f.keeper))
	f.books()
}

func TestAnErasStartThatFailsForGoodIsTriedLessAndLessOftenAndEndsWithTheEra(t *testing.T) {
	f := running(t)
	require.NoError(t, keeper.BreakVaults(f.ctx, f.keeper, 1))
	f.nextEra()
	f.undone = nil
	require.Equal(t, 7, f.failing(128), "after 1, 2, 4, 8, 16, 32 and 64 blocks")
	require.Equal(t, 2, f.failing(384), "after 128 and 256")
	require.Equal(t, uint32(10), f.eraStarts()[0].Attempts)
	require.Equal(t, 5, f.failing(512+4*1024), "never more than 1024 blocks apart")

	// x/ssv's clock turns on and it has not told of the new era yet: nothing is started for the one before.
	f.setEra(3)
	require.Zero(t, f.failing(2048))
	require.NoError(t, keeper.MendVaults(f.ctx, f.keeper, 1))
	f.setEra(2)
	f.nextEra()
	require.Empty(t, f.undone)
	require.Empty(t, f.eraStarts())
}

func TestNoMoreErasAreStartedInABlockThanItsBound(t *testing.T) {
	f := newFixture(t)
	const contracts = 45
	for i := range contracts {
		id := f.deploy(another(i))
		require.NoError(t, keeper.BreakVaults(f.ctx, f.keeper, id))
	}
	f.nextEra()
	require.Equal(t, contracts, f.forgetUndone("start era"))
	require.Zero(t, f.failing(1))
	require.Equal(t, 20, f.failing(1))
	require.Equal(t, 20, f.failing(1), "those that waited go first")
}

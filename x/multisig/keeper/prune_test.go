package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// finished makes a series of two attempts, the second proven, with all kinds of records.
func (f *fixture) finished(members []testutil.Member) (types.Session, types.Session) {
	f.t.Helper()
	vault := f.activeVault(members, 3)
	first := f.open(vault.Id)
	f.sign(first.Id, members[:2]...)
	_, err := f.submit(members[2], first.Id, make([]byte, 64))
	require.NoError(f.t, err)
	f.endBlocksThrough(first.Expires)
	second, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(f.t, err)
	f.sign(second.Id, members...)
	_, err = f.keeper.Prove(f.ctx, second.Id)
	require.NoError(f.t, err)
	return first, second
}

func TestAFinishedSeriesIsPrunedAfterItsHistoryAndOnlyItsDigestsAndVaultStay(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks = 10, 30 })
	members := testutil.NewCommittee("a", 4)
	first, second := f.finished(members)
	f.endBlocksThrough(second.Expires + 29)
	f.session(first.Id)
	f.session(second.Id)
	f.endBlock()
	gs := f.export()
	require.Empty(t, gs.Sessions)
	require.Empty(t, gs.Prunes)
	require.Len(t, gs.Digests, 2)
	require.Len(t, gs.Vaults[0].Signers, 4)
	for _, id := range []uint64{first.Id, second.Id} {
		_, _, err := f.keeper.Session(f.ctx, id)
		require.ErrorIs(t, err, types.ErrSessionNotFound)
		for index := range uint32(4) {
			signature, wrong, err := f.keeper.MemberSignature(f.ctx, id, index)
			require.NoError(t, err)
			require.Nil(t, signature)
			require.Zero(t, wrong)
		}
	}
	session, found, err := f.keeper.SessionOfDigest(f.ctx, first.Digests[0])
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first.Id, session)
}

func TestAnUnfinishedSeriesIsNeverPruned(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks = 2, 1 })
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	first := f.open(vault.Id)
	for range 20 {
		f.endBlocksThrough(f.ctx.BlockHeight() + 3)
		_, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
		require.NoError(t, err)
	}
	require.Len(t, f.export().Sessions, 21)
	_, err := f.keeper.Prove(f.ctx, first.Id)
	require.NoError(t, err, "the first attempt can still be the one that executes")
}

func TestPruningIsBoundedAndEndsWithNothingLeftWhateverTheBound(t *testing.T) {
	// Of the first attempt: session, payload, tally, 2 signatures, 1 wrong, place; of the second: 3 + 4 signatures + place; the entry.
	const records = 7 + 8 + 1
	for _, bound := range []uint32{types.MinPrunes, 5, 6, 7, 9, records, records + 1} {
		f := newFixture(t)
		f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks, p.MaxPrunesPerBlock = 10, 30, bound })
		_, second := f.finished(testutil.NewCommittee("a", 4))
		f.endBlocksThrough(second.Expires + 29)
		blocks := 0
		for len(f.export().Prunes) > 0 {
			before := f.storeSize()
			f.endBlock()
			deleted := before - f.storeSize()
			require.LessOrEqual(t, deleted, int(bound)+1, "and with the last record the mark of what is due next")
			require.Positive(t, deleted, "every block gets on")
			blocks++
		}
		require.GreaterOrEqual(t, blocks*int(bound), records)
		require.Equal(t, 1+2+1+1+1+4+2, f.storeSize(), "parameters, counters, vault, two indexes, signers, digests")
	}
}

func TestASeriesWhoseAttemptIsNotSettledYetIsPrunedLater(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.MaxExpiriesPerBlock, p.SessionBlocks, p.HistoryBlocks = 1, 5, 1 })
	for i := range 8 {
		vault := f.activeVault(testutil.NewCommittee(string(rune('a'+i)), 4), 3)
		f.open(vault.Id)
		require.NoError(t, f.keeper.Abandon(f.ctx, vault.Id))
	}
	f.endBlocksThrough(30)
	require.Len(t, f.hooks.settled, 8)
	require.Empty(t, f.export().Sessions)
	require.Empty(t, f.export().Prunes)
}

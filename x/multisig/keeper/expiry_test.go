package keeper_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

func TestAtExpiryTheSignaturesDecideAndEachMembersPartIsReportedOnce(t *testing.T) {
	// Of 5 members 4 must sign: up to 1 signature blames no one.
	for signatures, want := range []types.SessionStatus{void, void, expired, expired, signed, signed} {
		f := newFixture(t)
		members := testutil.NewCommittee("a", 5)
		vault := f.activeVault(members, 4)
		session := f.open(vault.Id)
		f.sign(session.Id, members[:signatures]...)
		if signatures < 5 {
			_, err := f.submit(members[4], session.Id, make([]byte, 64))
			require.NoError(t, err)
		}
		f.endBlocksThrough(session.Expires - 1)
		require.Empty(t, f.hooks.settled)
		f.endBlocksThrough(session.Expires + 5)
		require.Len(t, f.hooks.settled, 1)
		found := f.hooks.settled[0]
		require.Equal(t, session.Expires, found.height)
		require.Equal(t, vault, found.vault)
		require.Equal(t, session, found.session)
		require.Equal(t, want, found.tally.Status, "%d signatures", signatures)
		require.True(t, found.tally.Settled)
		for _, result := range found.results {
			for i, member := range members {
				if member.Operator == result.Operator {
					require.Equal(t, i < signatures, result.Signed)
					require.Equal(t, i == 4 && signatures < 5, result.Wrong == 1)
				}
			}
		}
		require.Len(t, found.results, 5)
	}
}

func TestSettlementIsBoundedPerBlockAndGoesFromTheOldest(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.MaxExpiriesPerBlock, p.SessionBlocks = 2, 10 })
	const vaults = 5
	for i := range vaults {
		f.open(f.activeVault(testutil.NewCommittee(string(rune('a'+i)), 4), 3).Id)
	}
	var perBlock [][]uint64
	for f.ctx.BlockHeight() <= 14 {
		before := len(f.hooks.settled)
		f.endBlock()
		var ids []uint64
		for _, s := range f.hooks.settled[before:] {
			ids = append(ids, s.session.Id)
		}
		perBlock = append(perBlock, ids)
	}
	require.Equal(t, [][]uint64{{1, 2}, {3, 4}, {5}, nil}, perBlock[10:])
}

func TestAHookThatFailsOrPanicsDoesNotKeepASessionFromBeingSettled(t *testing.T) {
	for name, fail := range map[string]func() error{
		"fails":  func() error { return errors.New("broken") },
		"panics": func() error { panic("broken") },
	} {
		f := newFixture(t)
		f.hooks.fail = fail
		session := f.open(f.activeVault(testutil.NewCommittee("a", 4), 3).Id)
		f.endBlocksThrough(session.Expires + 3)
		require.Equal(t, void, f.status(session.Id), name)
		require.Len(t, f.hooks.settled, 1, name)
	}
}

func TestSettlingWorksWithoutHooks(t *testing.T) {
	var tally types.Tally
	tally.Status = open
	tally.Settle(4, 3)
	require.Equal(t, types.Tally{Status: void, Settled: true}, tally)
}

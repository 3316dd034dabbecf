package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

func ids(sessions []types.SessionInfo) []uint64 {
	found := make([]uint64, len(sessions))
	for i, info := range sessions {
		found[i] = info.Session.Id
	}
	return found
}

func TestPendingSessionsAreThoseThatTheOperatorCanStillSign(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks = 10 })
	members, others := testutil.NewCommittee("a", 4), testutil.NewCommittee("b", 4)
	session, foreign := f.open(f.activeVault(members, 3).Id), f.open(f.activeVault(others, 3).Id)
	pending := func(member testutil.Member) []uint64 {
		response, err := f.query.PendingSessions(f.ctx, &types.QueryPendingSessionsRequest{Operator: member.Operator})
		require.NoError(t, err)
		return ids(response.Sessions)
	}
	f.sign(session.Id, members[:3]...)
	require.Empty(t, pending(members[0]))
	require.Equal(t, []uint64{session.Id}, pending(members[3]), "a signed session is still signed for credit")
	require.Equal(t, []uint64{foreign.Id}, pending(others[0]))
	require.Empty(t, pending(testutil.NewMember("stranger")))

	f.endBlocksThrough(session.Expires - 2)
	require.Equal(t, []uint64{session.Id}, pending(members[3]), "the next block is its last")
	f.endBlock()
	require.Empty(t, pending(members[3]), "the next block is too late")
}

func TestLiveSessionsAreTheNewestAttemptsOfUnfinishedSeries(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks = 10 })
	members := testutil.NewCommittee("a", 4)
	vault, other := f.activeVault(members, 3), f.activeVault(testutil.NewCommittee("b", 4), 3)
	first, foreign := f.open(vault.Id), f.open(other.Id)
	f.endBlocksThrough(first.Expires)
	second, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(t, err)
	live := func() []uint64 {
		response, err := f.query.LiveSessions(f.ctx, &types.QueryLiveSessionsRequest{})
		require.NoError(t, err)
		return ids(response.Sessions)
	}
	require.Equal(t, []uint64{second.Id, foreign.Id}, live())
	_, err = f.keeper.Prove(f.ctx, second.Id)
	require.NoError(t, err)
	require.Equal(t, []uint64{foreign.Id}, live())
}

func TestSessionsAreListedNewestFirstInPages(t *testing.T) {
	f := newFixture(t)
	for i := range 3 {
		f.open(f.activeVault(testutil.NewCommittee(string(rune('a'+i)), 4), 3).Id)
	}
	page, err := f.query.Sessions(f.ctx, &types.QuerySessionsRequest{Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 2}, ids(page.Sessions))
	page, err = f.query.Sessions(f.ctx, &types.QuerySessionsRequest{Pagination: &query.PageRequest{Key: page.Pagination.NextKey}})
	require.NoError(t, err)
	require.Equal(t, []uint64{1}, ids(page.Sessions))
	page, err = f.query.Sessions(f.ctx, &types.QuerySessionsRequest{Pagination: &query.PageRequest{Reverse: true}})
	require.NoError(t, err)
	require.Equal(t, []uint64{1, 2, 3}, ids(page.Sessions))
}

func TestVaultsAreListedByContractOrAll(t *testing.T) {
	f := newFixture(t)
	for i, contract := range []uint64{1, 2, 1} {
		v := newVault(testutil.NewCommittee(string(rune('a'+i)), 4), 3)
		v.Contract = contract
		_, err := f.keeper.CreateVault(f.ctx, v)
		require.NoError(t, err)
	}
	for contract, want := range map[uint64][]uint64{0: {1, 2, 3}, 1: {1, 3}, 2: {2}, 3: nil} {
		response, err := f.query.Vaults(f.ctx, &types.QueryVaultsRequest{Contract: contract})
		require.NoError(t, err)
		var found []uint64
		for _, vault := range response.Vaults {
			found = append(found, vault.Id)
		}
		require.Equal(t, want, found, "contract %d", contract)
	}
	response, err := f.query.Vault(f.ctx, &types.QueryVaultRequest{Id: 2})
	require.NoError(t, err)
	require.Len(t, response.Signers, 4)
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	f := newFixture(t)
	_, err := f.query.Vault(f.ctx, &types.QueryVaultRequest{Id: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = f.query.Session(f.ctx, &types.QuerySessionRequest{Id: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	session := f.open(f.activeVault(testutil.NewCommittee("a", 4), 3).Id)
	_, err = f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: session.Id})
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	_, err = f.query.PendingSessions(f.ctx, &types.QueryPendingSessionsRequest{})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	params, err := f.query.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), params.Params)
}

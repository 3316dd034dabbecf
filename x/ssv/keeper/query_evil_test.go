package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func evilsOf(c *testutil.Chain, operator string, page *query.PageRequest) *types.QueryEvilsResponse {
	answer, err := c.Queries.Evils(c.Ctx, &types.QueryEvilsRequest{Operator: operator, Pagination: page})
	require.NoError(c.T, err)
	return answer
}

func evictionsOf(c *testutil.Chain, contract uint64, page *query.PageRequest) *types.QueryEvictionsResponse {
	answer, err := c.Queries.Evictions(c.Ctx, &types.QueryEvictionsRequest{Contract: contract, Pagination: page})
	require.NoError(c.T, err)
	return answer
}

func TestEvilsAreShownOfOneOperatorOrOfAllPageByPage(t *testing.T) {
	c, _, committee := emergent(t)
	bad, worse := committee.Members[0].Operator, committee.Members[1].Operator
	require.Empty(t, evilsOf(c, "", nil).Evils)
	accusations := []types.Accusation{rogue(committee, bad), rogue(committee, worse), rogue(committee, worse), rogue(committee, worse)}
	accusations[2].Deed = types.DEED_FALSE_OBSERVATION
	accusations[3].Vault++
	for _, a := range accusations {
		require.True(t, punish(c, a))
	}
	all := evils(c)
	require.Len(t, all, 4)
	require.Equal(t, all, evilsOf(c, "", nil).Evils)
	require.Empty(t, evilsOf(c, committee.Members[2].Operator, nil).Evils)
	require.Equal(t, []uint64{11}, vaultsOf(evilsOf(c, bad, nil).Evils))
	require.Equal(t, []uint64{11, 11, 12}, vaultsOf(evilsOf(c, worse, nil).Evils))

	var found []types.Evil
	page := &query.PageRequest{Limit: 2}
	for pages := 0; ; pages++ {
		require.Less(t, pages, 2)
		answer := evilsOf(c, worse, page)
		found = append(found, answer.Evils...)
		if len(answer.Pagination.NextKey) == 0 {
			break
		}
		require.Len(t, answer.Evils, 2)
		page = &query.PageRequest{Limit: 2, Key: answer.Pagination.NextKey}
	}
	require.Equal(t, evilsOf(c, worse, nil).Evils, found)
	require.Equal(t, uint64(3), evilsOf(c, worse, &query.PageRequest{Limit: 1, CountTotal: true}).Pagination.Total)

	_, err := c.Queries.Evils(c.Ctx, &types.QueryEvilsRequest{Operator: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func vaultsOf(evils []types.Evil) []uint64 {
	var vaults []uint64
	for _, evil := range evils {
		vaults = append(vaults, evil.Vault)
	}
	return vaults
}

func TestEvictionsAreShownWhileTheyWaitForAStandbyOfOneContractOrOfAll(t *testing.T) {
	c, _ := elected(t, 20, demand(1, 4, 3, 4), demand(2, 4, 3, 4))
	c.RunToEra(2)
	require.Empty(t, evictionsOf(c, 0, nil).Evictions)
	for _, contract := range []uint64{1, 2} {
		committee := present(c, contract)
		for _, member := range append(committee.Standbys, committee.Members[0]) {
			punish(c, rogue(committee, member.Operator))
		}
	}
	c.Next()
	first, second := evictionsOf(c, 1, nil).Evictions, evictionsOf(c, 2, nil).Evictions
	require.Len(t, first, 1, "its standbys are banned: the member keeps its seat and waits")
	require.Equal(t, types.Eviction{
		Contract: 1, Operator: present(c, 1).Members[0].Operator, Evil: true, Reason: "evil: a rogue signature in vault 11",
	}, first[0])
	require.Len(t, second, 1)
	require.Equal(t, present(c, 2).Members[0].Operator, second[0].Operator)
	require.Equal(t, append(first, second...), evictionsOf(c, 0, nil).Evictions)
	answer := evictionsOf(c, 0, &query.PageRequest{Limit: 1, CountTotal: true})
	require.Equal(t, first, answer.Evictions)
	require.Equal(t, uint64(2), answer.Pagination.Total)
	require.Equal(t, second, evictionsOf(c, 0, &query.PageRequest{Key: answer.Pagination.NextKey}).Evictions)
	require.Empty(t, evictionsOf(c, 3, nil).Evictions)
}

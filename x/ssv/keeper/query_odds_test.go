package keeper_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

// lottery is a chain with eight validators of stakes 50, 52, … and seven candidates for 2 of 2 seats.
func lottery(t *testing.T) *testutil.Chain {
	t.Helper()
	c := testutil.New(t, testutil.Params(), 50, 52, 54, 56, 58, 60, 62, 64)
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 2, 2, 2)}})
	for i := range 7 {
		c.Register(i, chain)
	}
	c.Next()
	return c
}

func TestOddsAddUpToTheSeatsAndSharesToOne(t *testing.T) {
	c := lottery(t)
	answer, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{})
	require.NoError(t, err)
	require.Equal(t, uint64(2), answer.Era)
	require.False(t, answer.Frozen)
	require.Len(t, answer.Candidates, 7)
	seats, shares := 0.0, 0.0
	for _, candidate := range answer.Candidates {
		seats, shares = seats+number(t, candidate.Chance), shares+number(t, candidate.Share)
		require.InDelta(t, float64(candidate.Weight)/392, number(t, candidate.Share), 1e-8)
		require.Len(t, candidate.Seats, 1)
		require.Equal(t, candidate.Chance, candidate.Seats[0].Chance)
	}
	require.InDelta(t, 2, seats, 1e-8)
	require.InDelta(t, 1, shares, 1e-8)
	require.Equal(t, "contract 1: closed form", answer.Method)
}

func TestOddsBeforeTheFreezeAreThoseAfterItWhileNothingChanges(t *testing.T) {
	c := lottery(t)
	before, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{})
	require.NoError(t, err)
	for frozen := false; !frozen; {
		c.Next()
		freeze, found, err := c.Keeper.Freeze(c.Ctx, 1)
		require.NoError(t, err)
		frozen = found && freeze.Status == types.FREEZE_STATUS_DONE
	}
	after, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{})
	require.NoError(t, err)
	require.True(t, after.Frozen)
	after.Frozen = false
	require.Equal(t, before, after)
}

func TestTheCaptureChanceOfEveryCoalitionIsTold(t *testing.T) {
	c := lottery(t)
	answer, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{})
	require.NoError(t, err)
	require.Len(t, answer.Captures, 3)
	for i, want := range []struct {
		coalition string
		chance    float64
	}{{"1/5", 1.0 / 25}, {"1/4", 1.0 / 16}, {"1/3", 1.0 / 9}} {
		capture := answer.Captures[i]
		require.Equal(t, want.coalition, capture.Coalition)
		require.InDelta(t, want.chance, number(t, capture.Chance), 1e-12)
		require.Equal(t, []uint32{2, 2}, []uint32{capture.Size_, capture.Threshold})
	}
	sizes := []uint32{answer.Captures[0].SizeFor_1E6, answer.Captures[0].SizeFor_1E9}
	require.Equal(t, []uint32{9, 13}, sizes, "(1/5)^9 is the first power below 10^-6, and (1/5)^13 below 10^-9")
	require.Less(t, math.Pow(0.2, 9), 1e-6)
	require.Greater(t, math.Pow(0.2, 8), 1e-6)
}

func TestOddsOfOneOperatorAndPageByPageAreThoseOfAll(t *testing.T) {
	c := lottery(t)
	all, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{})
	require.NoError(t, err)
	one, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{Operator: all.Candidates[3].Operator})
	require.NoError(t, err)
	require.Equal(t, all.Candidates[3:4], one.Candidates)
	var paged []types.CandidateOdds
	for key, more := []byte(nil), true; more; {
		page, err := c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{Pagination: &query.PageRequest{Key: key, Limit: 3}})
		require.NoError(t, err)
		paged, key = append(paged, page.Candidates...), page.Pagination.NextKey
		more = key != nil
	}
	require.Equal(t, all.Candidates, paged)
	_, err = c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{Operator: testutil.Operator(7).String()})
	require.Equal(t, codes.NotFound, status.Code(err))
	require.ErrorContains(t, err, "is not in the pool")
	_, err = c.Queries.Odds(c.Ctx, &types.QueryOddsRequest{Operator: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestPoolsTooLargeForOddsAreRefusedByTheBoundTheyExceed(t *testing.T) {
	require.NoError(t, keeper.CheckOdds(10_000, 25))
	require.ErrorContains(t, keeper.CheckOdds(10_001, 1), "the pool has 10001 candidates, odds are computed for at most 10000")
	require.ErrorContains(t, keeper.CheckOdds(10_000, 26), "10000 candidates for 26 contracts, odds are computed for a product of at most 250000")
}

func TestThePoolIsReadFromEitherEndAndFromAnyKey(t *testing.T) {
	c := lottery(t)
	c.RunToEra(2)
	page := func(request *query.PageRequest) ([]string, *query.PageResponse) {
		answer, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 1, Pagination: request})
		require.NoError(t, err)
		var operators []string
		for _, entry := range answer.Entries {
			operators = append(operators, entry.Operator)
		}
		return operators, answer.Pagination
	}
	all, response := page(nil)
	require.Len(t, all, 7)
	require.Equal(t, uint64(7), response.Total)
	require.Nil(t, response.NextKey)
	some, response := page(&query.PageRequest{Offset: 2, Limit: 3})
	require.Equal(t, all[2:5], some)
	require.Equal(t, all[5], sdk.ValAddress(response.NextKey).String())
	some, _ = page(&query.PageRequest{Key: response.NextKey})
	require.Equal(t, all[5:], some)
	some, _ = page(&query.PageRequest{Reverse: true, Limit: 2})
	require.Equal(t, []string{all[6], all[5]}, some)
	some, _ = page(&query.PageRequest{Offset: 50})
	require.Empty(t, some)
	_, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 1, Pagination: &query.PageRequest{Key: []byte{1}, Offset: 1}})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func callsOf(t *testing.T, c *testutil.Chain, era uint64, operator sdk.ValAddress) []types.CallAccount {
	t.Helper()
	accounts, err := c.Keeper.CallsOf(c.Ctx, era, operator)
	require.NoError(t, err)
	return accounts
}

func TestCallsAddUpByEraOperatorAndContractAndSurviveAnExport(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Next()
	operator, other := testutil.Operator(1), testutil.Operator(2)
	for _, counted := range []struct {
		contract       uint64
		operator       sdk.ValAddress
		calls, clients uint64
	}{{1, operator, 5, 2}, {1, operator, 7, 1}, {2, operator, 1, 1}, {1, other, 9, 9}} {
		require.NoError(t, c.Keeper.RecordCalls(c.Ctx, counted.contract, counted.operator.String(), counted.calls, counted.clients))
	}
	require.Equal(t, []types.CallAccount{
		{Era: 1, Operator: operator.String(), Contract: 1, Calls: 12, Clients: 3},
		{Era: 1, Operator: operator.String(), Contract: 2, Calls: 1, Clients: 1},
	}, callsOf(t, c, 1, operator))
	roundTrip(t, c)
	require.Error(t, c.Keeper.RecordCalls(c.Ctx, 1, "nobody", 1, 1))
}

func TestCallsArePrunedWithTheErasHistory(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Next()
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.HistoryEras = 1
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	operator := testutil.Operator(1)
	require.NoError(t, c.Keeper.RecordCalls(c.Ctx, 1, operator.String(), 5, 2))
	c.RunToEra(2)
	require.Len(t, callsOf(t, c, 1, operator), 1)
	require.Empty(t, callsOf(t, c, 2, operator))
	c.RunToEra(4)
	c.Run(3)
	require.Empty(t, callsOf(t, c, 1, operator))
}

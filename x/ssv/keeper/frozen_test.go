package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// seedKnown lets a chain live until the seed of an era's election is public.
func seedKnown(c *testutil.Chain, number uint64) {
	c.T.Helper()
	for era(c).Number <= number {
		if answer := round(c); answer.Round.Era == number && answer.Round.Status == types.ROUND_STATUS_DONE {
			return
		}
		c.Next()
	}
	c.T.Fatalf("era %d ended without a seed", number)
}

// Members of a contract in handover may be exchanged at any time; whom the seed draws for the others must not depend on it (protocol §3).
func TestWhoTakesASeatAfterTheSeedIsKnownChangesNoDraw(t *testing.T) {
	drawn := func(exchanges int) []string {
		c, contracts := elected(t, 20, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
		c.RunToEra(2)
		contracts.Wanted = contracts.Wanted[1:]
		seedKnown(c, 2)
		for range exchanges {
			_, err := c.Keeper.ExchangeMember(c.Ctx, 1, "its address is taken")
			require.NoError(t, err)
		}
		c.RunToEra(3)
		committee := present(c, 2)
		require.Equal(t, types.COMMITTEE_ORIGIN_ELECTED, committee.Origin)
		return operatorsOf(committee.Members)
	}
	undisturbed := drawn(0)
	require.Equal(t, undisturbed, drawn(1))
	require.Equal(t, undisturbed, drawn(2))
}

func TestParametersThatChangeAfterTheSeedIsKnownChangeNoDraw(t *testing.T) {
	drawn := func(change func(*types.Params)) []string {
		c, _ := elected(t, 20, demand(1, 3, 3, 3))
		c.RunToEra(2)
		seedKnown(c, 2)
		params, err := c.Keeper.GetParams(c.Ctx)
		require.NoError(t, err)
		change(&params)
		require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
		c.RunToEra(3)
		return operatorsOf(present(c, 1).Members)
	}
	undisturbed := drawn(func(*types.Params) {})
	changes := map[string]func(*types.Params){
		"producers": func(p *types.Params) { p.MinProducers = 18 },
		"excluded":  func(p *types.Params) { p.MaxExcludedPower = math.LegacyNewDecWithPrec(1, 2) },
		"pool":      func(p *types.Params) { p.MinPoolFactor = 50 },
		"rest":      func(p *types.Params) { p.MaxRestingShare = math.LegacyZeroDec() },
		"window":    func(p *types.Params) { p.BeaconWindow /= 4 },
	}
	for name, change := range changes {
		require.Equal(t, undisturbed, drawn(change), name)
	}
}

func TestTheFirstSeedElectsAtTheEndOfTheFirstEraOrNever(t *testing.T) {
	c := dealing(t)
	first := make([]byte, 32)
	first[0] = 7
	require.NoError(t, c.Keeper.FirstSeed.Set(c.Ctx, first))
	c.Next()
	c.EndBlock(era(c).EndTime.Add(time.Hour)) // no block of era 1 lies in its window
	c.Next()
	require.Equal(t, uint64(2), era(c).Number)
	restore := c.LengthenPhases()
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.NoError(t, genesis.Validate())
	restore()
	c.RunToEra(3)
	record, err := c.Keeper.EraRecords.Get(c.Ctx, 3)
	require.NoError(t, err)
	require.NotEqual(t, first, record.Seed)
}

// A dealer with t slots could read the others' secrets before it deals, and choose.
func TestNoRoundIsOpenedInWhichOneDealerOwnsTheThreshold(t *testing.T) {
	params := testutil.Params()
	params.BeaconSize = 8
	c := testutil.New(t, params, 50, 10, 10, 10, 230, 230, 230, 230)
	for i := range 4 {
		c.Register(i, chain)
	}
	failed := runTo(c, types.ROUND_STATUS_FAILED)
	require.Contains(t, failed.Round.Reason, "alone would own 10 of 16 slots, want fewer than 6")
	require.Empty(t, failed.Dealers)
	roundTrip(t, c)
}

func TestNoRoundIsOpenedWhoseDealersHoldLittleOfThePool(t *testing.T) {
	params := testutil.Params()
	params.BeaconSize, params.MinBeaconShare = 4, math.LegacyNewDecWithPrec(34, 2)
	c := testutil.New(t, params, equalStakes(12, 100)...)
	for i := range 12 {
		c.Register(i, chain)
	}
	failed := runTo(c, types.ROUND_STATUS_FAILED)
	require.Equal(t, "4 dealers hold 400 of the pool's weight 1200, want at least 0.340000000000000000 of it", failed.Round.Reason)
}

func TestAnEraWithoutASeedKeepsTheCommitteeOfAContractWithoutADemandUnchanged(t *testing.T) {
	c, contracts := elected(t, 12, demand(1, 3, 3, 3), demand(2, 3, 3, 3))
	c.RunToEra(2)
	first := present(c, 1)
	contracts.Wanted = contracts.Wanted[1:] // its handover is not finished
	c.Conducts = map[int]testutil.Conduct{}
	for i := range 12 {
		c.Conducts[i] = testutil.Conduct{Silent: true}
	}
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: first.Members[0].Operator})
	require.NoError(t, err)
	c.RunToEra(3)
	require.Equal(t, types.ROUND_STATUS_FAILED, round(c).Round.Status)
	require.Equal(t, first.Members, present(c, 1).Members, "its vault can't change")
}

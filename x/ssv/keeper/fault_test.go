package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// record counts a settled session, required of all its members.
func record(c *testutil.Chain, sessions ...keeper.SettledSession) {
	for _, s := range sessions {
		require.NoError(c.T, c.Keeper.RecordSettled(c.Ctx, s))
	}
}

// settlementsOf is what is known of an era that ended.
func settlementsOf(c *testutil.Chain, era uint64) *types.QuerySettlementsResponse {
	answer, err := c.Queries.Settlements(c.Ctx, &types.QuerySettlementsRequest{Era: era})
	require.NoError(c.T, err)
	return answer
}

func settlementOf(c *testutil.Chain, era uint64) types.Settlement {
	answer := settlementsOf(c, era)
	require.Empty(c.T, answer.Due)
	require.Empty(c.T, answer.Slashes)
	require.Len(c.T, answer.Settlements, 1)
	return answer.Settlements[0]
}

func memberOf(c *testutil.Chain, s types.Settlement, operator string) types.MemberSettlement {
	at := s.MemberIndex(operator)
	require.GreaterOrEqual(c.T, at, 0)
	return s.Members[at]
}

// names are the operators of a committee's members from a seat to before another.
func names(committee types.Committee, from, to int) []string {
	return operatorsOf(committee.Members[from:to])
}

func TestTwoOfSevenThatMissEverySessionLoseWhatTheCurveSaysAndAreWithdrawnOnTheirOwnAccount(t *testing.T) {
	c, _, committee := emergent(t)
	out := names(committee, 2, 4)
	supply := c.Bank.GetSupply(c.Ctx, testutil.Denom).Amount
	record(c, settled(committee, 1, out...), settled(committee, 2, out...), settled(committee, 3, out...))
	budget(c, 0)
	c.RunToEra(3)

	// (3·2/7)² · 0.1 = 36/490, truncated.
	fraction := math.LegacyMustNewDecFromStr("0.073469387755102040")
	s := settlementOf(c, 2)
	require.Equal(t, fraction, s.Fraction)
	require.Equal(t, uint32(2), s.Faults)
	require.False(t, s.Withdraws, "3·2 is not more than 2·5")
	for _, operator := range operatorsOf(committee.Members) {
		member := memberOf(c, s, operator)
		if !slices.Contains(out, operator) {
			require.Empty(t, member.Faults)
			require.Equal(t, int64(100_000_000), tokens(c, operator))
			require.False(t, banned(c, operator))
			continue
		}
		require.Equal(t, []types.Fault{types.FAULT_UNRESPONSIVE, types.FAULT_MISSED}, member.Faults)
		require.True(t, member.Withdrawn)
		require.Equal(t, int64(100), member.Power)
		require.Equal(t, int64(7_346_938), member.Slashed.Int64())
		require.Equal(t, int64(100_000_000-7_346_938), tokens(c, operator))
		require.True(t, banned(c, operator))
		require.Equal(t, -1, present(c, 1).MemberIndex(operator), "out in the next era")
	}
	require.Equal(t, int64(2*7_346_938), supply.Sub(c.Bank.GetSupply(c.Ctx, testutil.Denom).Amount).Int64(), "burned")
	roundTrip(t, c)
}

func TestAnEraIsSettledOnceThroughRetriesAndLaterEras(t *testing.T) {
	c, _, committee := emergent(t)
	out := names(committee, 0, 1)
	record(c, settled(committee, 1, out...))
	c.RunToEra(3)
	before := tokens(c, out[0])
	require.Equal(t, int64(100_000_000-1_836_734), before, "(3/7)² · 0.1 of 100 FIS")
	c.RunToEra(5)
	require.Equal(t, before, tokens(c, out[0]))
	require.Equal(t, int64(1_836_734), memberOf(c, settlementOf(c, 2), out[0]).Slashed.Int64())
	require.Empty(t, settlementsOf(c, 3).Settlements, "nothing was owed")
}

func TestTheCurveWithdrawsAllWithAFaultWhereTheyAreTooMany(t *testing.T) {
	c, _, committee := emergent(t)
	out := names(committee, 0, 4)
	// Every second session missed: a fault, and less than withdraw_ratio.
	record(c, settled(committee, 1, out...), settled(committee, 2))
	c.RunToEra(3)
	s := settlementOf(c, 2)
	require.True(t, s.Withdraws, "3·4 > 2·5")
	require.Equal(t, math.LegacyNewDecWithPrec(1, 1), s.Fraction, "the tenth that is the most")
	for _, operator := range out {
		require.Equal(t, []types.Fault{types.FAULT_MISSED}, memberOf(c, s, operator).Faults)
		require.True(t, memberOf(c, s, operator).Withdrawn)
		require.True(t, banned(c, operator))
	}
}

func TestOneMissedSessionOfThreeIsNoFaultAndTwoAreNoWithdrawal(t *testing.T) {
	c, _, committee := emergent(t)
	one, two := committee.Members[0].Operator, committee.Members[1].Operator
	record(c, settled(committee, 1, one, two), settled(committee, 2, two), settled(committee, 3))
	c.RunToEra(3)
	s := settlementOf(c, 2)
	require.Empty(t, memberOf(c, s, one).Faults, "one of three is not more than a third")
	require.Equal(t, []types.Fault{types.FAULT_MISSED}, memberOf(c, s, two).Faults)
	require.False(t, memberOf(c, s, two).Withdrawn, "two of three are not more than two thirds")
}

func TestTwoWrongSignaturesAreAFaultAndOneIsNone(t *testing.T) {
	c, _, committee := emergent(t)
	s := settled(committee, 1)
	s.Duties[0].Wrong, s.Duties[1].Wrong = 2, 1
	record(c, s)
	c.RunToEra(3)
	got := settlementOf(c, 2)
	require.Equal(t, []types.Fault{types.FAULT_WRONG}, got.Members[0].Faults)
	require.False(t, got.Members[0].Withdrawn)
	require.Empty(t, got.Members[1].Faults)
	require.Equal(t, uint32(1), got.Faults)
}

func TestAMemberThatIsSilentInSessionsAndHasHeartbeatsIsNotUnresponsive(t *testing.T) {
	c, _, committee := emergent(t)
	out := committee.Members[0].Operator
	require.NoError(t, c.Keeper.TouchDuty(c.Ctx, out))
	record(c, settled(committee, 1, out))
	c.RunToEra(3)
	member := memberOf(c, settlementOf(c, 2), out)
	require.Equal(t, []types.Fault{types.FAULT_MISSED}, member.Faults)
	require.Equal(t, uint64(1), member.Heartbeats)
}

func TestSignaturesThatWereNotOwedMakeUpForNoneThatWas(t *testing.T) {
	c, _, committee := emergent(t)
	out := committee.Members[0].Operator
	record(c, settled(committee, 1, out), settled(committee, 2))
	for session := range uint64(8) {
		free := settled(committee, 3+session)
		free.Blames = false
		record(c, free)
	}
	c.RunToEra(3)
	s := settlementOf(c, 2)
	require.Equal(t, []types.Fault{types.FAULT_MISSED}, memberOf(c, s, out).Faults, "one of two missed")
	require.Equal(t, uint64(2), memberOf(c, s, out).Required)
	require.Equal(t, uint64(1), memberOf(c, s, out).Signed)
	for _, e := range statement(c, 2).Earnings {
		require.Equal(t, e.Operator == out, e.Signatures == 9, "they earn points")
	}
}

func TestWrongSignaturesCountWhereTheSessionBlamesAndNowhereElse(t *testing.T) {
	c, _, committee := emergent(t)
	void := settled(committee, 1)
	void.Blames = false
	blaming := settled(committee, 2)
	for seat := range 2 {
		void.Duties[seat].Signed, void.Duties[seat].Wrong = false, 5
	}
	blaming.Duties[0].Wrong = 2
	record(c, void, blaming)
	c.RunToEra(3)
	s := settlementOf(c, 2)
	require.Equal(t, []types.Fault{types.FAULT_WRONG}, s.Members[0].Faults)
	require.Equal(t, uint64(2), s.Members[0].Wrong)
	require.Empty(t, s.Members[1].Faults)
}

func TestASessionThatBlamesNobodyIsNoFault(t *testing.T) {
	c, _, committee := emergent(t)
	void := settled(committee, 1, names(committee, 0, 5)...)
	void.Blames = false
	void.Duties[5].Wrong = 3
	record(c, void)
	c.RunToEra(3)
	require.Zero(t, settlementOf(c, 2).Faults)
}

func TestWhoUndelegatesAfterTheFaultIsSlashedAndWhatIsDelegatedLaterIsNot(t *testing.T) {
	c, _, committee := emergent(t)
	out := committee.Members[0].Operator
	operator := sdk.AccAddress(raw(t, out))
	_, err := stakingkeeper.NewMsgServerImpl(c.Staking).Undelegate(c.Ctx, stakingtypes.NewMsgUndelegate(
		operator.String(), out, sdk.NewInt64Coin(testutil.Denom, 40_000_000)))
	require.NoError(t, err)
	delegate(c, out, 10_000_000)
	record(c, settled(committee, 1, out))
	c.RunToEra(3)
	unbonding, err := c.Staking.GetUnbondingDelegation(c.Ctx, operator, raw(t, out))
	require.NoError(t, err)
	lost := 40_000_000 - unbonding.Entries[0].Balance.Int64()
	require.Equal(t, int64(734_693), lost, "0.0183… of what was undelegated")
	member := memberOf(c, settlementOf(c, 2), out)
	require.Equal(t, int64(1_836_734)-lost, member.Slashed.Int64(), "the rest of that part of 100 FIS")
	require.Equal(t, int64(70_000_000)-member.Slashed.Int64(), tokens(c, out))
}

func TestAMemberThatIsGoneOrUnbondedIsRecordedAndCounts(t *testing.T) {
	c, _, committee := emergent(t)
	out := names(committee, 0, 2)
	record(c, settled(committee, 1, out...))
	validator, err := c.Staking.GetValidator(c.Ctx, raw(t, out[0]))
	require.NoError(t, err)
	consAddr, err := validator.GetConsAddr()
	require.NoError(t, err)
	require.NoError(t, c.Staking.Jail(c.Ctx, consAddr))
	c.Next()
	validator, err = c.Staking.GetValidator(c.Ctx, raw(t, out[0]))
	require.NoError(t, err)
	validator.Status = stakingtypes.Unbonded
	require.NoError(t, c.Staking.SetValidator(c.Ctx, validator))
	c.RunToEra(3)
	s := settlementOf(c, 2)
	require.Equal(t, uint32(2), s.Faults)
	require.Equal(t, types.UNSLASHED_UNBONDED, memberOf(c, s, out[0]).Unslashed)
	require.True(t, memberOf(c, s, out[0]).Slashed.IsZero())
	require.Equal(t, int64(7_346_938), memberOf(c, s, out[1]).Slashed.Int64())
}

func TestSettlementIsBoundedPerBlockAndGoesOnFromItsCursorThroughAnExport(t *testing.T) {
	c, _, committee := emergent(t)
	out := names(committee, 0, 4)
	record(c, settled(committee, 1, out...))
	other := settled(committee, 2)
	other.Vault = 99
	record(c, other)
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	params.MaxSlashesPerBlock = 3
	require.NoError(t, c.Keeper.Params.Set(c.Ctx, params))
	c.RunToEra(3)
	answer := settlementsOf(c, 2)
	require.Len(t, answer.Due, 1, "one vault a block, for it has more members than the bound")
	require.Len(t, answer.Settlements, 1)
	require.Empty(t, settlementsOf(c, 2).Settlements[0].Members[0].Unslashed)
	require.Equal(t, uint64(2), present(c, 1).Era, "nobody is seated before all are judged")
	roundTrip(t, c)
	c.Next()
	answer = settlementsOf(c, 2)
	require.Empty(t, answer.Due)
	require.Equal(t, uint32(3), answer.Slashes[0].Next, "three slashed, the fourth in the next block")
	require.Equal(t, uint64(3), present(c, 1).Era)
	roundTrip(t, c)
	c.Next()
	for _, operator := range out {
		require.Equal(t, int64(90_000_000), tokens(c, operator), "once each")
	}
	require.Empty(t, settlementsOf(c, 2).Slashes)
	_, err = c.Keeper.Transition.Get(c.Ctx)
	require.ErrorIs(t, err, collections.ErrNotFound)
}

func TestDutiesSayWhatAFaultWouldCostNow(t *testing.T) {
	c, _, committee := emergent(t)
	bad, good := committee.Members[0].Operator, committee.Members[1].Operator
	record(c, settled(committee, 1, bad))
	cost := func(operator string) types.FaultCost {
		answer, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: operator})
		require.NoError(t, err)
		require.Len(t, answer.Costs, 1)
		return answer.Costs[0]
	}
	mine := cost(bad)
	require.Zero(t, mine.Others)
	require.Equal(t, int64(1_836_734), mine.Cost.Int64(), "k = 1")
	require.Len(t, mine.Faults, 2)
	require.True(t, mine.Withdrawn)
	other := cost(good)
	require.Equal(t, uint32(1), other.Others)
	require.Empty(t, other.Faults)
	require.Equal(t, int64(7_346_938), other.Cost.Int64(), "k = 2, were it to fail too")
	require.False(t, other.Withdrawn)
}

// budget sets the era's.
func budget(c *testutil.Chain, amount int64) {
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(c.T, err)
	params.EraBudget = math.NewInt(amount)
	require.NoError(c.T, c.Keeper.Params.Set(c.Ctx, params))
}

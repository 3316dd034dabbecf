package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// rogue accuses a committee's member of a rogue signature in its vault.
func rogue(committee types.Committee, operator string) types.Accusation {
	return types.Accusation{
		Contract: committee.Contract, Vault: 10 + committee.Contract, VaultEra: committee.Era, Operator: operator,
		Deed: types.DEED_ROGUE_SIGNATURE, Proof: make([]byte, 32),
	}
}

func punish(c *testutil.Chain, a types.Accusation) bool {
	punished, err := c.Keeper.PunishEvil(c.Ctx, a)
	require.NoError(c.T, err)
	return punished
}

func tokens(c *testutil.Chain, operator string) int64 {
	validator, err := c.Staking.GetValidator(c.Ctx, raw(c.T, operator))
	require.NoError(c.T, err)
	return validator.GetTokens().Int64()
}

func evils(c *testutil.Chain) []types.Evil {
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(c.T, err)
	return genesis.Emergency.Evils
}

func TestEvilCostsATenthOfTheStakeTheSeatTheNextElectionAndTheRecord(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[3].Operator
	supply := c.Bank.GetSupply(c.Ctx, testutil.Denom).Amount
	require.True(t, punish(c, rogue(before, out)))
	require.Equal(t, int64(90_000_000), tokens(c, out))
	require.Equal(t, int64(10_000_000), supply.Sub(c.Bank.GetSupply(c.Ctx, testutil.Denom).Amount).Int64(), "burned")
	require.Equal(t, before, present(c, 1), "replaced at the block's end")
	c.Next()

	after := present(c, 1)
	require.Equal(t, before.Standbys[0], after.Members[3])
	require.Equal(t, []types.Committee{after}, contracts.Seated)
	require.True(t, banned(c, out))
	record, err := c.Keeper.SlashRecords.Get(c.Ctx, raw(t, out))
	require.NoError(t, err)
	require.Equal(t, types.SlashRecord{Operator: out, Era: before.Era, Infraction: "rogue signature"}, record)
	found := evils(c)
	require.Len(t, found, 1)
	require.Equal(t, int64(100), found[0].Power)
	require.Equal(t, math.NewInt(10_000_000), found[0].Slashed)
	roundTrip(t, c)

	for number := uint64(3); number < 8; number++ {
		c.RunToEra(number)
		require.Equal(t, -1, present(c, 1).MemberIndex(out), "criterion 5 holds for ever")
	}
}

func TestADeedIsPunishedOnceForEachVaultAndEachDeedByItself(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[3].Operator
	a := rogue(before, out)
	require.True(t, punish(c, a))
	a.Proof = []byte("another document of the same vault")
	require.False(t, punish(c, a))
	require.Equal(t, int64(90_000_000), tokens(c, out))
	a.Deed = types.DEED_FALSE_OBSERVATION
	require.True(t, punish(c, a))
	require.Equal(t, int64(80_000_000), tokens(c, out), "a tenth of what was at stake, not of what is left")
	a.Vault++
	require.True(t, punish(c, a))
	require.Len(t, evils(c), 3)
	roundTrip(t, c)
}

func TestADeedInAnotherTermOfTheSameVaultIsPunishedAgain(t *testing.T) {
	c, _, before := emergent(t)
	a := rogue(before, before.Members[3].Operator)
	require.True(t, punish(c, a))
	a.VaultEra--
	require.True(t, punish(c, a), "elected again, the same committee holds its old vault")
	require.False(t, punish(c, a))
	a.VaultEra++
	require.False(t, punish(c, a), "the former term's is punished")
	found := evils(c)
	require.Len(t, found, 2)
	require.Equal(t, []uint64{before.Era - 1, before.Era}, []uint64{found[0].VaultEra, found[1].VaultEra})
	roundTrip(t, c)
}

// delegate gives validator out's operator other stake by a delegator.
func delegate(c *testutil.Chain, operator string, amount int64) sdk.AccAddress {
	delegator := sdk.AccAddress("delegator-----------")
	c.Fund(delegator, amount)
	_, err := stakingkeeper.NewMsgServerImpl(c.Staking).Delegate(c.Ctx, stakingtypes.NewMsgDelegate(
		delegator.String(), operator, sdk.NewInt64Coin(testutil.Denom, amount)))
	require.NoError(c.T, err)
	return delegator
}

func TestWhoUndelegatesOrRedelegatesAfterTheCommitteeIsSeatedIsSlashedWithItsMember(t *testing.T) {
	c, _ := elected(t, 20, demand(1, 7, 5, 7))
	delegator := delegate(c, testutil.Operator(0).String(), 8_000_000)
	c.RunToEra(2)
	committee := present(c, 1)
	msgs := stakingkeeper.NewMsgServerImpl(c.Staking)
	out := testutil.Operator(0).String()
	if committee.MemberIndex(out) < 0 {
		out = ""
	}
	for number := uint64(3); out == "" && number < 30; number++ {
		c.RunToEra(number)
		if committee = present(c, 1); committee.MemberIndex(testutil.Operator(0).String()) >= 0 {
			out = testutil.Operator(0).String()
		}
	}
	require.NotEmpty(t, out, "never drawn")
	require.Equal(t, int64(108_000_000), tokens(c, out))
	c.Next()
	_, err := msgs.Undelegate(c.Ctx, stakingtypes.NewMsgUndelegate(delegator.String(), out, sdk.NewInt64Coin(testutil.Denom, 5_000_000)))
	require.NoError(t, err)
	other := testutil.Operator(19).String()
	_, err = msgs.BeginRedelegate(c.Ctx, stakingtypes.NewMsgBeginRedelegate(delegator.String(), out, other, sdk.NewInt64Coin(testutil.Denom, 3_000_000)))
	require.NoError(t, err)
	c.Run(2)
	require.Equal(t, int64(100_000_000), tokens(c, out))
	elsewhere := tokens(c, other)

	require.True(t, punish(c, rogue(committee, out)))
	unbonding, err := c.Staking.GetUnbondingDelegation(c.Ctx, delegator, raw(t, out))
	require.NoError(t, err)
	require.Equal(t, int64(4_500_000), unbonding.Entries[0].Balance.Int64())
	require.Equal(t, elsewhere-300_000, tokens(c, other))
	require.Equal(t, int64(90_000_000), tokens(c, out), "a tenth of 108 FIS less what the others lost")
	require.Equal(t, int64(108), evils(c)[0].Power)
}

func TestWhatIsDelegatedAfterTheCommitteeIsSeatedIsNotAtStakeForIt(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[0].Operator
	delegate(c, out, 50_000_000)
	require.True(t, punish(c, rogue(before, out)))
	require.Equal(t, int64(140_000_000), tokens(c, out), "a tenth of the 100 FIS that it was elected with")
}

func TestEvilInTheBlockInWhichTheCommitteeIsSeatedIsSlashedAtThatHeight(t *testing.T) {
	c, _, before := emergent(t)
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	seated := genesis.Emergency.Stakes[0].Height
	c.Ctx = c.Ctx.WithBlockHeight(seated)
	require.True(t, punish(c, rogue(before, before.Members[0].Operator)), "x/staking refuses a height to come")
	require.Equal(t, seated, evils(c)[0].InfractionHeight)
}

func TestAMemberThatIsJailedUnbondingUnbondedOrGoneIsNoError(t *testing.T) {
	jail := func(c *testutil.Chain, operator string) {
		validator, err := c.Staking.GetValidator(c.Ctx, raw(c.T, operator))
		require.NoError(c.T, err)
		consAddr, err := validator.GetConsAddr()
		require.NoError(c.T, err)
		require.NoError(c.T, c.Staking.Jail(c.Ctx, consAddr))
	}
	for name, life := range map[string]struct {
		live      func(*testutil.Chain, string)
		slashed   int64
		unslashed types.Unslashed
	}{
		"jailed":    {jail, 10_000_000, 0},
		"unbonding": {func(c *testutil.Chain, operator string) { jail(c, operator); c.Next() }, 10_000_000, 0},
		"unbonded": {func(c *testutil.Chain, operator string) {
			jail(c, operator)
			c.Next()
			c.EndBlock(c.Ctx.BlockTime().Add(time.Hour))
			c.Next()
		}, 0, types.UNSLASHED_UNBONDED},
		"gone": {func(c *testutil.Chain, operator string) {
			account := sdk.AccAddress(raw(c.T, operator))
			_, err := stakingkeeper.NewMsgServerImpl(c.Staking).Undelegate(c.Ctx, stakingtypes.NewMsgUndelegate(
				account.String(), operator, sdk.NewInt64Coin(testutil.Denom, 100_000_000)))
			require.NoError(c.T, err)
			c.Next()
			c.EndBlock(c.Ctx.BlockTime().Add(time.Hour))
			c.Next()
		}, 0, types.UNSLASHED_GONE},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, before := emergent(t)
			out := before.Members[3].Operator
			life.live(c, out)
			require.True(t, punish(c, rogue(before, out)))
			found := evils(c)
			require.Len(t, found, 1)
			require.Equal(t, life.slashed, found[0].Slashed.Int64())
			require.Equal(t, life.unslashed, found[0].Unslashed)
			require.True(t, banned(c, out))
			record, err := c.Keeper.SlashRecords.Get(c.Ctx, raw(t, out))
			require.NoError(t, err)
			require.Equal(t, "rogue signature", record.Infraction)
			c.Next()
			require.Equal(t, -1, present(c, 1).MemberIndex(out))
		})
	}
}

func TestAnEvilMemberForWhomThereIsNoStandbyKeepsItsSeatUntilOneIsBack(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[3].Operator
	silence(c, operatorsOf(before.Standbys)...)
	require.True(t, punish(c, rogue(before, out)))
	c.Next()
	require.Equal(t, before, present(c, 1), "never a weaker threshold")
	trouble := testutil.Tested{Contract: 1, Trouble: "no standby can be called for " + out}
	require.Equal(t, []testutil.Tested{trouble}, contracts.Tested)
	judge(c, settled(before, 1))
	require.NotContains(t, contracts.Tested, testutil.Tested{Contract: 1}, "a session that all signed shows nothing of its keys")
	roundTrip(t, c)
	silence(c)
	c.Next()
	require.Equal(t, before.Standbys[0], present(c, 1).Members[3])
	waiting, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.Empty(t, waiting.Emergency.Evictions)
}

func TestWhoDidEvilInAVaultOfThePastIsWithdrawnFromWhereItServesNow(t *testing.T) {
	c, _ := elected(t, 20, demand(1, 4, 3, 4), demand(2, 4, 3, 4))
	c.RunToEra(2)
	one := present(c, 1)
	out := one.Members[0].Operator
	a := rogue(one, out)
	a.Contract, a.Vault, a.VaultEra = 2, 3, 1
	require.True(t, punish(c, a))
	c.Next()
	require.Equal(t, -1, present(c, 1).MemberIndex(out))
	require.Equal(t, int64(100), evils(c)[0].Power, "without a record of era 1 the present stake counts")
}

func TestAGenesisWithImpossibleEmergenciesIsRefused(t *testing.T) {
	c, _, before := emergent(t)
	for _, member := range before.Members[:2] {
		require.True(t, punish(c, rogue(before, member.Operator)))
	}
	c.Keeper.JudgeSession(c.Ctx, settled(before, 1, before.Members[5].Operator))
	for name, spoil := range map[string]func(*types.EmergencyState){
		"evictions out of order":      func(s *types.EmergencyState) { s.Evictions[0], s.Evictions[1] = s.Evictions[1], s.Evictions[0] },
		"an eviction of nobody":       func(s *types.EmergencyState) { s.Evictions[0].Operator = "" },
		"an eviction from nothing":    func(s *types.EmergencyState) { s.Evictions[0].Contract = 0 },
		"stakes out of order":         func(s *types.EmergencyState) { s.Stakes[0], s.Stakes[1] = s.Stakes[1], s.Stakes[0] },
		"a negative stake":            func(s *types.EmergencyState) { s.Stakes[0].Power = -1 },
		"an evil twice":               func(s *types.EmergencyState) { s.Evils[1] = s.Evils[0] },
		"an evil of no kind":          func(s *types.EmergencyState) { s.Evils[0].Deed = 0 },
		"an evil with a negative sum": func(s *types.EmergencyState) { s.Evils[0].Slashed = math.NewInt(-1) },
		"an absence of nobody":        func(s *types.EmergencyState) { s.Absences[0].Operators = nil },
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			require.NoError(t, genesis.Validate())
			spoil(&genesis.Emergency)
			require.ErrorIs(t, genesis.Validate(), types.ErrInvalidGenesis)
		})
	}
}

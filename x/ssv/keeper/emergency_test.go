package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// emergent is a chain whose contract has a committee of seven, five of which sign, in an era that has just begun: its vault 11 is
// endangered with five or six signatures.
func emergent(t *testing.T) (*testutil.Chain, *testutil.Contracts, types.Committee) {
	t.Helper()
	c, contracts := elected(t, 20, demand(1, 7, 5, 7))
	c.RunToEra(2)
	committee := present(c, 1)
	require.Len(t, committee.Standbys, 3)
	contracts.Seated, contracts.Tested = nil, nil
	return c, contracts, committee
}

// settled is a session of a committee's ACTIVE vault that all but the absent have signed.
func settled(committee types.Committee, session uint64, absent ...string) keeper.SettledSession {
	s := keeper.SettledSession{
		Contract: committee.Contract, Vault: 10 + committee.Contract, Session: session, VaultEra: committee.Era,
		Size: uint32(len(committee.Members)), Threshold: committee.Threshold, Active: true, Blames: true,
	}
	for _, member := range committee.Members {
		signed := !slices.Contains(absent, member.Operator)
		s.Duties = append(s.Duties, keeper.SessionDuty{Operator: member.Operator, Signed: signed})
		if signed {
			s.Signatures++
		}
	}
	return s
}

func raw(t require.TestingT, operator string) sdk.ValAddress {
	address, err := sdk.ValAddressFromBech32(operator)
	require.NoError(t, err)
	return address
}

// silence makes an operator's last sign of life older than any window.
func silence(c *testutil.Chain, operators ...string) {
	params, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(c.T, err)
	params.HeartbeatWindow = params.HeartbeatInterval
	require.NoError(c.T, c.Keeper.Params.Set(c.Ctx, params))
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(c.T, err)
	for _, live := range genesis.Liveness {
		live.Liveness.Height = c.Ctx.BlockHeight()
		if slices.Contains(operators, live.Operator) {
			live.Liveness.Height = -1_000
		}
		require.NoError(c.T, c.Keeper.Liveness.Set(c.Ctx, raw(c.T, live.Operator), live.Liveness))
	}
}

func judge(c *testutil.Chain, sessions ...keeper.SettledSession) {
	for _, s := range sessions {
		c.Keeper.JudgeSession(c.Ctx, s)
	}
	c.Next()
}

func banned(c *testutil.Chain, operator string) bool {
	has, err := c.Keeper.Bans.Has(c.Ctx, raw(c.T, operator))
	require.NoError(c.T, err)
	return has
}

func TestAMemberThatMissedTwoSessionsOfAnEndangeredVaultGivesItsSeatToTheFirstStandby(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[2].Operator
	judge(c, settled(before, 1, out))
	require.Equal(t, before, present(c, 1), "slow once")
	require.Equal(t, []testutil.Tested{{Contract: 1}}, contracts.Tested, "and the vault is sound")
	judge(c, settled(before, 2, out))

	after := present(c, 1)
	require.Equal(t, before.WithMember(2, before.Standbys[0]).Members, after.Members)
	require.Equal(t, before.Standbys[1:], after.Standbys)
	require.Equal(t, before.Threshold, after.Threshold)
	require.Equal(t, []types.Committee{after}, contracts.Seated, "the contract opens a handover")
	require.Contains(t, after.Reason, out)
	require.True(t, banned(c, out))
	require.False(t, excluded(c, out), "it produces again, and is jailed where its node is down too")
	require.True(t, excluded(c, after.Members[2].Operator))
	account, err := c.Keeper.HeartbeatAccounts.Get(c.Ctx, collections.Join(era(c).Number, raw(t, out)))
	require.NoError(t, err, "its heartbeats are settled")
	require.Equal(t, out, account.Operator)
	roundTrip(t, c)
}

func TestAMemberWithoutASignOfLifeIsReplacedAfterOneMissedSession(t *testing.T) {
	c, _, before := emergent(t)
	dead, slow := before.Members[0].Operator, before.Members[6].Operator
	silence(c, dead)
	judge(c, settled(before, 1, dead, slow))
	after := present(c, 1)
	require.Equal(t, before.Standbys[0], after.Members[0])
	require.Equal(t, before.Members[6], after.Members[6], "slow, and gives signs of life")
}

func TestNobodyIsEvictedFromAVaultThatIsNotEndangered(t *testing.T) {
	for name, spoil := range map[string]func(*keeper.SettledSession){
		"fewer than N signatures: nobody can be installed": func(s *keeper.SettledSession) { s.Signatures = s.Threshold - 1 },
		"more signatures than the margin":                  func(s *keeper.SettledSession) { s.Size, s.Signatures = 21, 18 },
		"void":                                             func(s *keeper.SettledSession) { s.Blames = false },
		"not the ACTIVE vault":                             func(s *keeper.SettledSession) { s.Active = false },
		"another contract's":                               func(s *keeper.SettledSession) { s.Contract = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			c, contracts, before := emergent(t)
			out := before.Members[2].Operator
			silence(c, out)
			for session := range uint64(3) {
				s := settled(before, session+1, out)
				s.Threshold = 5
				spoil(&s)
				judge(c, s)
			}
			require.Equal(t, before, present(c, 1))
			require.Empty(t, contracts.Seated)
			require.False(t, banned(c, out))
		})
	}
}

func TestAMissedSessionBetweenSignedOnesIsForgotten(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[4].Operator
	for session := uint64(1); session < 9; session += 2 {
		judge(c, settled(before, session, out), settled(before, session+1))
	}
	require.Equal(t, before, present(c, 1))
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.Empty(t, genesis.Emergency.Absences)
}

func TestASessionThatBlamesNobodyDoesNotCountAsTheOneBefore(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[4].Operator
	void := settled(before, 1, out)
	void.Blames = false
	judge(c, void, settled(before, 2, out))
	require.Equal(t, before, present(c, 1))
	judge(c, void, settled(before, 3, out))
	require.Equal(t, -1, present(c, 1).MemberIndex(out), "but it does not hide the one before it either")
}

func TestAVaultThatIsElectedAgainBeginsWithoutAbsences(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[4].Operator
	former := settled(before, 1, out)
	former.VaultEra--
	judge(c, former, settled(before, 2, out))
	require.Equal(t, before, present(c, 1))
	judge(c, settled(before, 3, out))
	require.Equal(t, -1, present(c, 1).MemberIndex(out))
}

func TestTwoMembersThatDropInTheSameBlockAreReplacedByTheNextTwoStandbys(t *testing.T) {
	c, contracts, before := emergent(t)
	first, second := before.Members[1].Operator, before.Members[5].Operator
	silence(c, first, second)
	judge(c, settled(before, 1, first, second))
	after := present(c, 1)
	require.Equal(t, -1, after.MemberIndex(first))
	require.Equal(t, -1, after.MemberIndex(second))
	for i, member := range before.Members {
		if i != 1 && i != 5 {
			require.Equal(t, member, after.Members[i])
		}
	}
	require.ElementsMatch(t, before.Standbys[:2], []types.Member{after.Members[1], after.Members[5]})
	require.Equal(t, before.Standbys[2:], after.Standbys)
	require.Len(t, contracts.Seated, 1, "one handover for both")
	require.True(t, banned(c, first) && banned(c, second))
	require.Empty(t, contracts.Tested)
}

func TestTwoContractsInAnEmergencyInTheSameBlockCallEachStandbyOnce(t *testing.T) {
	c, _ := elected(t, 20, demand(1, 4, 3, 4), demand(2, 4, 3, 4))
	c.RunToEra(2)
	one, two := present(c, 1), present(c, 2)
	outOne, outTwo := one.Members[0].Operator, two.Members[0].Operator
	silence(c, outOne, outTwo)
	judge(c, settled(one, 1, outOne), settled(two, 2, outTwo))
	one, two = present(c, 1), present(c, 2)
	require.Equal(t, -1, one.MemberIndex(outOne))
	require.Equal(t, -1, two.MemberIndex(outTwo))
	for _, member := range one.Members {
		require.Equal(t, -1, two.MemberIndex(member.Operator), "committees are disjoint")
		require.Equal(t, -1, two.StandbyIndex(member.Operator), "one that is called leaves all lists")
	}
}

func TestAStandbyThatIsItselfSilentIsPassedOverAndStaysOnTheList(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[3].Operator
	silence(c, out, before.Standbys[0].Operator)
	judge(c, settled(before, 1, out))
	after := present(c, 1)
	require.Equal(t, before.Standbys[1], after.Members[3])
	require.Equal(t, []types.Member{before.Standbys[0], before.Standbys[2]}, after.Standbys)
}

func TestACalledStandbyThatDoesNotSignIsReplacedLikeAnyMember(t *testing.T) {
	c, _, before := emergent(t)
	silence(c, before.Members[3].Operator)
	judge(c, settled(before, 1, before.Members[3].Operator))
	called := present(c, 1)
	idle := called.Members[3].Operator
	next := func(session uint64) keeper.SettledSession {
		s := settled(called, session, idle)
		s.Vault++ // the vault that was handed over to them
		return s
	}
	silence(c)
	judge(c, next(2))
	require.Equal(t, called.Members, present(c, 1).Members)
	judge(c, next(3))
	require.Equal(t, before.Standbys[1], present(c, 1).Members[3])
	require.True(t, banned(c, idle))
}

func TestWithoutAStandbyTheMemberKeepsItsSeatAndNewDepositsCloseUntilItSignsAgain(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[3].Operator
	silence(c, append(operatorsOf(before.Standbys), out)...)
	judge(c, settled(before, 1, out))
	require.Equal(t, before, present(c, 1), "never a weaker threshold")
	require.Empty(t, contracts.Seated)
	require.False(t, banned(c, out))
	trouble := "no standby can be called for " + out
	require.Equal(t, []testutil.Tested{{Contract: 1, Trouble: trouble}}, contracts.Tested)
	c.Run(3)
	require.Len(t, contracts.Tested, 1, "a silent member is tried once for each session")

	judge(c, settled(before, 2, out))
	require.Equal(t, trouble, contracts.Tested[1].Trouble)
	silence(c, operatorsOf(before.Standbys)...)
	judge(c, settled(before, 3))
	require.Equal(t, testutil.Tested{Contract: 1}, contracts.Tested[2], "the member is back")
	roundTrip(t, c)
}

func TestOfTwoSilentMembersAndOneStandbyOneIsReplacedAndTheOtherCloseNewDeposits(t *testing.T) {
	c, contracts, before := emergent(t)
	first, second := before.Members[1].Operator, before.Members[5].Operator
	silence(c, first, second, before.Standbys[0].Operator, before.Standbys[2].Operator)
	judge(c, settled(before, 1, first, second))
	after := present(c, 1)
	require.GreaterOrEqual(t, after.MemberIndex(before.Standbys[1].Operator), 0)
	stuck := slices.DeleteFunc([]string{first, second}, func(o string) bool { return after.MemberIndex(o) < 0 })
	require.Len(t, stuck, 1)
	require.Equal(t, []testutil.Tested{{Contract: 1, Trouble: "no standby can be called for " + stuck[0]}}, contracts.Tested)
	require.Len(t, after.Members, 7)
	require.Equal(t, before.Threshold, after.Threshold)
}

func TestASessionBelowTheThresholdClosesNewDepositsAndASoundOneOpensThem(t *testing.T) {
	c, contracts, before := emergent(t)
	absent := operatorsOf(before.Members[:3])
	judge(c, settled(before, 1, absent...))
	require.Equal(t, []testutil.Tested{{Contract: 1, Trouble: "session 1 of vault 11 has 4 of 5 signatures"}}, contracts.Tested)
	void := settled(before, 2, operatorsOf(before.Members[:6])...)
	void.Blames = false
	judge(c, void)
	require.Equal(t, "session 2 of vault 11 has 1 of 5 signatures", contracts.Tested[1].Trouble)
	require.Equal(t, before, present(c, 1))
	proven := settled(before, 3, absent...)
	proven.Proven, proven.Blames = true, false
	judge(c, proven)
	require.Empty(t, contracts.Tested[2].Trouble, "its execution was proven: N did sign")
	judge(c, settled(before, 4, absent...), settled(before, 5))
	require.Empty(t, contracts.Tested[4].Trouble)
}

func TestAnEmergencyAtTheErasEndSeatsAStandbyInTheEraThatEndsAndReachesTheElection(t *testing.T) {
	for name, demanded := range map[string]bool{"and the contract elects": true, "and its incumbents serve on": false} {
		t.Run(name, func(t *testing.T) {
			c, contracts, before := emergent(t)
			if !demanded {
				contracts.Wanted = nil
			}
			ends := era(c).EndTime
			for c.Ctx.BlockTime().Before(ends) {
				c.Next()
			}
			out := before.Members[0].Operator
			silence(c, out)
			judge(c, settled(before, 1, out)) // the block that ends the era
			require.Equal(t, before.Era+1, era(c).Number)
			former, found, err := c.Keeper.Committee(c.Ctx, before.Era, 1)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, before.Standbys[0], former.Members[0])
			now := present(c, 1)
			require.Equal(t, before.Era+1, now.Era)
			require.Equal(t, -1, now.MemberIndex(out))
			require.True(t, banned(c, out))
			if !demanded {
				require.Equal(t, former.Members, now.Members)
			}
			roundTrip(t, c)
		})
	}
}

func TestAnEmergencyWaitsForACommitteeThatIsElectedAndNotSeatedYet(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[0].Operator
	contracts.Wanted = nil
	stuck := true
	contracts.OnSeated = func(types.Committee) error {
		if stuck {
			return types.ErrNoStandby
		}
		return nil
	}
	c.RunToEra(3)
	require.Equal(t, before.Era, present(c, 1).Era)
	silence(c, out)
	judge(c, settled(before, 1, out))
	require.Equal(t, before, present(c, 1), "its successor, with the same members, is elected already")
	roundTrip(t, c)
	stuck = false
	c.Run(2)
	after := present(c, 1)
	require.Equal(t, before.Era+1, after.Era)
	require.Equal(t, -1, after.MemberIndex(out))
}

func TestAnEvictedMemberStaysOutForTheEraThoughItReturnsAndMayBeElectedAgainAfterItsBan(t *testing.T) {
	c, _, before := emergent(t)
	out := before.Members[3].Operator
	silence(c, out)
	judge(c, settled(before, 1, out))
	silence(c) // it is back
	after := present(c, 1)
	owed := settled(before, 2) // it signs the handover that it owes
	judge(c, owed)
	require.Equal(t, after, present(c, 1))

	require.NoError(t, c.Keeper.Params.Set(c.Ctx, testutil.Params()))
	serves := false
	for number := uint64(3); number < 40 && !serves; number++ {
		c.RunToEra(number)
		serves = present(c, 1).MemberIndex(out) >= 0
		require.False(t, serves && number == 3, "banned from the next election")
	}
	require.True(t, serves, "drawn again in none of 37 eras")
	again := present(c, 1)
	judge(c, settled(again, 100, out))
	require.Equal(t, again.Members, present(c, 1).Members, "with a clean sheet: one missed session evicts nobody")
}

func TestWhatFailsInAnEmergencyIsUndoneAndTriedAgainInTheNextBlock(t *testing.T) {
	c, contracts, before := emergent(t)
	out := before.Members[3].Operator
	failures := 2
	contracts.OnSeated = func(types.Committee) error {
		if failures--; failures >= 0 {
			panic("no room")
		}
		return nil
	}
	silence(c, out)
	judge(c, settled(before, 1, out))
	require.Equal(t, before, present(c, 1))
	require.False(t, banned(c, out))
	c.Run(2)
	require.Equal(t, -1, present(c, 1).MemberIndex(out))
	require.True(t, banned(c, out))
}

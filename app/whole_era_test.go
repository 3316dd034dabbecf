package app_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// The era under test is the third: the first has no committee, the second fills the vault and gives the clients their rTokens.
const testedEra = 3

// settleBlocks are enough to settle an era of two committees. After as many a member that served makes blocks again and shares in their fees.
const settleBlocks = 3

// TestAWholeEraOfTwentyOneMembersWithEveryMisbehaviour runs an era on the real app, by signed transactions of 56 operators, and compares what
// the chain makes of everybody with a reckoning that is made of the transactions alone (whole_era_reckoning_test.go).
func TestAWholeEraOfTwentyOneMembersWithEveryMisbehaviour(t *testing.T) {
	e := newWholeEra(t)
	e.found()
	c := e.draw()
	e.live(c)
	before := e.closeOf(testedEra)

	forfeiting := []string{c.liar, c.rogue, e.idle[testedEra]}
	e.punishEvil(before.stakes, c)
	reckoned := e.reckon(testedEra, before.stakes, forfeiting)
	e.checkParts(c, reckoned)
	e.checkSettlements(reckoned)
	e.checkStakes(before, reckoned)
	e.checkStatement(before, reckoned)
	e.checkRefunds()
	e.checkConsequences(c, reckoned, forfeiting)
}

// found brings the chain into its second era, with the first committee's vault open, its reserve filled and rTokens minted.
func (e *wholeEra) found() {
	e.t.Helper()
	for e.era() == 1 {
		e.do()
	}
	pool := e.app.Account.GetModuleAddress(ssvtypes.RefundPoolName)
	e.do(scripted{key: e.stakers[0], msg: send(account(e.stakers[0]), pool, 100*fis)})
	e.origin.deposit(1, "stafi/reserve", 5_000_000)
	e.origin.account(1, plainAccount)
	e.observe(votes{})
	e.origin.deposit(1, account(e.stakers[0]).String(), 900_000)
	e.origin.deposit(1, account(e.stakers[2]).String(), 100_000)
	e.observe(votes{})
}

// draw waits until the seed of the second era is known, foresees the committee, and lets stake flee from it before it is seated.
func (e *wholeEra) draw() *cast {
	e.t.Helper()
	e.until(e.began[2].height + eraSeconds - eraWindow + 30)
	outgoing, found, err := e.app.SSV.PresentCommittee(e.context(), firstContract)
	require.NoError(e.t, err)
	require.True(e.t, found)
	c := newCast(outgoing, e.foresee())
	e.flee(c)
	for e.era() < testedEra {
		e.do()
	}
	require.Equal(e.t, c.committee.Members, e.committee().Members, "who knows the seed knows the committee")
	return c
}

// live is the era under test, by the script.
func (e *wholeEra) live(c *cast) {
	e.t.Helper()
	e.mute[c.silent], e.mute[c.shirker] = true, true
	e.reluctant = []string{c.fibber, c.third, c.cheat, c.substitute}
	e.exchange(c)
	e.neglect(c)
	e.emergency(c)
	e.service(c)
	e.desert(c)
	e.carelessness(c)
	e.evil(c)
	e.relieve(c)
}

// eve is the state before the block in which an era ends.
type eve struct {
	stakes      *stakeModel
	supply      int64
	refundPool  int64
	treasury    int64
	outstanding map[string]int64
	members     map[string]bool
}

// closeOf ends an era and waits until it is settled and paid, by blocks in which nobody sends anything, and returns what was before.
func (e *wholeEra) closeOf(era uint64) eve {
	e.t.Helper()
	e.until(e.began[era].height + eraSeconds - 2)
	e.hushed = true
	e.do()
	require.Equal(e.t, era, e.era())
	before := eve{
		stakes: e.stakesNow(), supply: e.supply(), refundPool: e.moduleUfis(ssvtypes.RefundPoolName),
		treasury: e.moduleUfis(ssvtypes.TreasuryName), outstanding: e.outstanding(), members: e.seats[e.height],
	}
	e.do()
	require.Equal(e.t, era+1, e.era(), "the era ends with this block")
	for range settleBlocks {
		reward, err := e.app.SSV.EraRewards.Get(e.context(), era)
		if err == nil && reward.Status == ssvtypes.REWARD_STATUS_PAID {
			return before
		}
		e.do()
	}
	require.Fail(e.t, "the era is not settled")
	return before
}

// TestTheCurveOfTheReckoningIsThePublishedOne holds the reckoning against the figures of protocol §13.
func TestTheCurveOfTheReckoningIsThePublishedOne(t *testing.T) {
	for k, want := range map[int]int64{2: 0, 3: 2_040, 4: 8_163, 5: 18_367, 8: 73_469, 9: 100_000, 21: 100_000} {
		require.Equal(t, want, partOf(1_000_000, eraFraction(k, eraSize)), "k = %d", k)
	}
}

// checkParts wants of everyone what its part in the era is written to come to.
func (e *wholeEra) checkParts(c *cast, r reckoning) {
	e.t.Helper()
	main, emergency := e.vaultOf(r, 1), e.vaultOf(r, 2)
	require.Equal(e.t, []int{3, 6, 11, 0}, []int{r.vaults[0].faults, main.faults, emergency.faults, r.vaults[3].faults})
	require.Equal(e.t, []bool{false, false, true, false}, []bool{r.vaults[0].large, main.large, emergency.large, r.vaults[3].large})
	for name, part := range map[string]struct {
		operator                           string
		missed, wrong                      int
		unresponsive, missing, erroneous   bool
		withdrawn, unpaid, capped, slashed bool
	}{
		"silent":     {operator: c.silent, missed: 21, unresponsive: true, missing: true, withdrawn: true, unpaid: true, slashed: true},
		"mute":       {operator: c.mute, missed: 21, missing: true, withdrawn: true, unpaid: true, slashed: true},
		"mostly":     {operator: c.mostly, missed: 15, missing: true, withdrawn: true, unpaid: true, slashed: true},
		"two thirds": {operator: c.twoThirds, missed: 14, missing: true, unpaid: true, slashed: true},
		"third":      {operator: c.third, missed: 7},
		"more":       {operator: c.more, missed: 8, missing: true, unpaid: true, slashed: true},
		"once":       {operator: c.once, wrong: 1, withdrawn: true, unpaid: true},
		"twice":      {operator: c.twice, wrong: 2, erroneous: true, unpaid: true, slashed: true},
		"a filler":   {operator: c.fillers[0], missed: 6, withdrawn: true, unpaid: true},
		"fibber":     {operator: c.fibber},
		"cheat":      {operator: c.cheat, capped: true},
		"substitute": {operator: c.substitute},
		"liar":       {operator: c.liar, unpaid: true},
		"rogue":      {operator: c.rogue, unpaid: true},
	} {
		v := main.members[slices.IndexFunc(main.members, func(v verdict) bool { return v.operator == part.operator })]
		require.Equal(e.t, 21, v.required, name)
		require.Equal(e.t, part.missed, v.missed, name)
		require.Equal(e.t, part.wrong, v.wrong, name)
		require.Equal(e.t, []bool{part.unresponsive, part.missing, part.erroneous}, []bool{v.unresponsive, v.missing, v.erroneous}, name)
		require.Equal(e.t, part.withdrawn, r.withdrawn[part.operator], name)
		require.Equal(e.t, part.slashed, v.slashed > 0, name)
		share := r.shares[part.operator]
		unpaid := part.unpaid || part.operator == e.idle[testedEra]
		require.Equal(e.t, []bool{unpaid, part.capped}, []bool{share.paid == 0, share.capped}, name)
	}
	require.NotEmpty(e.t, e.idle[testedEra], "a member did not deal")
	for _, operator := range c.careless {
		require.True(e.t, r.withdrawn[operator], "so many erred that the curve withdraws them")
	}
	require.Len(e.t, slices.Collect(maps.Keys(r.shares)), 2*eraSize+4, "both committees, one with a substitute, and four that were called")
}

// vaultOf is the n-th vault that settled in the era: the outgoing committee's, the main one, that after the emergency, the last.
func (e *wholeEra) vaultOf(r reckoning, n int) reckonedVault {
	e.t.Helper()
	require.Len(e.t, r.vaults, 4)
	return r.vaults[n]
}

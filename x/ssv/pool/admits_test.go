package pool_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// near draws numbers that meet a bound, miss it by little or have nothing to do with it.
func near(t *rapid.T, bound uint64, name string) uint64 {
	switch rapid.IntRange(0, 5).Draw(t, name+" kind") {
	case 0:
		return bound
	case 1:
		return bound - min(bound, 1)
	case 2:
		return bound + 1
	case 3:
		return rapid.Uint64Range(0, 2*min(bound, 1<<62)+1).Draw(t, name)
	case 4:
		return 0
	}
	return rapid.Uint64Range(0, 1<<62).Draw(t, name)
}

// ratios are few, so that measures fall on them and beside them.
func ratioOf(t *rapid.T, name string) math.LegacyDec {
	if rapid.Bool().Draw(t, name+" any") {
		return math.LegacyNewDecFromBigIntWithPrec(math.NewIntFromUint64(rapid.Uint64Range(0, 1e18).Draw(t, name)).BigInt(), 18)
	}
	part := rapid.Int64Range(0, 12).Draw(t, name+" part")
	return math.LegacyNewDec(part).QuoInt64(12)
}

func anyParams(t *rapid.T) types.Params {
	params := types.DefaultParams()
	params.MinStake = math.NewIntFromUint64(rapid.Uint64Range(0, 1_000).Draw(t, "min stake"))
	params.MinSelfRatio, params.MinOnlineRate = ratioOf(t, "min self ratio"), ratioOf(t, "min online rate")
	params.MaxCandidatePower = ratioOf(t, "max candidate power")
	params.MinTenure = rapid.Uint64Range(0, 3).Draw(t, "min tenure")
	params.SlashMemory = rapid.Uint64Range(0, 3).Draw(t, "slash memory")
	params.HeartbeatWindow = rapid.Uint64Range(1, 20).Draw(t, "heartbeat window")
	return params
}

// anyMeasured draws a candidate, mostly one that would do, with a few things that are anything.
func anyMeasured(t *rapid.T, params types.Params) pool.Measured {
	m := pool.Measured{
		Era: 10, Height: 100, Bonded: true, Stake: params.MinStake.AddRaw(1), SelfStake: params.MinStake.AddRaw(1), Weight: 1,
		BondedPower: 1_000_000_000_000, Created: 1, CreatedKnown: true, Signs: true, Window: 60, Chains: 1, LastSeen: 100,
	}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		switch rapid.IntRange(0, 9).Draw(t, "change") {
		case 0:
			m.Stake = math.NewIntFromUint64(near(t, params.MinStake.Uint64(), "stake"))
			m.SelfStake = math.MinInt(m.SelfStake, m.Stake)
		case 1:
			m.Stake = math.NewIntFromUint64(rapid.Uint64Range(0, 5_000).Draw(t, "total"))
			m.SelfStake = m.Stake.MulRaw(rapid.Int64Range(0, 12).Draw(t, "own")).QuoRaw(12)
		case 2:
			m.Bonded, m.Jailed = rapid.Bool().Draw(t, "bonded"), rapid.Bool().Draw(t, "jailed")
		case 3:
			m.Resigned, m.Signs = rapid.Bool().Draw(t, "resigned"), rapid.Bool().Draw(t, "signs")
		case 4:
			m.Created, m.CreatedKnown = rapid.Uint64Range(0, 12).Draw(t, "created"), rapid.Bool().Draw(t, "created known")
		case 5:
			m.Window, m.Missed = rapid.Int64Range(0, 60).Draw(t, "window"), rapid.Int64Range(0, 70).Draw(t, "missed")
		case 6:
			m.HeartbeatsDue, m.HeartbeatsSent = rapid.Uint64Range(0, 24).Draw(t, "due"), rapid.Uint64Range(0, 25).Draw(t, "sent")
		case 7:
			m.Slashed = rapid.Uint64Range(0, 10).Draw(t, "slashed")
			m.BannedUntil = rapid.Uint64Range(0, 11).Draw(t, "banned until")
		case 8:
			m.Chains, m.LastSeen = rapid.IntRange(0, 2).Draw(t, "chains"), rapid.Int64Range(0, 105).Draw(t, "last seen")
		case 9:
			m.BondedPower = rapid.Uint64Range(0, 24).Draw(t, "bonded power")
			m.Weight = near(t, m.BondedPower/2, "weight")
		}
	}
	m.Serving = rapid.Bool().Draw(t, "serving")
	return m
}

func TestIntegersJudgeACandidateAsItsCriteriaInWordsDo(t *testing.T) {
	in, out := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		params := anyParams(t)
		m := anyMeasured(t, params)
		criteria := pool.Criteria(m, params)
		admitted := pool.NewBounds(params, m.Era, m.Height, m.BondedPower, m.Window).Admits(pool.FactsOf(m))
		require.Equal(t, pool.Eligible(criteria), admitted, "%+v: %+v", m, criteria)
		if admitted {
			in++
		} else {
			out++
		}
	})
	require.Greater(t, in, 5, "too few that are admitted for the test to mean anything")
	require.Greater(t, out, 5, "too few that are not")
}

func TestAStakeAbove64BitsIsTakenForTheGreatestThatFits(t *testing.T) {
	huge := math.NewIntFromUint64(^uint64(0)).AddRaw(1)
	require.Equal(t, ^uint64(0), pool.Saturated(huge))
	require.Equal(t, uint64(500_000_000_000_000_000), pool.SelfRatio(huge, huge.MulRaw(2)), "a ratio is exact whatever the stakes")
	params := types.DefaultParams()
	params.MinStake = huge
	facts := pool.FactsOf(pool.Measured{
		Bonded: true, Stake: huge, SelfStake: huge, CreatedKnown: true, Era: 9, Signs: true, Window: 10, Chains: 1, LastSeen: 1,
		Weight: 1, BondedPower: 1000,
	})
	require.False(t, pool.NewBounds(params, 9, 1, 1000, 10).Admits(facts), "no stake can be known to reach a bound above 64 bits")
	params.MinStake = math.NewIntFromUint64(^uint64(0))
	require.True(t, pool.NewBounds(params, 9, 1, 1000, 10).Admits(facts))
}

package pool_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// sound meets every criterion by default parameters, each at its bound where it has one.
func sound() pool.Measured {
	return pool.Measured{
		Era: 7, Height: 10_000, Bonded: true,
		Stake: math.NewInt(10_000_000_000), SelfStake: math.NewInt(1_000_000_000), Weight: 10_000, BondedPower: 200_000,
		Created: 5, CreatedKnown: true, Signs: true, Missed: 5, Window: 100, HeartbeatsDue: 20, HeartbeatsSent: 19,
		Chains: 1, LastSeen: 9_800, BannedUntil: 6,
	}
}

func TestACandidateAtEveryBoundIsEligible(t *testing.T) {
	criteria := pool.Criteria(sound(), types.DefaultParams())
	require.Len(t, criteria, 10)
	for i, criterion := range criteria {
		require.Equal(t, uint32(i+1), criterion.Number)
		require.True(t, criterion.Holds, criterion)
		require.NotEmpty(t, criterion.Name)
		require.NotEmpty(t, criterion.Measured)
		require.NotEmpty(t, criterion.Required)
	}
	require.True(t, pool.Eligible(criteria))
}

func TestEachCriterionFailsByItselfAndSaysWhatWasMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		number uint32
		change func(*pool.Measured)
		says   string
	}{
		"an ufis too little":              {pool.Stake, func(m *pool.Measured) { m.Stake = m.Stake.SubRaw(1) }, "9999999999 ufis"},
		"an ufis of its own too little":   {pool.SelfStake, func(m *pool.Measured) { m.SelfStake = m.SelfStake.SubRaw(1) }, "0.099999999900000000"},
		"an era too young":                {pool.Tenure, func(m *pool.Measured) { m.Created = 6 }, "1 eras"},
		"nobody knows since when":         {pool.Tenure, func(m *pool.Measured) { m.CreatedKnown = false }, "0 eras"},
		"a block too many missed":         {pool.Online, func(m *pool.Measured) { m.Missed = 6 }, "missed 6 of 100 blocks"},
		"a heartbeat too many missed":     {pool.Online, func(m *pool.Measured) { m.HeartbeatsSent = 18 }, "sent 18 of 20 heartbeats"},
		"never bonded":                    {pool.Online, func(m *pool.Measured) { m.Signs = false }, "never bonded"},
		"slashed for ever":                {pool.NoSlash, func(m *pool.Measured) { m.Slashed, m.SlashKind = 1, "downtime" }, "downtime in era 1"},
		"a heartbeat too old":             {pool.Service, func(m *pool.Measured) { m.LastSeen-- }, "heartbeat 201 blocks ago"},
		"no heartbeat":                    {pool.Service, func(m *pool.Measured) { m.LastSeen = 0 }, "no heartbeat"},
		"no key":                          {pool.Service, func(m *pool.Measured) { m.Chains = 0 }, "0 chains"},
		"too heavy to miss as a producer": {pool.PowerBound, func(m *pool.Measured) { m.Weight++ }, "0.050005"},
		"banned":                          {pool.NoBan, func(m *pool.Measured) { m.BannedUntil = 7 }, "end of era 7"},
		"jailed":                          {pool.Standing, func(m *pool.Measured) { m.Jailed = true }, "jailed"},
		"not bonded":                      {pool.Standing, func(m *pool.Measured) { m.Bonded = false }, "not bonded"},
		"resigned":                        {pool.Standing, func(m *pool.Measured) { m.Resigned = true }, "resigned"},
	} {
		t.Run(name, func(t *testing.T) {
			measured := sound()
			c.change(&measured)
			criteria := pool.Criteria(measured, types.DefaultParams())
			for _, criterion := range criteria {
				require.Equal(t, criterion.Number != c.number, criterion.Holds, criterion)
			}
			require.Contains(t, criteria[c.number-1].Measured, c.says)
			require.False(t, pool.Eligible(criteria))
		})
	}
}

func TestRestBarsNobodyByItself(t *testing.T) {
	measured := sound()
	measured.Serving = true
	criteria := pool.Criteria(measured, types.DefaultParams())
	require.False(t, criteria[pool.Rested-1].Holds)
	require.True(t, pool.Eligible(criteria))
}

func TestASlashIsForgottenAfterTheErasThatMemoryLasts(t *testing.T) {
	params := types.DefaultParams()
	params.SlashMemory = 3
	measured := sound()
	measured.SlashKind = "double sign"
	for slashed, eligible := range map[uint64]bool{7: false, 5: false, 4: true, 1: true} {
		measured.Slashed = slashed
		require.Equal(t, eligible, pool.Eligible(pool.Criteria(measured, params)), "slashed in era %d, now in era 7", slashed)
	}
}

func TestACandidateWithoutAnythingFailsWithoutAPanic(t *testing.T) {
	criteria := pool.Criteria(pool.Measured{Stake: math.ZeroInt(), SelfStake: math.ZeroInt()}, types.DefaultParams())
	require.False(t, pool.Eligible(criteria))
}

package keeper_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// roundTrip exports, imports into an empty store over the same staking state, and exports again.
func roundTrip(t require.TestingT, c *testutil.Chain) {
	defer c.LengthenPhases()()
	exported := c.Module.ExportGenesis(c.Ctx, c.Codec)
	validators, err := c.Keeper.GenesisValidators(c.Ctx)
	require.NoError(t, err)
	var genesis types.GenesisState
	c.Codec.MustUnmarshalJSON(exported, &genesis)
	require.NoError(t, genesis.Validate())

	imported, _ := c.Ctx.WithBlockHeight(c.Ctx.BlockHeight() + 1).CacheContext()
	store := imported.KVStore(c.Key)
	iterator := store.Iterator(nil, nil)
	var keys [][]byte
	for ; iterator.Valid(); iterator.Next() {
		keys = append(keys, slices.Clone(iterator.Key()))
	}
	require.NoError(t, iterator.Close())
	for _, key := range keys {
		store.Delete(key)
	}
	updates := c.Module.InitGenesis(imported, c.Codec, exported)
	require.Equal(t, string(exported), string(c.Module.ExportGenesis(imported, c.Codec)))
	require.Len(t, updates, len(validators))
	for i, validator := range validators {
		require.Equal(t, validator.PubKey.Bytes(), updates[i].PubKey.GetEd25519())
		require.Equal(t, validator.Power, updates[i].Power)
	}
}

func TestExportAndImportAreByteIdentical(t *testing.T) {
	c, contracts := elected(t, 12, demand(1, 4, 3, 4), demand(2, 2, 2, 2))
	require.NoError(t, c.Keeper.Ban(c.Ctx, testutil.Operator(5).String()))
	roundTrip(t, c)
	for range 40 {
		c.Heartbeat(int(c.Ctx.BlockHeight()) % 12)
		c.Next()
		roundTrip(t, c)
	}
	require.NoError(t, c.Keeper.RecordSessionDuty(c.Ctx, 1, true, sessionDuties(testutil.Operator(1).String(), true, testutil.Operator(2).String(), false)))
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: present(c, 1).Members[0].Operator})
	require.NoError(t, err)
	require.NoError(t, c.Rotate(3, 1))
	roundTrip(t, c)
	c.Next()
	roundTrip(t, c)
	require.NotEmpty(t, contracts.Seated)
}

func TestGenesisStatesThatContradictThemselvesAreRefused(t *testing.T) {
	c, _ := elected(t, 8, demand(1, 4, 3, 4))
	c.RunToEra(2)
	sound, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	require.NoError(t, sound.Validate())
	for name, break_ := range map[string]func(*types.GenesisState){
		"parameters out of bounds":          func(g *types.GenesisState) { g.Params.MinProducers = 0 },
		"an era without its record":         func(g *types.GenesisState) { g.Eras = g.Eras[:1] },
		"era 0":                             func(g *types.GenesisState) { g.Era.Number = 0 },
		"records without an era":            func(g *types.GenesisState) { g.Era = nil },
		"a transition to another era":       func(g *types.GenesisState) { g.Transition = &types.Transition{Era: 9} },
		"candidates out of order":           func(g *types.GenesisState) { slices.Reverse(g.Candidates) },
		"a candidate twice":                 func(g *types.GenesisState) { g.Candidates = append(g.Candidates[:1:1], g.Candidates...) },
		"pool entries out of order":         func(g *types.GenesisState) { slices.Reverse(g.Pools[0].Entries) },
		"a candidate's key that is free":    func(g *types.GenesisState) { g.Keys = g.Keys[1:] },
		"a candidate's submitter free":      func(g *types.GenesisState) { g.Submitters = g.Submitters[1:] },
		"an operator that is no address":    func(g *types.GenesisState) { g.Candidates = []types.Candidate{{Operator: "x"}} },
		"a committee of a later era":        func(g *types.GenesisState) { g.Committees[0].Era = 5 },
		"a threshold above the members":     func(g *types.GenesisState) { g.Committees[0].Threshold = 5 },
		"a member that is not excluded":     func(g *types.GenesisState) { g.Excluded = g.Excluded[1:] },
		"an excluded operator of no member": func(g *types.GenesisState) { g.Committees = nil },
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			break_(genesis)
			require.Error(t, genesis.Validate())
		})
	}
}

func TestTheSameBlocksGiveTheSameAppHash(t *testing.T) {
	run := func() []byte {
		c, _ := elected(t, 10, demand(1, 4, 3, 4))
		for range 30 {
			c.Heartbeat(int(c.Ctx.BlockHeight()) % 10)
			c.Next()
		}
		return c.AppHash
	}
	require.Equal(t, run(), run())
}

func TestAnyStateThatALifeLeadsToSurvivesExportAndImport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contracts := &testutil.Contracts{}
		c := testutil.New(t, testutil.Params(), equalStakes(10, 100)...)
		c.Keeper.SetHooks(contracts)
		for range rapid.IntRange(5, 30).Draw(t, "blocks") {
			i := rapid.IntRange(0, 9).Draw(t, "validator")
			cached, write := c.Ctx.CacheContext()
			before := c.Ctx
			c.Ctx = cached
			if randomMessage(t, c, contracts, i) == nil {
				write()
			}
			c.Ctx = before
			c.Next()
		}
		roundTrip(t, c)
	})
}

func randomMessage(t *rapid.T, c *testutil.Chain, contracts *testutil.Contracts, i int) error {
	var err error
	switch rapid.IntRange(0, 5).Draw(t, "message") {
	case 0, 1:
		_, err = c.Msgs.RegisterCandidate(c.Ctx, testutil.Registration(i, chain))
	case 2:
		_, err = c.Msgs.Heartbeat(c.Ctx, &types.MsgHeartbeat{Submitter: testutil.Submitter(i).String()})
	case 3:
		_, err = c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: testutil.Operator(i).String()})
	case 4:
		_, err = c.Keeper.ExchangeMember(c.Ctx, 1, "random")
	case 5:
		contracts.Wanted = []types.Demand{demand(1, rapid.Uint32Range(1, 4).Draw(t, "size"), 1, 1)}
		contracts.Wanted[0].Threshold = contracts.Wanted[0].Size_
	}
	return err
}

// heavy makes the weights of the pool of era 2 add up to 2^63 or more.
func heavy(t *testing.T, c *testutil.Chain) {
	t.Helper()
	frozen, err := c.Queries.Pool(c.Ctx, &types.QueryPoolRequest{Era: 2})
	require.NoError(t, err)
	require.NotEmpty(t, frozen.Entries)
	for i := range frozen.Entries {
		frozen.Entries[i].Weight = 1 << 62
	}
	require.NoError(t, c.Keeper.SetPool(c.Ctx, frozen.Freeze, frozen.Entries))
}

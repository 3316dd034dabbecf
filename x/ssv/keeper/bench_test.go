package keeper_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// crowd is a chain of 100 bonded validators with as many candidates as count, all of which meet every criterion.
func crowd(b *testing.B, db dbm.DB, params types.Params, count int) *testutil.Chain {
	b.Helper()
	c := testutil.NewOn(b, db, params, equalStakes(100, 100)...)
	template, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(0))
	require.NoError(b, err)
	for i := range count {
		join(b, c, i, template)
	}
	require.NoError(b, c.Keeper.MeasureAll(c.Ctx))
	return c
}

// join makes validator i a copy of validator 0 with a stake of its own in x/staking and x/slashing, and a candidate with a heartbeat.
func join(b *testing.B, c *testutil.Chain, i int, template stakingtypes.Validator) {
	b.Helper()
	operator := testutil.Operator(i)
	template.OperatorAddress = operator.String()
	if i >= 100 {
		template.Tokens = math.NewInt(int64(100+i%97) * 1_000_000)
		template.DelegatorShares = math.LegacyNewDecFromInt(template.Tokens)
	}
	key := testutil.ConsensusKey(i, 0)
	var err error
	template.ConsensusPubkey, err = codectypes.NewAnyWithValue(key)
	require.NoError(b, err)
	require.NoError(b, c.Staking.SetValidator(c.Ctx, template))
	require.NoError(b, c.Staking.SetDelegation(c.Ctx, stakingtypes.NewDelegation(sdk.AccAddress(operator).String(), operator.String(), template.DelegatorShares)))
	require.NoError(b, c.Slashing.Hooks().AfterValidatorBonded(c.Ctx, sdk.ConsAddress(key.Address()), operator))
	require.NoError(b, c.Keeper.Tenures.Set(c.Ctx, operator, 1))
	require.NoError(b, c.Keeper.Candidates.Set(c.Ctx, operator, types.Candidate{
		Operator: operator.String(), Submitter: testutil.Submitter(i).String(), BeaconKey: testutil.ConsensusKey(i, 1).Bytes(),
		Chains: []types.ChainKey{{ChainId: chain, Signer: testutil.Signer(i, chain).PubKey().Bytes()}},
	}))
	require.NoError(b, c.Keeper.Liveness.Set(c.Ctx, operator, types.Liveness{Height: 1, Era: 1, Sent: 1}))
}

func BenchmarkEndBlockWithNothingDueAndCandidates(b *testing.B) {
	for _, count := range []int{100, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			c := crowd(b, dbm.NewMemDB(), testutil.Params(), count)
			c.Run(2)
			b.ResetTimer()
			for range b.N {
				cached, _ := c.Ctx.CacheContext()
				updates, err := c.Module.EndBlock(cached)
				if err != nil || len(updates) > 0 {
					b.Fatal(len(updates), err)
				}
			}
		})
	}
}

// BenchmarkAnEraOfAPoolOf measures freeze and election of a pool that lies in a database on disk, opened anew before the freeze, so that
// neither the store nor the database has anything of it cached: the time of x/ssv's EndBlock, without the commit.
func BenchmarkAnEraOfAPoolOf(b *testing.B) {
	for _, shape := range []struct{ candidates, contracts int }{{10_000, 1}, {100_000, 1}, {100_000, 100}} {
		b.Run(fmt.Sprintf("%d_for_%d_contracts", shape.candidates, shape.contracts), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				c := onDisk(b, shape.candidates, shape.contracts)
				b.StartTimer()
				report(b, shape.candidates, c)
			}
		})
	}
}

// onDisk is a chain in the block before its first freeze, on a database that was closed and opened again.
func onDisk(b *testing.B, candidates, contracts int) *testutil.Chain {
	b.Helper()
	dir := b.TempDir()
	open := func() dbm.DB {
		db, err := dbm.NewGoLevelDB("state", dir, nil)
		require.NoError(b, err)
		return db
	}
	db := open()
	c := crowd(b, db, testutil.Params(), candidates)
	params := testutil.Params()
	params.EraDuration, params.BeaconWindow = 600*time.Second, 300*time.Second
	params.MaxCandidatesPerBlock = types.DefaultParams().MaxCandidatesPerBlock
	require.NoError(b, c.Keeper.Params.Set(c.Ctx, params))
	c.Run(59)
	require.NoError(b, db.Close())
	db = open()
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	c = c.Reopen(db)
	wanted := make([]types.Demand, contracts)
	for i := range wanted {
		wanted[i] = demand(uint64(i+1), 21, 15, 21)
	}
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: wanted})
	return c
}

// report runs the freeze and the era's end and reports what they took.
func report(b *testing.B, candidates int, c *testutil.Chain) {
	b.Helper()
	var frozen, worst, elected time.Duration
	for blocks := 1; ; blocks++ {
		c.Next()
		frozen, worst = frozen+c.Spent, max(worst, c.Spent)
		freeze, found, err := c.Keeper.Freeze(c.Ctx, 1)
		require.NoError(b, err)
		if found && freeze.Status == types.FREEZE_STATUS_DONE {
			require.Equal(b, uint32(candidates), freeze.Admitted)
			freeze.Seed = bytes.Repeat([]byte{7}, 32)
			require.NoError(b, c.Keeper.Freezes.Set(c.Ctx, 1, freeze))
			b.ReportMetric(float64(blocks), "freeze-blocks")
			break
		}
	}
	for {
		era, err := c.Keeper.CurrentEra(c.Ctx)
		require.NoError(b, err)
		if era.Number == 2 {
			break
		}
		c.Next()
		elected = max(elected, c.Spent)
	}
	_, seated, err := c.Keeper.Committee(c.Ctx, 2, 1)
	require.NoError(b, err)
	require.True(b, seated)
	b.ReportMetric(float64(frozen.Nanoseconds())/float64(candidates), "freeze-ns/candidate")
	b.ReportMetric(milliseconds(worst), "freeze-worst-ms")
	b.ReportMetric(milliseconds(elected), "election-ms")
	b.ReportMetric(milliseconds(frozen+elected), "total-ms")
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func gasOf(c *testutil.Chain, do func(ctx sdk.Context) error) (uint64, error) {
	ctx := c.Ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).
		WithKVGasConfig(storetypes.KVGasConfig()).WithTransientKVGasConfig(storetypes.TransientGasConfig())
	err := do(ctx)
	return ctx.GasMeter().GasConsumed(), err
}

func TestASignOfLifeCostsLittleGasAndAlmostNothingTheSecondTime(t *testing.T) {
	c, _ := elected(t, 6, demand(1, 2, 2, 2))
	c.Run(5)
	touch := func(ctx sdk.Context) error { return c.Keeper.TouchDuty(ctx, testutil.Operator(0).String()) }
	first, err := gasOf(c, touch)
	require.NoError(t, err)
	second, err := gasOf(c, touch)
	require.NoError(t, err)
	t.Logf("first in the interval %d, later %d", first, second)
	require.Less(t, first, uint64(6_000))
	require.Less(t, second, uint64(2_500))
}

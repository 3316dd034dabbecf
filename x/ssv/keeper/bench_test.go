package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// crowd is a chain of 100 bonded validators with as many candidates as count, all of which meet every criterion.
func crowd(b *testing.B, count int) *testutil.Chain {
	b.Helper()
	params := testutil.Params()
	params.MaxCandidatesPerBlock = uint32(count) + 1
	c := testutil.New(b, params, equalStakes(100, 100)...)
	template, err := c.Staking.GetValidator(c.Ctx, testutil.Operator(0))
	require.NoError(b, err)
	for i := range count {
		join(b, c, i, template)
	}
	return c
}

// join makes validator i a copy of validator 0 in x/staking and x/slashing, and a candidate with a heartbeat.
func join(b *testing.B, c *testutil.Chain, i int, template stakingtypes.Validator) {
	b.Helper()
	operator := testutil.Operator(i)
	template.OperatorAddress = operator.String()
	key := testutil.ConsensusKey(i, 0)
	var err error
	template.ConsensusPubkey, err = codectypes.NewAnyWithValue(key)
	require.NoError(b, err)
	require.NoError(b, c.Staking.SetValidator(c.Ctx, template))
	require.NoError(b, c.Staking.SetDelegation(c.Ctx, stakingtypes.NewDelegation(sdk.AccAddress(operator).String(), operator.String(), template.DelegatorShares)))
	require.NoError(b, c.Slashing.Hooks().AfterValidatorBonded(c.Ctx, sdk.ConsAddress(key.Address()), operator))
	require.NoError(b, c.Keeper.Tenures.Set(c.Ctx, operator, 1))
	require.NoError(b, c.Keeper.Candidates.Set(c.Ctx, operator, types.Candidate{
		Operator: operator.String(), Submitter: testutil.Submitter(i).String(),
		Chains: []types.ChainKey{{ChainId: chain, Signer: testutil.Signer(i, chain).PubKey().Bytes()}},
	}))
	require.NoError(b, c.Keeper.Liveness.Set(c.Ctx, operator, types.Liveness{Height: 1, Era: 1, Sent: 1}))
}

// BenchmarkFreezeAPoolOf measures the end blocks of a freeze, 500 candidates each as by default, on committed state.
func BenchmarkFreezeAPoolOf(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			c := crowd(b, count)
			params := testutil.Params()
			params.MaxCandidatesPerBlock = 500
			require.NoError(b, c.Keeper.Params.Set(c.Ctx, params))
			c.Run(8)
			b.ResetTimer()
			b.StopTimer()
			for range b.N {
				freezeAll(b, c, uint32(count))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/candidate")
		})
	}
}

// freezeAll times the end blocks until the pool is frozen and then forgets it.
func freezeAll(b *testing.B, c *testutil.Chain, count uint32) {
	b.Helper()
	commit := func(ctx sdk.Context) {
		ctx.MultiStore().(storetypes.CacheMultiStore).Write()
		c.Store.Commit()
	}
	for {
		ctx := c.Ctx.WithMultiStore(c.Store.CacheMultiStore())
		b.StartTimer()
		_, err := c.Module.EndBlock(ctx)
		b.StopTimer()
		require.NoError(b, err)
		freeze, err := c.Keeper.Freezes.Get(ctx, 1)
		require.NoError(b, err)
		done := freeze.Status == types.FREEZE_STATUS_DONE
		if done {
			require.Equal(b, count, freeze.Admitted)
			require.NoError(b, c.Keeper.Freezes.Remove(ctx, 1))
			require.NoError(b, c.Keeper.Pool.Clear(ctx, nil))
		}
		commit(ctx)
		if done {
			return
		}
	}
}

func BenchmarkEndBlockWithNothingDueAndCandidates(b *testing.B) {
	for _, count := range []int{100, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			c := crowd(b, count)
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

// BenchmarkAnEraWithAnElectionOf10000 measures the block that ends an era: election, seating and the projected set.
func BenchmarkAnEraWithAnElectionOf10000(b *testing.B) {
	c := crowd(b, 10_000)
	c.Keeper.SetHooks(&testutil.Contracts{Wanted: []types.Demand{demand(1, 21, 15, 21)}})
	c.Run(12)
	b.ResetTimer()
	for range b.N {
		cached, _ := c.Ctx.CacheContext()
		_, err := c.Module.EndBlock(cached)
		require.NoError(b, err)
		b.StopTimer()
		committee, found, err := c.Keeper.Committee(cached, 2, 1)
		require.NoError(b, err)
		require.True(b, found)
		require.NotEmpty(b, committee.Members)
		b.StartTimer()
	}
}

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

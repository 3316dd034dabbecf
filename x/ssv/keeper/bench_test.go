package keeper_test

import (
	"testing"

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

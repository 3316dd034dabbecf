package simulation_test

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/simulation"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// accounts are the operators and as many others.
func accounts(validators int) []simtypes.Account {
	var list []simtypes.Account
	add := func(address sdk.AccAddress) {
		list = append(list, simtypes.Account{Address: address, AddressBech32: address.String()})
	}
	for i := range validators {
		add(sdk.AccAddress(testutil.Operator(i)))
		add(testutil.Submitter(i))
	}
	return list
}

func deliver[T sdk.Msg, R any](
	t *testing.T, c *testutil.Chain, r *rand.Rand, validators int, factory simsx.SimMsgFactoryFn[T],
	handle func(ctx sdk.Context, msg T) (R, error),
) bool {
	t.Helper()
	reporter := simsx.NewBasicSimulationReporter()
	data := simsx.NewChainDataSource(c.Ctx, r, c.Account, c.Bank, c.Account.AddressCodec(), accounts(validators)...)
	_, msg := factory(c.Ctx, data, reporter)
	if reporter.IsSkipped() {
		return false
	}
	_, err := handle(c.Ctx, msg)
	require.NoError(t, err, "%v", msg)
	return true
}

func TestARandomLifeOfCandidatesHasElectionsAndEveryMessageIsAccepted(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	state := module.SimulationState{Rand: r, GenState: map[string]json.RawMessage{}, Cdc: testutil.NewStore(t).Codec}
	simulation.RandomizedGenState(&state)
	var genesis types.GenesisState
	state.Cdc.MustUnmarshalJSON(state.GenState[types.ModuleName], &genesis)
	require.NoError(t, genesis.Validate())

	const validators = 12
	stakes := make([]int64, validators)
	for i := range stakes {
		stakes[i] = 100
	}
	c := testutil.New(t, genesis.Params, stakes...)
	contracts := &testutil.Contracts{Wanted: []types.Demand{{Contract: 1, ChainId: simulation.Chains[0], Size_: 1, Threshold: 1, MinSize: 1}}}
	c.Keeper.SetHooks(contracts)
	c.BeaconKeyOf = func(i, n int) pvss.SecretKey { return simulation.BeaconKey(testutil.Operator(i).String(), n) }
	delivered := map[string]int{}
	for range 200 {
		for range 6 {
			name, done := step(t, c, r, validators)
			if done {
				delivered[name]++
			}
		}
		c.Next()
		require.Equal(t, c.Projection(), c.Stored())
	}
	require.Len(t, delivered, 7, "every message was sent: %v", delivered)
	require.NotEmpty(t, contracts.Seated)
}

func step(t *testing.T, c *testutil.Chain, r *rand.Rand, validators int) (string, bool) {
	t.Helper()
	switch r.Intn(14) {
	case 0, 1, 2, 3:
		return "register", deliver(t, c, r, validators, simulation.MsgRegisterCandidateFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgRegisterCandidate) (*types.MsgRegisterCandidateResponse, error) {
				return c.Msgs.RegisterCandidate(ctx, msg)
			})
	case 4:
		return "update", deliver(t, c, r, validators, simulation.MsgUpdateCandidateFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgUpdateCandidate) (*types.MsgUpdateCandidateResponse, error) {
				return c.Msgs.UpdateCandidate(ctx, msg)
			})
	case 5:
		return "resign", deliver(t, c, r, validators, simulation.MsgResignFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgResign) (*types.MsgResignResponse, error) {
				return c.Msgs.Resign(ctx, msg)
			})
	case 12:
		return "deal", deliver(t, c, r, validators, simulation.MsgDealFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgDeal) (*types.MsgDealResponse, error) {
				return c.Msgs.Deal(ctx, msg)
			})
	case 13:
		return "open", deliver(t, c, r, validators, simulation.MsgOpenFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgOpen) (*types.MsgOpenResponse, error) {
				return c.Msgs.Open(ctx, msg)
			})
	case 6:
		return "params", deliver(t, c, r, validators, simulation.MsgUpdateParamsFactory(c.Keeper),
			func(ctx sdk.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
				msg.Authority = testutil.Authority
				return c.Msgs.UpdateParams(ctx, msg)
			})
	}
	return "heartbeat", deliver(t, c, r, validators, simulation.MsgHeartbeatFactory(c.Keeper),
		func(ctx sdk.Context, msg *types.MsgHeartbeat) (*types.MsgHeartbeatResponse, error) {
			return c.Msgs.Heartbeat(ctx, msg)
		})
}

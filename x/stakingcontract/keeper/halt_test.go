package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// setHalts is what a proposal that names the halts that it lifts does.
func (f *fixture) setHalts(halts types.Halts, lifts uint64) error {
	_, err := f.msg.SetHalts(f.ctx, &types.MsgSetHalts{Authority: authority(), Contract: 1, Halts: halts, Lifts: lifts})
	return err
}

func TestAProposalDoesNotLiftATripwireThatFiredSinceItWasWritten(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	require.NoError(t, f.setHalts(types.Halts{Deposits: true, Reason: "a test"}, 0))
	written := f.state().HaltsNumber
	require.Equal(t, uint64(1), written)

	f.chain.steal(f.state().ActiveVault, 1_000)
	f.observe()
	tripped := f.state()
	require.True(t, tripped.Halts.Payouts)
	require.NotEmpty(t, tripped.Halts.Reason)
	require.Greater(t, tripped.HaltsNumber, written)
	for name, lifts := range map[string]uint64{"those that are gone": written, "none": 0, "those to come": tripped.HaltsNumber + 1} {
		for _, halts := range []types.Halts{{}, {Deposits: true}, {Payouts: true}} {
			err := f.setHalts(halts, lifts)
			require.ErrorIs(t, err, types.ErrHaltsChanged, name)
			require.ErrorContains(t, err, tripped.Halts.Reason)
			require.Equal(t, tripped, f.state())
		}
	}
	require.NoError(t, f.setHalts(types.Halts{}, tripped.HaltsNumber), "whoever knows of it may")
	require.Equal(t, types.Halts{}, f.state().Halts)
	require.ErrorIs(t, f.setHalts(types.Halts{}, tripped.HaltsNumber), types.ErrHaltsChanged, "once")
	f.roundTrip()
}

func TestAProposalThatOnlyStopsFlowsNeedsNoNumber(t *testing.T) {
	f := running(t)
	for number, halts := range []types.Halts{
		{Deposits: true}, {Deposits: true, Payouts: true}, {Deposits: true, Payouts: true, Redemptions: true},
		{Deposits: true, Payouts: true, Redemptions: true, WindDown: true},
	} {
		require.NoError(t, f.setHalts(halts, 0))
		require.Equal(t, halts, f.state().Halts)
		require.Equal(t, uint64(number+1), f.state().HaltsNumber)
	}
	for _, halts := range []types.Halts{
		{Payouts: true, Redemptions: true, WindDown: true}, {Deposits: true, Redemptions: true, WindDown: true},
		{Deposits: true, Payouts: true, WindDown: true}, {Deposits: true, Payouts: true, Redemptions: true},
	} {
		require.ErrorIs(t, f.setHalts(halts, 0), types.ErrHaltsChanged)
		require.NoError(t, f.setHalts(halts, f.state().HaltsNumber))
		require.NoError(t, f.setHalts(types.Halts{Deposits: true, Payouts: true, Redemptions: true, WindDown: true}, 0))
	}
}

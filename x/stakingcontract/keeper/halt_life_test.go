package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// settleAll has whatever the ACTIVE vault asks for executed and proven, until nothing is queued any more.
func (f *fixture) settleAll(ids ...uint64) {
	f.t.Helper()
	for range 20 {
		open := false
		for _, id := range ids {
			open = open || f.redemption(id).Redemption.Status != types.REDEMPTION_STATUS_PAID
		}
		if !open {
			return
		}
		f.block()
		session := f.latest(f.state().ActiveVault)
		if session == nil {
			continue
		}
		if f.chain.height >= session.TimeoutHeight {
			f.expire(session) // too late for this attempt; the next is opened
			continue
		}
		f.signAll(session)
		_, err := f.chain.execute(session.Id, result{})
		require.NoError(f.t, err)
		f.observe()
	}
	f.t.Fatalf("redemptions are not paid: %v", f.redemption(ids[0]).Redemption.Status)
}

// die has a session's timeout pass on both chains without a signature.
func (f *fixture) die(session *multisigtypes.Session) {
	f.t.Helper()
	f.expire(session)
	f.chain.height = session.TimeoutHeight
	f.observe()
	f.block()
}

func TestWhatIsQueuedSurvivesEachSwitchAndGoesOnAfterIt(t *testing.T) {
	for _, c := range []struct {
		name string
		halt types.Halts
		// pays: payments go on; takes: new redemptions are taken; mints: deposits mint.
		pays, takes, mints bool
	}{
		{"deposits", types.Halts{Deposits: true, Reason: "a test"}, true, true, false},
		{"redemptions", types.Halts{Redemptions: true, Reason: "a test"}, true, false, true},
		{"payouts", types.Halts{Payouts: true, Reason: "a test"}, false, true, true},
		{"wind-down", types.Halts{WindDown: true}, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := running(t)
			f.fund("alice", 500_000)
			signing, err := f.redeem("alice", 10_000, staker("carol"))
			require.NoError(t, err)
			f.block()
			session := f.latest(f.state().ActiveVault)
			queued, err := f.redeem("alice", 20_000, staker("dave"))
			require.NoError(t, err)
			f.halt(c.halt)
			f.die(session) // nobody signs in time: the payment is given up, and opened anew only where payouts go on
			held := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 7_000)
			f.observe()
			f.books()
			require.Equal(t, c.mints, f.held("bob") == 7_000, f.deposit(held, 0).Status)
			require.Equal(t, c.pays, f.latest(f.state().ActiveVault) != nil)
			if !c.pays {
				require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(signing).Redemption.Status)
				require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(queued).Redemption.Status)
				require.Contains(t, f.redemption(queued).Estimate, "halted")
			}
			_, err = f.redeem("alice", 5_000, staker("eve"))
			if !c.takes {
				require.ErrorIs(t, err, types.ErrHalted)
			} else {
				require.NoError(t, err)
			}
			f.roundTrip()

			f.halt(types.Halts{})
			f.settleAll(signing, queued)
			require.Equal(t, int64(9_900), f.chain.received(staker("carol")))
			require.Equal(t, int64(19_900), f.chain.received(staker("dave")))
			require.Equal(t, int64(7_000), f.held("bob"))
			_, err = f.redeem("alice", 5_000, staker("eve"))
			require.NoError(t, err)
			f.books()
		})
	}
}

func TestAPaymentSignedBeforeAHaltIsProvenDuringIt(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	id, err := f.redeem("alice", 10_000, staker("carol"))
	require.NoError(t, err)
	f.block()
	f.signAll(f.latest(f.state().ActiveVault))
	f.halt(types.Halts{Payouts: true, Redemptions: true, Deposits: true, Reason: "a test"})
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.True(t, f.state().Halts.Payouts)
}

func TestWhatIsQueuedSurvivesEachTripwireAndGoesOnAfterIt(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		trip         func(*fixture)
	}{
		{"an unexplained outflow of money that backs nothing", "unexplained outflow", func(f *fixture) {
			f.nextEra()
			f.seat(f.candidates(4, 4), nil, 3)
			pending := f.state().PendingVault
			f.chain.deposit(pending, staker("funder"), types.ReserveMemo, 50)
			f.chain.steal(pending, 10)
			f.openAccount()
			f.block()
			f.handOver(f.vault(pending).Id - 1)
		}},
		{"broken solvency", "insolvent by 10", func(f *fixture) {
			f.chain.steal(f.state().ActiveVault, 10)
			f.observe()
		}},
		{"a stuck handover", "began in era 2", func(f *fixture) {
			outgoing, _ := f.elect(4)
			f.block()
			params, err := f.ssv.GetParams(f.ctx)
			require.NoError(f.t, err)
			for range params.MaxHandoverEras {
				f.nextEra()
			}
			f.blocks(8)
			f.handOver(outgoing)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := running(t)
			f.fund("alice", 500_000)
			f.update(func(contract *types.Contract) { contract.Limits.MaxOutputs = 1 }) // several payments, not one
			var queued []uint64
			f.halt(types.Halts{Payouts: true})
			for range 3 {
				id, err := f.redeem("alice", 10_000, staker("carol"))
				require.NoError(t, err)
				queued = append(queued, id)
			}
			f.halt(types.Halts{})
			f.halt(types.Halts{Payouts: true})
			c.trip(f)
			require.True(t, f.state().Halts.Payouts)
			require.Contains(t, f.state().Halts.Reason, c.reason)
			f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 7_000)
			f.observe()
			f.blocks(3)
			for _, id := range queued {
				require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status)
			}
			f.escrow()

			f.halt(types.Halts{})
			f.settleAll(queued...)
			f.block()
			require.Equal(t, int64(29_700), f.chain.received(staker("carol")))
			require.Equal(t, int64(7_000), f.held("bob"))
			f.escrow()
		})
	}
}

func TestALossThatGrowsAfterGovernanceOpenedTheContractHaltsItAgain(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.chain.steal(f.state().ActiveVault, 10)
	f.observe()
	f.halt(types.Halts{})
	f.chain.mine(60)
	f.observe()
	require.Equal(t, types.Halts{}, f.state().Halts, "governance knew of it")
	require.Equal(t, int64(10), f.state().Loss.Int64())
	f.roundTrip()
	f.chain.steal(f.state().ActiveVault, 1)
	f.observe()
	require.True(t, f.state().Halts.Deposits && f.state().Halts.Payouts)
	require.Contains(t, f.state().Halts.Reason, "insolvent by 11")
}

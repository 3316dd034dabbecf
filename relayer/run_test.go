package relayer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

func TestARunningRelayerServesAndStopsWithItsContext(t *testing.T) {
	w := newWorld(t, 1)
	vault := w.activeVault(5000)
	w.openPayout(4, nil)
	w.stafi.acceptAt = 1
	m := w.members[0]
	m.cfg.Status.Listen = "127.0.0.1:0"
	m.cfg.Chains[0].PollInterval = Duration(minPoll)
	require.NoError(t, m.start())
	r := m.process.relayer
	hints := make(chan struct{}, 1)
	r.Hints = func(ctx context.Context, wake func()) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hints:
				wake()
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	w.origin.send(t, w.stafi.redeemed[9].Recipient, vault.Address, 700, "memo")
	require.Eventually(t, func() bool {
		w.origin.nextBlock()
		w.stafi.nextBlock()
		select {
		case hints <- struct{}{}:
		default:
		}
		return count(w.executed(), "signature 4") == 1 && count(w.executed(), "observe") >= 1
	}, 20*time.Second, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestAMempoolsAnswerToWhatSomebodyElseHandedOverIsNoError(t *testing.T) {
	for code, harmless := range map[uint32]bool{19: true, 30: true, 32: true, 4: false, 5: false, 13: false} {
		err := fmt.Errorf("wrapped: %w", &lightclient.TxRefusedError{Codespace: "sdk", Code: code})
		require.Equal(t, harmless, isHarmless(err), "code %d", code)
	}
	require.False(t, isHarmless(&lightclient.TxRefusedError{Codespace: "wasm", Code: 32}))
	require.False(t, isHarmless(errors.New("sdk 32")))
}

func TestAHandoverThatIsRefusedIsReportedAndTriedAgain(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.openPayout(4, nil)
	w.startAll()
	w.origin.refusal = &lightclient.TxRefusedError{Codespace: "sdk", Code: 13, Log: "insufficient fee"}
	w.blocks(3)
	require.Contains(t, w.members[0].lastError("broadcast"), "insufficient fee")
	w.origin.refusal = nil
	w.blocks(1)
	require.Len(t, w.origin.handed, 1)
}

func TestASignatureOnAProvenSessionIsGivenForCreditAndNeverAlarms(t *testing.T) {
	w := newWorld(t, 2)
	w.activeVault(5000)
	w.openPayout(4, nil)
	late := w.sequenceOf(1)[1]
	session := w.stafi.sessions[4]
	session.tally.Status = multisigtypes.SESSION_STATUS_PROVEN
	redemption := w.stafi.redeemed[9]
	redemption.Paid = redemption.Amount.Sub(redemption.Fee)
	w.stafi.redeemed[9] = redemption
	require.NoError(t, late.start())
	w.blocks(2)
	require.Equal(t, 1, count(w.executed(), "signature 4"), w.executed())
	require.NotContains(t, w.alarms(late), "payload-refused")
}

func TestAnUnreadableTransactionIsQuarantinedOnceAndStopsNothing(t *testing.T) {
	w := newWorld(t, 1)
	vault := w.activeVault(5000)
	w.stafi.acceptAt = 1
	w.startAll()
	w.origin.mempool = append(w.origin.mempool, []byte("no transaction at all"))
	w.origin.nextBlock()
	w.origin.blocks[51].Txs[0].Code = 0
	w.origin.send(t, w.staker(), vault.Address, 700, "memo")
	w.blocks(6)
	require.Equal(t, []string{`deposit of 700 with memo "memo"`}, w.stafi.observed)
	r := w.members[0].process.relayer
	entries, err := journal.List[Quarantined](r.Journal, journal.Quarantine, "")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, uint64(51), entries[0].Value.Height)
	require.NotEmpty(t, entries[0].Value.Reason)
	require.Equal(t, 1, r.Board().Report().Quarantined)
	require.NoError(t, w.members[0].start())
	require.Equal(t, 1, w.members[0].process.relayer.Board().Report().Quarantined)
}

func TestAPanicInOneDutyIsAnErrorAndTheOthersGoOn(t *testing.T) {
	err := guard(func() error { panic("never thought of") })
	require.ErrorIs(t, err, errPanic)
	require.ErrorContains(t, err, "never thought of")
	require.NoError(t, guard(func() error { return nil }))
}

func TestASubmitterThatNobodyRegisteredRaisesAnAlarmAndDoesNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.stafi.operators = map[string]string{}
	w.startAll()
	w.blocks(20)
	require.Empty(t, w.executed())
	require.Contains(t, w.alarms(w.members[0]), "registration")
}

func TestALowBalanceAndAChainThatIsServedButNotConfiguredRaiseAlarms(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.stafi.balance.Amount = w.stafi.balance.Amount.QuoRaw(100)
	w.stafi.contract.ChainId = "elsewhere-1"
	w.startAll()
	w.blocks(2)
	require.Subset(t, w.alarms(w.members[0]), []string{"balance", "unserved/elsewhere-1"})
}

func TestAnotherChainsNodeIsRefused(t *testing.T) {
	w := newWorld(t, 1)
	node := stafi.NewNode("another", fakeRPC{f: w.stafi}, nil)
	_, err := node.Now(context.Background())
	require.ErrorIs(t, err, stafi.ErrWrongChain)
	require.ErrorContains(t, err, stafiChain)
}

func TestANodeThatCannotBeReadRaisesAnAlarmThatEndsWhenItCan(t *testing.T) {
	w := newWorld(t, 1)
	m := w.members[0]
	m.cfg.Status.Listen = ""
	m.cfg.Node.PollInterval = Duration(minPoll)
	w.stafi.down = true
	require.NoError(t, m.start())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.process.relayer.Run(ctx) }()
	alarmed := func() bool { return len(w.alarms(m)) == 1 && w.alarms(m)[0] == "node" }
	require.Eventually(t, alarmed, 10*time.Second, 10*time.Millisecond)
	w.stafi.mu.Lock()
	w.stafi.down = false
	w.stafi.mu.Unlock()
	require.Eventually(t, func() bool { return !alarmed() }, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

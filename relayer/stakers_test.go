package relayer

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/rpc"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/rpcclient"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

func caller(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

func callerText(name string) string { return sdk.AccAddress(caller(name).PubKey().Address()).String() }

// callWorld has one member that serves contract 1 in an era of 100 blocks.
func callWorld(t *testing.T) (*world, *memberOf) {
	t.Helper()
	w := newWorld(t, 1)
	w.activeVault(5000)
	m := w.members[0]
	submitter := m.keys.Submitter.Address().String()
	candidate := w.stafi.candidates[m.operator]
	delete(w.stafi.candidates, m.operator)
	m.operator = sdk.ValAddress(strings.Repeat("o", 20)).String()
	candidate.Candidate.Operator = m.operator
	w.stafi.operators[submitter], w.stafi.candidates[m.operator] = m.operator, candidate
	w.stafi.calls = fakeCalls{counted: map[string]uint64{}, poor: map[string]bool{}, seated: []string{m.operator}}
	w.stafi.contract.Limits.MinClientBalance = math.NewInt(100)
	w.stafi.contract.Limits.MinDeposit = math.NewInt(1)
	w.newEra(1)
	m.cfg.RPC.Listen = "127.0.0.1:0"
	m.cfg.RPC.Rate, m.cfg.RPC.ClientRate, m.cfg.RPC.TotalRate = 1000, 1000, 1000
	return w, m
}

// newEra begins one of a hundred blocks of a second.
func (w *world) newEra(number uint64) {
	w.stafi.mu.Lock()
	defer w.stafi.mu.Unlock()
	w.stafi.era = ssvtypes.Era{
		Number: number, StartHeight: w.stafi.height, StartTime: w.stafi.now, EndTime: w.stafi.now.Add(100 * time.Second), HeartbeatInterval: 50,
	}
	w.stafi.calls.counted = map[string]uint64{}
}

func (m *memberOf) scope(era uint64) rpc.Scope {
	return rpc.Scope{Era: era, Contract: 1, Operator: m.operator}
}

// take gives the member a receipt, as its service does for a call.
func (m *memberOf) take(era uint64, name string, calls uint64) error {
	operator, err := sdk.ValAddressFromBech32(m.operator)
	if err != nil {
		return err
	}
	signed, err := receipt.Sign(receipt.Body{ChainID: stafiChain, Contract: 1, Era: era, Operator: operator, Calls: calls},
		caller(name).PubKey().Bytes(), caller(name).Sign)
	if err != nil {
		return err
	}
	return m.process.relayer.stakers.receipts.Take(m.scope(era), signed)
}

func (w *world) counted(name string) uint64 {
	w.stafi.mu.Lock()
	defer w.stafi.mu.Unlock()
	return w.stafi.calls.counted[callerText(name)]
}

func TestReceiptsAreHandedInAtTheEndsOfThePhasesAndOnlyWhatIsNew(t *testing.T) {
	w, m := callWorld(t)
	w.startAll()
	w.blocks(10)
	require.NoError(t, m.take(1, "alice", 5))
	w.blocks(30)
	require.Zero(t, w.counted("alice"), "nothing is handed in before half of the era")
	w.blocks(15)
	require.Equal(t, uint64(5), w.counted("alice"))
	require.Equal(t, 1, w.stafi.calls.messages)
	require.NoError(t, m.take(1, "alice", 7))
	require.NoError(t, m.take(1, "bob", 1))
	w.blocks(30)
	require.Equal(t, 1, w.stafi.calls.messages)
	w.blocks(9)
	require.Equal(t, uint64(7), w.counted("alice"))
	require.Equal(t, uint64(1), w.counted("bob"))
	w.blocks(6)
	require.Equal(t, 2, w.stafi.calls.messages, "the last phase has nothing new")
	calls := m.process.relayer.Board().Report().Calls
	require.Equal(t, uint64(8), calls.Contracts[0].HandedIn)
	require.Equal(t, 2, calls.Contracts[0].Clients)

	w.newEra(2)
	w.blocks(2)
	clients, _, _ := m.process.relayer.stakers.receipts.Sum(m.scope(1))
	require.Zero(t, clients, "what is of a past era is dropped")
}

func TestBatchesAreAsLargeAsAMessageMayBeAndAllAreSent(t *testing.T) {
	w, m := callWorld(t)
	w.stafi.calls.batch = 3
	w.startAll()
	w.blocks(30)
	for i := range 8 {
		require.NoError(t, m.take(1, fmt.Sprintf("client %d", i), 2))
	}
	w.blocks(40)
	for i := range 8 {
		require.Equal(t, uint64(2), w.counted(fmt.Sprintf("client %d", i)))
	}
	require.Equal(t, 3, w.stafi.calls.messages)
}

func TestAClientThatHoldsTooLittleHoldsUpNobody(t *testing.T) {
	w, m := callWorld(t)
	w.startAll()
	w.blocks(30)
	require.NoError(t, m.take(1, "alice", 3))
	require.NoError(t, m.take(1, "mallory", 3))
	w.stafi.calls.poor[callerText("mallory")] = true
	w.blocks(30)
	require.Equal(t, uint64(3), w.counted("alice"))
	require.Zero(t, w.counted("mallory"))
	require.Equal(t, 0, w.stafi.failed)
}

func TestAMemberThatServesNoMoreHandsNothingIn(t *testing.T) {
	w, m := callWorld(t)
	w.startAll()
	w.blocks(30)
	require.NoError(t, m.take(1, "alice", 3))
	w.stafi.calls.seated = nil
	w.blocks(40)
	require.Zero(t, w.stafi.calls.messages)
}

// TestWhereverTheRelayerIsKilledEveryReceiptIsCountedOnceAndInTime kills the relayer at each of its writes to disk, before and after the write,
// starts it again, and lets the era go on: what it had acknowledged is counted, and never more than was signed.
func TestWhereverTheRelayerIsKilledEveryReceiptIsCountedOnceAndInTime(t *testing.T) {
	for _, after := range []bool{false, true} {
		for dieAt := 1; ; dieAt++ {
			if died := lifeWithDeath(t, dieAt, after); !died {
				require.Greater(t, dieAt, 5, "the relayer writes receipts, a batch, transactions")
				break
			}
		}
	}
}

// lifeWithDeath says whether the relayer died at all.
func lifeWithDeath(t *testing.T, dieAt int, after bool) (died bool) {
	t.Helper()
	w, m := callWorld(t)
	m.disk.dieAt, m.disk.after = dieAt, after
	acknowledged, signed := map[string]uint64{}, uint64(0)
	revive := func() {
		died, m.disk.dieAt = true, 0
		require.NoError(t, m.start())
		m.process.last = 0
	}
	if m.start() != nil {
		revive()
	}
	for block := range 100 {
		w.origin.nextBlock()
		w.stafi.nextBlock()
		if m.step() != nil || m.disk.dead() {
			revive()
		}
		if block%20 == 7 && block < 90 {
			signed++
			for _, name := range []string{"alice", "bob"} {
				if err := m.take(1, name, signed); err != nil {
					if m.disk.dead() {
						revive()
					}
					continue
				}
				acknowledged[name] = signed
			}
		}
	}
	for _, name := range []string{"alice", "bob"} {
		require.GreaterOrEqual(t, w.counted(name), acknowledged[name], "died at write %d (after: %v)", dieAt, after)
		require.LessOrEqual(t, w.counted(name), signed)
	}
	require.Zero(t, w.stafi.failed, "died at write %d (after: %v): a transaction was refused in a block", dieAt, after)
	return died
}

// serveCalls lets the member's service listen on loopback and returns its endpoint.
func serveCalls(t *testing.T, m *memberOf) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.process.relayer.stakers.server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return "http://" + listener.Addr().String()
}

func TestAStakersCallsReachTheChain(t *testing.T) {
	w, m := callWorld(t)
	w.startAll()
	m.process.relayer.stakers.clock = func() time.Time { return w.stafi.now }
	w.blocks(5)
	counts := rpcclient.NewFileCounts(filepath.Join(t.TempDir(), "counts.json"))
	dial := func(chain string) *rpcclient.Client {
		client, err := rpcclient.Dial(serveCalls(t, m), rpcclient.Options{
			ChainID: chain, Contract: 1, Counts: counts,
			Signer: &rpcclient.Signer{PubKey: caller("alice").PubKey().Bytes(), Sign: caller("alice").Sign},
		})
		require.NoError(t, err)
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
	client := dial(stafiChain)
	for i := range 3 {
		vault, err := client.Vault(context.Background(), &rpcapi.VaultRequest{Contract: 1})
		require.NoError(t, err)
		require.Equal(t, originChain, vault.ChainId)
		require.Equal(t, rpcclient.Outcome{Status: rpc.Counted, Calls: fmt.Sprint(i + 1)}, client.Outcome())
	}
	// Another process with the same file goes on where this one ended.
	again := dial(stafiChain)
	_, err := again.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.NoError(t, err)
	require.Equal(t, rpcclient.Outcome{Status: rpc.Counted, Calls: "4"}, again.Outcome())
	_, err = dial("other-1").Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.ErrorIs(t, err, rpcclient.ErrWrongChain)

	w.blocks(50)
	require.Equal(t, uint64(4), w.counted("alice"))
	w.newEra(2)
	w.blocks(1)
	_, err = client.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.NoError(t, err, "a receipt of the past era is no reason to refuse the call")
	require.Contains(t, client.Outcome().Status, "era 1, want 2")
	_, err = client.Heads(context.Background(), &rpcapi.HeadsRequest{})
	require.NoError(t, err)
	require.Equal(t, rpcclient.Outcome{Status: rpc.Counted, Calls: "1"}, client.Outcome(), "the client has asked which era it is")
}

func TestTheServiceIsOffUnlessItIsConfigured(t *testing.T) {
	require.False(t, DefaultConfig().RPC.On())
	w, m := callWorld(t)
	m.cfg.RPC.Listen = ""
	w.startAll()
	w.blocks(2)
	require.Nil(t, m.process.relayer.Board().Report().Calls)
	require.NoError(t, m.process.relayer.stakers.run(context.Background()))
}

func TestTheStatusShowsTheCalls(t *testing.T) {
	w, m := callWorld(t)
	w.startAll()
	w.blocks(5)
	require.NoError(t, m.take(1, "alice", 3))
	w.blocks(1)
	var text strings.Builder
	require.NoError(t, m.process.relayer.Board().Report().Write(&text))
	require.Contains(t, text.String(), "contract 1, era 1: 1 clients signed for 3 calls, 0 handed in")
}

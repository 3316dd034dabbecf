package observe

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/lightclient"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// world is a naive model of an original chain with three vaults: balances and sequences are what a bank would make of each
// transaction, and the model remembers what it did.
type world struct {
	*scene
	t         *rapid.T
	vaults    []testVault
	held      map[uint64]int64
	sequences map[uint64]uint64
	sessions  uint64
	// deposited and executed are what observations must report, each once.
	deposited map[string]int64
	executed  map[uint64]bool
	// least is what an inflow has to be at least for an event.
	least int64
	// stolen, hidden and dust is what no deposit and no execution explains, per vault.
	unexplained map[uint64]int64
}

func newWorld(t *rapid.T) *world {
	w := &world{
		t: t, held: map[uint64]int64{}, sequences: map[uint64]uint64{}, deposited: map[string]int64{}, executed: map[uint64]bool{},
		unexplained: map[uint64]int64{},
	}
	for id := uint64(1); id <= 3; id++ {
		vault := newTestVault(t, id, 4, 3)
		vault.Ledger = math.NewInt(1_000_000)
		w.held[id] = 1_000_000
		w.vaults = append(w.vaults, vault)
	}
	w.scene = newScene(t, w.vaults...)
	w.least = int64(rapid.IntRange(0, 50).Draw(t, "least event"))
	w.in.LeastEvent = math.NewInt(w.least)
	w.snapshot(10)
	return w
}

func (w *world) snapshot(height uint64) {
	for _, vault := range w.vaults {
		w.chain.hold(height, vault.Address, w.held[vault.ID])
		w.chain.sequence(height, vault.Address, w.sequences[vault.ID])
	}
}

// step makes one transaction and its effect.
func (w *world) step(n int) lightclient.Tx {
	vault := w.vaults[rapid.IntRange(0, 2).Draw(w.t, "vault")]
	amount := int64(rapid.IntRange(1, 50).Draw(w.t, "amount"))
	switch rapid.IntRange(0, 9).Draw(w.t, "kind") {
	case 0, 1:
		tx := ok(encode(w.t, fmt.Sprintf("deposit %d", n), send(testAddress("a"), testAddress("b"), 1), send(testAddress("a"), vault.Address, amount)))
		w.held[vault.ID] += amount
		if amount < w.least {
			w.unexplained[vault.ID] += amount
		} else {
			w.deposited[depositID(tx.Hash[:], 1)] = amount
		}
		return tx
	case 2:
		return failed(encode(w.t, fmt.Sprintf("failed %d", n), send(testAddress("a"), vault.Address, amount)), 5)
	case 3:
		w.held[vault.ID] += amount
		w.unexplained[vault.ID] += amount
		return ok(encode(w.t, fmt.Sprintf("hidden %d", n), &banktypes.MsgUpdateParams{Authority: testAddress("a")}))
	case 4:
		w.held[vault.ID] += amount
		w.unexplained[vault.ID] += amount
		return ok([]byte(fmt.Sprintf("unreadable %d", n)))
	case 5:
		rogue := vault.payload(1_000_000+uint64(n), w.sequences[vault.ID], output("thief", amount))
		w.spend(vault, amount)
		w.unexplained[vault.ID] -= amount + 10
		return ok(vault.sign(w.t, rogue, 0, 1, 2))
	case 6:
		rogue := vault.payload(1_000_000+uint64(n), w.sequences[vault.ID], output("thief", amount))
		w.spend(vault, 0)
		w.unexplained[vault.ID] -= 10
		return failed(vault.sign(w.t, rogue, 0, 1, 2), 5)
	case 7:
		// It never got as far as its sequence.
		forged := vault.payload(1_000_000+uint64(n), w.sequences[vault.ID], output("thief", amount))
		bz := bytes.Clone(vault.sign(w.t, forged, 0, 1, 2))
		bz[len(bz)-1] ^= 1
		return failed(bz, 4)
	default:
		return w.session(vault, amount)
	}
}

// session opens a session and has it succeed, fail, or fail before it used its sequence.
func (w *world) session(vault testVault, amount int64) lightclient.Tx {
	w.sessions++
	payload := vault.payload(w.sessions, w.sequences[vault.ID], output("payee", amount))
	purpose := multisigtypes.PURPOSE_PAYOUT
	to := w.vaults[vault.ID%3]
	if rapid.Bool().Draw(w.t, "sweep") {
		purpose = multisigtypes.PURPOSE_SWEEP
		payload.MultiSend, payload.Outputs = false, []vaultcosmos.Output{{Address: to.Address, Amount: math.NewInt(amount)}}
	}
	w.books.open(w.t, w.sessions, vault.ID, purpose, payload)
	bz := vault.sign(w.t, payload, 1, 2, 3)
	switch rapid.IntRange(0, 3).Draw(w.t, "outcome") {
	case 0:
		return failed(bz, 13)
	case 1:
		w.spend(vault, 0)
		w.executed[w.sessions] = false
		return failed(bz, 5)
	}
	w.spend(vault, amount)
	if purpose == multisigtypes.PURPOSE_SWEEP {
		w.held[to.ID] += amount
	}
	w.executed[w.sessions] = true
	return ok(bz)
}

func (w *world) spend(vault testVault, amount int64) {
	w.held[vault.ID] -= amount + 10
	w.sequences[vault.ID]++
}

func depositID(hash []byte, index uint32) string { return fmt.Sprintf("%X/%d", hash, index) }

// book applies an observation to the ledgers by the rules of the chain's books, and strikes off what was to be reported.
func (w *world) book(o types.Observation) {
	ledgers := map[uint64]*math.Int{}
	for i := range w.in.Vaults {
		ledgers[w.in.Vaults[i].ID] = &w.in.Vaults[i].Ledger
	}
	change := func(vault uint64, amount int64) { *ledgers[vault] = ledgers[vault].AddRaw(amount) }
	follow := func(vault, sequence uint64) { w.in.Vaults[vault-1].Sequence = sequence }
	for _, event := range o.Events {
		switch kind := event.Kind.(type) {
		case *types.Event_Deposit:
			id := depositID(kind.Deposit.TxHash, kind.Deposit.Index)
			require.Equal(w.t, w.deposited[id], kind.Deposit.Amount.Int64(), "deposit %s twice or never made", id)
			delete(w.deposited, id)
			change(kind.Deposit.Vault, kind.Deposit.Amount.Int64())
		case *types.Event_Execution:
			success, due := w.executed[kind.Execution.Session]
			require.True(w.t, due, "session %d twice or never executed", kind.Execution.Session)
			require.Equal(w.t, success, kind.Execution.Success)
			delete(w.executed, kind.Execution.Session)
			w.bookExecution(kind.Execution, change)
			follow(kind.Execution.Vault, w.books[kind.Execution.Session].Sequence+1)
		case *types.Event_Sequence:
			follow(kind.Sequence.Vault, kind.Sequence.Sequence)
		case *types.Event_Surplus:
			w.unexplained[kind.Surplus.Vault] -= kind.Surplus.Amount.Int64()
			change(kind.Surplus.Vault, kind.Surplus.Amount.Int64())
		case *types.Event_Outflow:
			w.unexplained[kind.Outflow.Vault] += kind.Outflow.Amount.Int64()
			change(kind.Outflow.Vault, -kind.Outflow.Amount.Int64())
		}
	}
	for _, balance := range o.Balances {
		require.Equal(w.t, balance.Amount, *ledgers[balance.Vault], "vault %d does not add up", balance.Vault)
	}
	w.in.From, w.in.FromIndex = o.To, 0
	if o.Partial() {
		w.in.From, w.in.FromIndex = o.To-1, o.ToIndex
		return
	}
	for _, vault := range w.in.Vaults {
		require.Equal(w.t, w.chain.accounts[o.To][vault.Address].Sequence, vault.Sequence, "vault %d is behind its account", vault.ID)
	}
}

func (w *world) bookExecution(execution *types.ExecutionEvent, change func(uint64, int64)) {
	change(execution.Vault, -10)
	if !execution.Success {
		return
	}
	for _, block := range w.chain.blocks {
		for _, tx := range block.Txs {
			if string(tx.Hash[:]) != string(execution.TxHash) {
				continue
			}
			decoded, err := Decode(tx.Bytes)
			require.NoError(w.t, err)
			amount := decoded.Outputs[0].Coins[0].Amount.Int64()
			change(execution.Vault, -amount)
			if w.books[execution.Session].Purpose == multisigtypes.PURPOSE_SWEEP {
				change(execution.Vault%3+1, amount)
			}
		}
	}
}

func TestWhateverHappensTheLedgersEqualTheBalancesAndEachEffectIsReportedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		last := uint64(10 + rapid.IntRange(1, 6).Draw(t, "blocks"))
		n := 0
		for height := uint64(11); height <= last; height++ {
			var txs []lightclient.Tx
			for range rapid.IntRange(0, 12).Draw(t, "txs") {
				txs = append(txs, w.step(n))
				n++
			}
			w.chain.add(height, txs...)
			w.snapshot(height)
		}
		limits := Limits{Events: uint32(rapid.IntRange(7, 20).Draw(t, "events")), Bytes: uint32(rapid.IntRange(3000, 9000).Draw(t, "bytes"))}
		scanner := &Scanner{}
		for w.in.From < last {
			w.in.To = uint64(rapid.IntRange(int(w.in.From)+1, int(last)).Draw(t, "to"))
			o, _, err := Derive(context.Background(), w.in, limits)
			require.NoError(t, err)
			require.LessOrEqual(t, len(o.Events), int(limits.Events))
			require.LessOrEqual(t, o.Size(), int(limits.Bytes))
			w.check(o)
			require.False(t, len(o.Events) == 0 && o.FromIndex == 0 && o.To < w.in.To, "a range without events was cut at %d", o.To)
			remembered, _, err := scanner.Derive(context.Background(), w.in, limits)
			require.NoError(t, err)
			require.Equal(t, o, remembered)
			w.book(o)
		}
		require.Empty(t, w.deposited)
		require.Empty(t, w.executed)
		for vault, amount := range w.unexplained {
			require.Zero(t, amount, "vault %d", vault)
		}
	})
}

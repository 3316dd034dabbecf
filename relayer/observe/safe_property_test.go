package observe

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// safeWorld is a naive model of a contract's Safe over its generations, that remembers what it did.
type safeWorld struct {
	*safeScene
	r *rapid.T
	// holders from the first; the last one holds the Safe.
	holders []safeVault
	next    []safeVault
	bad     common.Address
	wrap    common.Address
	ids     uint64
	// deposited and executed are what observations must report, each once; deposits are by transaction and index.
	deposited map[string]types.DepositEvent
	executed  map[uint64]bool
	// least is what an inflow has to be at least for an event.
	least int64
	// unexplained is what came and went without an event of its own.
	unexplained *big.Int
}

func newSafeWorld(t *testing.T, r *rapid.T) *safeWorld {
	s, first := newSafeScene(t, members(t, "a", 1, 4, 3))
	w := &safeWorld{
		safeScene: s, r: r, holders: []safeVault{first}, bad: s.reverting(), wrap: s.wrapper(),
		deposited: map[string]types.DepositEvent{}, executed: map[uint64]bool{}, unexplained: new(big.Int),
	}
	w.least = int64(rapid.IntRange(0, 50).Draw(r, "least event"))
	w.in.LeastEvent = math.NewInt(w.least)
	w.next = []safeVault{s.successor("b", 2, 3, 2), s.successor("c", 3, 5, 4)}
	return w
}

func (w *safeWorld) holder() safeVault { return w.holders[len(w.holders)-1] }

func (w *safeWorld) received(hash common.Hash, index uint32, sender common.Address, memo string, wei int64) {
	if wei < w.least {
		w.unexplained.Add(w.unexplained, big.NewInt(wei))
		return
	}
	w.deposited[depositID(hash.Bytes(), index)] = types.DepositEvent{
		Vault: w.holder().ID, TxHash: hash.Bytes(), Index: index, Sender: sender.Hex(), Memo: memo, Amount: math.NewInt(wei),
	}
}

// step makes one transaction and its effect.
func (w *safeWorld) step() {
	wei := int64(rapid.IntRange(1, 50).Draw(w.r, "wei"))
	fee := new(big.Int)
	if rapid.Bool().Draw(w.r, "refunded") {
		fee = testFee
	}
	switch rapid.IntRange(0, 8).Draw(w.r, "kind") {
	case 0, 1:
		w.received(w.stake("stafi1", wei), 1, w.staker, "stafi1", wei)
	case 2:
		w.received(w.pay(wei), 0, w.staker, "", wei)
	case 3:
		wrapped := w.call(stakeCalldata("stafi1"))
		wrapped.To, wrapped.Value = &w.wrap, big.NewInt(3*wei)
		hash := w.send(wrapped)
		for i := range 3 {
			w.received(hash, uint32(2*i+1), w.wrap, "stafi1", wei)
		}
	case 4:
		w.evm.Fund(w.safe, big.NewInt(wei))
		w.unexplained.Add(w.unexplained, big.NewInt(wei))
	case 5:
		before := w.evm.Balance(w.safe)
		w.execute(w.rogue(w.holder(), w.paying(fee, toAddress(common.Address{1}, wei))))
		w.unexplained.Add(w.unexplained, w.evm.Balance(w.safe)).Sub(w.unexplained, before)
	case 6:
		w.ids++
		w.execute(w.open(w.ids, w.holder(), w.paying(fee, toAddress(common.Address{2}, wei), toAddress(common.Address{3}, wei))))
		w.executed[w.ids] = true
	case 7:
		w.ids++
		w.execute(w.open(w.ids, w.holder(), w.paying(fee, toAddress(common.Address{2}, wei), toAddress(w.bad, wei))))
		w.executed[w.ids] = false
	default:
		w.pass(fee)
	}
}

// pass hands the Safe over, as long as there is a next vault.
func (w *safeWorld) pass(fee *big.Int) {
	if len(w.next) == 0 {
		return
	}
	w.ids++
	w.hand(w.ids, w.holder(), w.next[0], fee)
	w.executed[w.ids] = true
	w.holders, w.next = append(w.holders, w.next[0]), w.next[1:]
}

// strike takes what an observation reports off what is to be reported.
func (w *safeWorld) strike(o types.Observation) {
	for _, event := range o.Events {
		switch kind := event.Kind.(type) {
		case *types.Event_Deposit:
			id := depositID(kind.Deposit.TxHash, kind.Deposit.Index)
			require.Equal(w.t, w.deposited[id], *kind.Deposit, "twice, never made, or of another vault")
			delete(w.deposited, id)
		case *types.Event_Execution:
			success, due := w.executed[kind.Execution.Session]
			require.True(w.t, due, "session %d twice or never executed", kind.Execution.Session)
			require.Equal(w.t, success, kind.Execution.Success)
			delete(w.executed, kind.Execution.Session)
		case *types.Event_Surplus:
			w.unexplained.Sub(w.unexplained, kind.Surplus.Amount.BigInt())
		case *types.Event_Outflow:
			w.unexplained.Add(w.unexplained, kind.Outflow.Amount.BigInt())
		}
	}
}

func TestWhateverHappensToASafeEachEffectIsReportedOnceOfItsHolderWhereverARangeIsCut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newSafeWorld(t, r)
		for range rapid.IntRange(1, 4).Draw(r, "blocks") {
			for range rapid.IntRange(0, 8).Draw(r, "txs") {
				w.step()
			}
			w.mine()
		}
		limits := Limits{Events: uint32(rapid.IntRange(5, 20).Draw(r, "events")), Bytes: uint32(rapid.IntRange(3000, 9000).Draw(r, "bytes"))}
		scanner := &Scanner{}
		for w.in.From < w.number {
			w.in.To = uint64(rapid.IntRange(int(w.in.From)+1, int(w.number)).Draw(r, "to"))
			o, quarantined, err := Derive(context.Background(), w.in, limits)
			require.NoError(t, err)
			require.LessOrEqual(t, len(o.Events), int(limits.Events))
			require.LessOrEqual(t, o.Size(), int(limits.Bytes))
			w.check(o)
			require.False(t, len(o.Events) == 0 && o.FromIndex == 0 && o.To < w.in.To, "a range without events was cut at %d", o.To)
			remembered, again, err := scanner.Derive(context.Background(), w.in, limits)
			require.NoError(t, err)
			require.Equal(t, o, remembered)
			require.Equal(t, quarantined, again)
			w.strike(o)
			w.settle(o)
			w.followed(o)
		}
		require.Empty(t, w.deposited)
		require.Empty(t, w.executed)
		require.Zero(t, w.unexplained.Sign(), "unexplained: %s", w.unexplained)
		require.Equal(t, w.evm.Balance(w.safe).String(), w.held(w.holder().ID).String())
	})
}

// followed asserts that after a whole block the vault that holds the Safe signs from its nonce on.
func (w *safeWorld) followed(o types.Observation) {
	for _, vault := range w.in.Vaults {
		if vault.Holds && !o.Partial() {
			nonce, _, err := (&ethereumReader{chain: w.chain}).sequence(context.Background(), vault, o.To)
			require.NoError(w.t, err)
			require.Equal(w.t, nonce, vault.Sequence, "vault %d is behind its Safe", vault.ID)
		}
	}
}

func (w *safeWorld) held(vault uint64) math.Int {
	total := math.ZeroInt()
	for _, v := range w.in.Vaults {
		if v.ID != vault {
			require.True(w.t, v.Ledger.IsZero())
		}
		total = total.Add(v.Ledger)
	}
	return total
}

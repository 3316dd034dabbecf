package ethereumtx_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
)

// counter is a contract that can be called once: the first call writes 1 to slot 0, every other one reverts.
var counter = common.HexToAddress("0xc000000000000000000000000000000000000001")

// counterCode: PUSH0 SLOAD PUSH1 10 JUMPI, PUSH1 1 PUSH0 SSTORE STOP, JUMPDEST PUSH0 PUSH0 REVERT.
var counterCode = common.FromHex("5f54600a57" + "60015f5500" + "5b5f5ffd")

func deployOnce(n *network) {
	n.chain.SetCode(counter, counterCode)
}

// once is the intent to call the counter.
func once(n *network) ethereumtx.Intent {
	return ethereumtx.Intent{
		Key: "counter", To: counter, Gas: 60_000,
		Done: func(ctx context.Context, node ethereumtx.Node) (bool, error) {
			value, err := node.Storage(ctx, counter, common.Hash{})
			return value != (common.Hash{}), err
		},
		Proven: func(context.Context) (bool, error) {
			return n.final.Storage(counter, common.Hash{}) != (common.Hash{}), nil
		},
	}
}

func TestATransactionIsSentOnceAndSettledOnceItsNonceIsProven(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p := n.payer("payer")
	p.rounds(5, once(n))
	require.Len(t, n.of(p.account), 1)
	require.False(t, n.executed[len(n.executed)-1].receipt.Reverted)
	require.False(t, p.idle(), "a block that is not final may go")
	n.finalize()
	p.rounds(3, once(n))
	require.True(t, p.idle())
	require.Len(t, n.of(p.account), 1)
}

func TestATransactionThatWaitsOffersMoreUnderTheSameNonce(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	require.NoError(t, p.round(true, once(n)))
	first := n.nodes[0].sent[0]
	n.base = big.NewInt(4 * gwei) // above the 3 that were offered
	p.rounds(6, once(n))
	done := n.of(p.account)
	require.Len(t, done, 1)
	require.Equal(t, first.Nonce(), done[0].tx.Nonce())
	require.NotEqual(t, first.Hash(), done[0].tx.Hash())
	require.Equal(t, 1, done[0].tx.GasFeeCap().Cmp(n.base))
	n.finalize()
	require.NoError(t, p.round(true, once(n)))
	require.True(t, p.idle())
}

func TestATransactionThatANodeForgetsIsHandedOverAgain(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	require.NoError(t, p.round(true, once(n)))
	clear(n.nodes[0].mempool)
	n.block()
	require.Empty(t, n.of(p.account))
	p.rounds(2, once(n))
	require.Len(t, n.of(p.account), 1)
	require.Equal(t, n.nodes[0].sent[0].Hash(), n.of(p.account)[0].tx.Hash(), "the same bytes")
}

func TestWhatAnotherHadExecutedFirstIsNotSent(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p, other := n.payer("payer"), n.payer("other")
	other.rounds(2, once(n))
	require.Len(t, n.of(other.account), 1)
	p.rounds(3, once(n))
	require.Empty(t, n.nodes[0].sent[1:], "nothing was sent after the other's")
	require.True(t, p.idle())
}

func TestATransactionThatWaitsWhenAnothersIsExecutedIsCancelledForLessThanItsRevertWouldCost(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p, other := n.payer("payer"), n.payer("other")
	n.nodes[0].down, n.nodes[1].down = false, true
	require.NoError(t, p.round(true, once(n)))
	waiting := n.nodes[0].mempool
	n.nodes[0].mempool = map[common.Hash]*types.Transaction{} // held back: no block has it
	n.nodes[1].down = false
	require.NoError(t, other.round(true, once(n)))
	n.block()
	require.Len(t, n.of(other.account), 1)
	n.nodes[0].mempool = waiting
	require.NoError(t, p.round(true, once(n)))
	n.block()
	mine := n.of(p.account)
	require.Len(t, mine, 1)
	require.Equal(t, p.account, *mine[0].tx.To(), "the cancellation was executed")
	require.False(t, mine[0].receipt.Reverted)
	require.Equal(t, uint64(21_000), mine[0].receipt.Gas)
	n.finalize()
	p.rounds(2, once(n))
	require.True(t, p.idle())
	require.Len(t, n.of(p.account), 1)
}

func TestWhatIsNotWantedAnyMoreIsCancelledAndWhatOthersWantIsKept(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	n.base = big.NewInt(2 * gwei)
	require.NoError(t, p.round(true, once(n)))
	n.base = big.NewInt(90 * gwei)
	require.NoError(t, p.sender.Begin(t.Context()))
	require.NoError(t, p.sender.End(t.Context(), map[string]bool{"counter": true}))
	require.Len(t, n.nodes[0].sent, 2)
	require.Equal(t, n.nodes[0].sent[0].Hash(), n.nodes[0].sent[1].Hash(), "wanted: kept")
	require.NoError(t, p.sender.Begin(t.Context()))
	require.NoError(t, p.sender.End(t.Context(), nil))
	last := n.nodes[0].sent[2]
	require.Equal(t, p.account, *last.To())
	require.Equal(t, n.nodes[0].sent[0].Nonce(), last.Nonce())
}

func TestAProcessThatIsKilledBetweenJournalAndSendGoesOnWithTheSameBytes(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	n.nodes[0].down = true
	n.nodes[0].received = func() { require.False(t, p.idle(), "it is on disk before it is sent") }
	n.nodes[0].answersLooks = true
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrNoNode)
	n.nodes[0].down, n.nodes[0].received = false, nil
	require.Empty(t, n.nodes[0].mempool)
	p.restart()
	require.False(t, p.idle(), "it was written down")
	require.NoError(t, p.round(false, once(n)), "it is not this member's turn any more")
	require.Len(t, n.nodes[0].mempool, 1)
	p.rounds(2, once(n))
	require.Len(t, n.of(p.account), 1)
	require.Zero(t, n.of(p.account)[0].tx.Nonce())
}

func TestAReplacementThatANodeFindsUnderpricedOffersMore(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	lost := n.payer("payer")
	lost.policy.Tip = big.NewInt(2 * gwei)
	lost.restart()
	n.base = big.NewInt(2 * gwei)
	require.NoError(t, lost.round(true, once(n)))
	p := n.payer("payer") // the same account on an empty disk
	n.base = big.NewInt(50 * gwei)
	require.NoError(t, lost.sender.Begin(t.Context()))
	n.base = big.NewInt(2 * gwei)
	for range 8 {
		require.NoError(t, p.round(true, once(n)))
	}
	require.Len(t, n.nodes[0].mempool, 1)
	for _, tx := range n.nodes[0].mempool {
		require.NotEqual(t, n.nodes[0].sent[0].Hash(), tx.Hash(), "replaced by the one that is written down")
		require.Zero(t, tx.Nonce())
	}
	n.block()
	require.Len(t, n.of(p.account), 1)
}

func TestWhatIsTooDearWaitsAndIsNeverPaidMoreThanAllowed(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	n.base = big.NewInt(101 * gwei)
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrTooDear)
	require.Empty(t, n.nodes[0].sent)
	n.base = big.NewInt(60 * gwei)
	require.NoError(t, p.round(true, once(n)))
	n.base = big.NewInt(200 * gwei)
	for range 100 {
		err := p.round(true, once(n))
		require.True(t, err == nil || errors.Is(err, ethereumtx.ErrTooDear), err)
		n.block()
	}
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrTooDear, "it says so for as long as it waits")
	require.Empty(t, n.of(p.account))
	for _, tx := range n.nodes[0].sent {
		require.LessOrEqual(t, tx.GasFeeCap().Cmp(p.policy.Max), 0)
		require.LessOrEqual(t, tx.GasTipCap().Cmp(tx.GasFeeCap()), 0)
	}
	n.base = big.NewInt(gwei)
	p.rounds(2, once(n))
	require.Len(t, n.of(p.account), 1)
}

func TestAWaitingTransactionAtTheLimitCanStillBeCancelled(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	n.base = big.NewInt(80 * gwei)
	require.NoError(t, p.round(true, once(n)))
	n.base = big.NewInt(200 * gwei)
	for range 50 {
		_ = p.round(true, once(n))
		n.block()
	}
	highest := n.nodes[0].sent[len(n.nodes[0].sent)-1]
	require.NoError(t, p.round(true))
	last := n.nodes[0].sent[len(n.nodes[0].sent)-1]
	require.NotEqual(t, highest.Hash(), last.Hash())
	require.Equal(t, p.account, *last.To())
	require.Contains(t, n.nodes[0].mempool, last.Hash(), "the node took it in place of the other")
	require.LessOrEqual(t, last.GasFeeCap().Cmp(p.policy.Max), 0)
}

func TestWhatEveryNodeSaysWouldRevertIsNotSentAndOneNodesWordIsNotEnough(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p := n.payer("payer")
	n.nodes[0].reverts, n.nodes[1].reverts = "GS026", "GS026"
	err := p.round(true, once(n))
	require.ErrorIs(t, err, ethereumtx.ErrReverts)
	require.ErrorContains(t, err, "GS026")
	require.True(t, p.idle())
	n.nodes[1].reverts = ""
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrReverts, "they disagree: what is final decides")
	n.block()
	n.finalize()
	p.rounds(2, once(n))
	require.Len(t, n.of(p.account), 1)
}

func TestOneNodeThatLiesCanNotKeepATransactionFromBeingExecuted(t *testing.T) {
	for name, lie := range map[string]func(*node){
		"all is executed": func(liar *node) { liar.storage = func(common.Hash) common.Hash { return common.Hash{31: 1} } },
		"gas is dear": func(liar *node) {
			liar.look = func(l ethereumtx.Look) ethereumtx.Look { l.BaseFee = big.NewInt(1e18); return l }
		},
		"gas is free": func(liar *node) {
			liar.look = func(l ethereumtx.Look) ethereumtx.Look { l.BaseFee = new(big.Int); return l }
		},
		"nonces are used":       func(liar *node) { liar.look = func(l ethereumtx.Look) ethereumtx.Look { l.Nonce += 3; return l } },
		"many nonces are used":  func(liar *node) { liar.look = func(l ethereumtx.Look) ethereumtx.Look { l.Nonce += 300; return l } },
		"nothing was ever sent": func(liar *node) { liar.look = func(l ethereumtx.Look) ethereumtx.Look { l.Nonce = 0; return l } },
		"it reverts":            func(liar *node) { liar.reverts = "GS013" },
		"it is refused":         func(liar *node) { liar.refuse = errors.New("no") },
		"nothing":               func(liar *node) { liar.down = true },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, 2)
			deployOnce(n)
			p := n.payer("payer")
			lie(n.nodes[0])
			n.base = big.NewInt(2 * gwei)
			for i := range 120 {
				if err := p.round(true, once(n)); err != nil {
					require.ErrorIs(t, err, ethereumtx.ErrReverts)
				}
				n.block()
				if i%20 == 19 {
					n.finalize()
				}
			}
			value := n.chain.Storage(counter, common.Hash{})
			require.Equal(t, common.Hash{31: 1}, value)
			require.Len(t, n.of(p.account), 1, "nothing is paid for twice, and no gap is made")
			spent := new(big.Int).Sub(evmtest.Ether(10), n.chain.Balance(p.account))
			require.Negative(t, spent.Cmp(big.NewInt(10_000_000*gwei)), "a hundredth of an ether: %s", spent)
		})
	}
}

func TestANodeThatLiesAboutWhatIsExecutedCostsNoGasWhereAnotherWasFirst(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p, other := n.payer("payer"), n.payer("other")
	other.rounds(2, once(n))
	n.nodes[0].storage = func(common.Hash) common.Hash { return common.Hash{} }
	for i := range 100 {
		require.NoError(t, p.round(true, once(n)))
		n.block()
		if i%20 == 19 {
			n.finalize()
		}
	}
	require.Empty(t, n.of(p.account))
}

func TestAWaitingTransactionIsNotCancelledOnOneNodesWordWhileTheOtherIsDown(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p := n.payer("payer")
	n.base = big.NewInt(2 * gwei)
	require.NoError(t, p.round(true, once(n)))
	n.base = big.NewInt(80 * gwei)
	n.nodes[0].storage = func(common.Hash) common.Hash { return common.Hash{31: 1} }
	n.nodes[1].down = true
	for range 10 {
		require.NoError(t, p.round(true, once(n)))
		n.block()
	}
	for _, tx := range n.nodes[0].sent {
		require.Equal(t, counter, *tx.To())
	}
}

func TestAWordThatTheNonceIsUsedDoesNotHideThatTheAccountCanNotPay(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p := n.payer("payer")
	n.nodes[0].used = true
	n.nodes[1].refuse = errors.New("no room")
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrRefused)
}

func TestAGapBelowAWaitingTransactionIsFilledAfterARestart(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	n.nodes[0].look = func(l ethereumtx.Look) ethereumtx.Look { l.Nonce += 2; return l }
	require.NoError(t, p.round(true, once(n)))
	require.Equal(t, uint64(2), n.nodes[0].sent[0].Nonce())
	n.nodes[0].look = nil
	p.restart()
	p.rounds(12, once(n))
	mine := n.of(p.account)
	require.Len(t, mine, 3)
	for i, done := range mine {
		require.Equal(t, uint64(i), done.tx.Nonce())
		require.False(t, done.receipt.Reverted)
	}
	n.finalize()
	p.rounds(1, once(n))
	require.True(t, p.idle())
}

func TestATransactionThatIsExecutedInVainIsTriedAgainOnlyOnceProvenAndLaterEachTime(t *testing.T) {
	n := newNetwork(t, 1)
	p := n.payer("payer")
	// There is no code: the call does nothing, and what is wanted never happens.
	never := once(n)
	sent := []int{}
	for range 400 {
		require.NoError(t, p.round(true, never))
		n.block()
		n.finalize()
		sent = append(sent, len(n.of(p.account)))
	}
	require.Equal(t, 1, sent[0])
	require.Equal(t, 1, sent[4], "a minute's pause")
	require.Equal(t, 2, sent[7])
	require.Less(t, sent[399], 9, "80 minutes")
}

func TestAnAccountThatCanNotPayIsSaidSo(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	expensive := once(n)
	expensive.Gas = 15_000_000
	p.policy = ethereumtx.Policy{Max: big.NewInt(1000 * gwei), Tip: big.NewInt(gwei)}
	p.restart()
	n.base = big.NewInt(400 * gwei)
	require.ErrorIs(t, p.round(true, expensive), ethereumtx.ErrPoor)
	n.chain.Fund(p.account, evmtest.Ether(100))
	p.rounds(2, expensive)
	require.Len(t, n.of(p.account), 1)
}

func TestTwoThingsHaveTwoNoncesAndOneThingHasOne(t *testing.T) {
	n := newNetwork(t, 2)
	p := n.payer("payer")
	var intents []ethereumtx.Intent
	for i := range 5 {
		intent := once(n)
		intent.Key, intent.To = fmt.Sprint(i), common.BytesToAddress([]byte{0xcc, byte(i)})
		n.chain.SetCode(intent.To, counterCode)
		intent.Done = func(ctx context.Context, node ethereumtx.Node) (bool, error) {
			value, err := node.Storage(ctx, intent.To, common.Hash{})
			return value != (common.Hash{}), err
		}
		intents = append(intents, intent)
	}
	for range 4 {
		require.NoError(t, p.round(true, intents...))
	}
	nonces := map[uint64]int{}
	for _, tx := range n.nodes[0].sent {
		nonces[tx.Nonce()]++
	}
	require.Len(t, nonces, 5)
	n.block()
	require.Len(t, n.of(p.account), 5)
}

func TestAnExecutionIsSentOnlyWhenItsTurnHasCome(t *testing.T) {
	n := newNetwork(t, 1)
	deployOnce(n)
	p := n.payer("payer")
	require.NoError(t, p.round(false, once(n)))
	require.Empty(t, n.nodes[0].sent)
}

func TestNothingIsSentWhileNoNodeAnswers(t *testing.T) {
	n := newNetwork(t, 2)
	deployOnce(n)
	p := n.payer("payer")
	n.nodes[0].down, n.nodes[1].down = true, true
	require.ErrorIs(t, p.round(true, once(n)), ethereumtx.ErrNoNode)
	n.nodes[1].down = false
	p.rounds(2, once(n))
	require.Len(t, n.of(p.account), 1)
}

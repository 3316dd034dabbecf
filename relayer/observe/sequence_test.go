package observe

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func sequenceEvent(height, vault uint64, hash []byte, sequence uint64) types.Event {
	return types.Event{Height: height, Kind: &types.Event_Sequence{Sequence: &types.SequenceEvent{
		Vault: vault, TxHash: hash, Sequence: sequence,
	}}}
}

func outflowEvent(height, vault uint64, hash []byte, amount int64) types.Event {
	return types.Event{Height: height, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
		Vault: vault, TxHash: hash, Amount: math.NewInt(amount),
	}}}
}

// strange is a vault with 1,000 at sequence 3 and, in block 11, a transaction that no session
// asked for.
func strange(t *testing.T, tx func(testVault) lightclient.Tx) (*scene, testVault, lightclient.Tx) {
	s, vault, _ := payoutScene(t)
	foreign := tx(vault)
	s.chain.add(11, foreign)
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 790)
	return s, vault, foreign
}

func stolen(t *testing.T) func(testVault) lightclient.Tx {
	return func(vault testVault) lightclient.Tx { return rogue(t, vault, 9) }
}

func TestTheNextSequenceAfterATransactionThatNoSessionExplainsIsToldBeforeTheOutflow(t *testing.T) {
	s, _, foreign := strange(t, stolen(t))
	require.Equal(t, []types.Event{sequenceEvent(11, 1, foreign.Hash[:], 4), outflowEvent(11, 1, foreign.Hash[:], 210)}, s.derive(11).Events)
}

func TestASequenceThatIsAsTheSessionsLeaveItIsNotTold(t *testing.T) {
	t.Run("a transaction that used none, as one without an order does", func(t *testing.T) {
		s, vault, foreign := strange(t, stolen(t))
		s.chain.sequence(11, vault.Address, 3)
		require.Equal(t, []types.Event{outflowEvent(11, 1, foreign.Hash[:], 210)}, s.derive(11).Events)
	})
	t.Run("no transaction at all", func(t *testing.T) {
		s, vault, _ := strange(t, stolen(t))
		s.chain.add(11)
		s.chain.hold(11, vault.Address, 1000)
		require.Empty(t, s.derive(11).Events)
	})
}

func TestASessionOfTheRangeExplainsItsSequence(t *testing.T) {
	s, vault, payload := payoutScene(t)
	paid, foreign := ok(vault.sign(t, payload, 0, 1, 2)), ok(vault.sign(t, vault.payload(9, 4, output("thief", 200)), 0, 1, 2))
	s.chain.add(11, paid, foreign)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 680)
	require.Len(t, s.derive(11).Events, 2, "the foreign one used none")
	s.chain.sequence(11, vault.Address, 5)
	events := s.derive(11).Events
	require.Len(t, events, 3)
	require.Equal(t, sequenceEvent(11, 1, foreign.Hash[:], 5), events[1])
}

func TestOfSeveralTransactionsThatNoSessionExplainsTheFirstIsNamedAndTheSequenceIsThatOfTheEnd(t *testing.T) {
	s, vault, foreign := strange(t, stolen(t))
	s.chain.add(12, ok(vault.sign(t, vault.payload(9, 4, output("thief", 1)), 0, 1, 2)))
	s.chain.sequence(12, vault.Address, 5)
	s.chain.hold(12, vault.Address, 779)
	require.Equal(t, []types.Event{sequenceEvent(12, 1, foreign.Hash[:], 5), outflowEvent(12, 1, foreign.Hash[:], 221)}, s.derive(12).Events)
}

func TestTheSequenceOfAClosedVaultIsToldToo(t *testing.T) {
	s, vault, foreign := strange(t, stolen(t))
	s.in.Vaults[0].Open = false
	s.chain.hold(11, vault.Address, 1000)
	o := s.derive(11)
	require.Equal(t, []types.Event{sequenceEvent(11, 1, foreign.Hash[:], 4)}, o.Events)
	require.Empty(t, o.Balances)
}

func TestTheSequenceOfAnAccountThatIsNotKnownIsToldByTheAccountOnly(t *testing.T) {
	s, _, foreign := strange(t, stolen(t))
	s.in.Vaults[0].AccountKnown = false
	events := s.derive(11).Events
	require.Len(t, events, 2)
	require.Equal(t, uint64(4), events[1].GetAccount().Sequence)
	require.Equal(t, outflowEvent(11, 1, foreign.Hash[:], 210), events[0])
}

func TestTheSequenceOfAnAddressIsToldOfTheVaultThatOwnsIt(t *testing.T) {
	s, vault, foreign := strange(t, stolen(t))
	again := vault.Vault
	again.ID, again.Ledger, again.Sequence = 2, math.ZeroInt(), 3
	s.in.Vaults = append(s.in.Vaults, again)
	events := s.derive(11).Events
	require.Equal(t, sequenceEvent(11, 1, foreign.Hash[:], 4), events[0])
	for _, event := range events[1:] {
		require.Nil(t, event.GetSequence())
	}
}

func TestAnAccountThatIsNotThereHasNoSequence(t *testing.T) {
	s, vault, _ := strange(t, stolen(t))
	delete(s.chain.accounts[11], vault.Address)
	require.Len(t, s.derive(11).Events, 1)
}

func TestAFailedTransactionThatNoSessionExplainsIsToldWhereItUsedASequence(t *testing.T) {
	for name, c := range map[string]struct {
		code     uint32
		sequence uint64
		told     bool
	}{
		"it used its own":                 {5, 4, true},
		"out of gas":                      {11, 4, true},
		"it was refused before it could":  {4, 3, false},
		"its sequence was another's":      {wrongSequence, 4, false},
		"its sequence was passed already": {wrongSequence, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, vault, foreign := strange(t, func(vault testVault) lightclient.Tx {
				return failed(vault.sign(t, vault.payload(9, 3, output("thief", 200)), 0, 1, 2), c.code)
			})
			s.chain.sequence(11, vault.Address, c.sequence)
			s.chain.hold(11, vault.Address, 990)
			if c.told {
				require.Equal(t, []types.Event{
					sequenceEvent(11, 1, foreign.Hash[:], 4), outflowEvent(11, 1, foreign.Hash[:], 10),
				}, s.derive(11).Events)
				return
			}
			require.Equal(t, []types.Event{outflowEvent(11, 1, nil, 10)}, s.derive(11).Events)
		})
	}
}

func TestAFailedTransactionBesideASessionsIsToldOnlyWhereTheSequenceMovedByMore(t *testing.T) {
	s, vault, payload := payoutScene(t)
	forged := failed(vault.sign(t, vault.payload(9, 4, output("thief", 200)), 0, 1, 2), 4)
	for name, last := range map[string]lightclient.Tx{"paid": ok(vault.sign(t, payload, 0, 1, 2)), "failed": failed(vault.sign(t, payload, 0, 1, 2), 5)} {
		t.Run(name, func(t *testing.T) {
			held := int64(890)
			if last.Code != 0 {
				held = 990
			}
			s.chain.add(11, forged, last)
			s.chain.sequence(10, vault.Address, 3)
			s.chain.sequence(11, vault.Address, 4)
			s.chain.hold(11, vault.Address, held)
			require.Len(t, s.derive(11).Events, 1)
			s.chain.add(11, last, forged)
			s.chain.sequence(11, vault.Address, 5)
			events := s.derive(11).Events
			require.Len(t, events, 2)
			require.Equal(t, sequenceEvent(11, 1, forged.Hash[:], 5), events[1])
		})
	}
}

func TestAForgedFailureIsNotNamedForWhatIsMissing(t *testing.T) {
	s, vault, payload := payoutScene(t)
	forged := failed(vault.sign(t, vault.payload(9, 4, output("thief", 200)), 0, 1, 2), 4)
	s.chain.add(11, forged, ok(vault.sign(t, payload, 0, 1, 2)))
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 890-50)
	require.Equal(t, outflowEvent(11, 1, nil, 50), s.derive(11).Events[1])
}

func TestAFailedAttemptThatAnotherThatNobodyAskedForOvertookIsNoExecution(t *testing.T) {
	s, vault, payload := payoutScene(t)
	asked, foreign := failed(vault.sign(t, payload, 0, 1, 2), 11), failed(vault.sign(t, vault.payload(9, 3, output("thief", 200)), 0, 1, 2), 5)
	s.chain.add(11, asked, foreign)
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 990)
	events := s.derive(11).Events
	require.Len(t, events, 2)
	require.Equal(t, uint64(4), events[0].GetSequence().Sequence)
	require.Equal(t, int64(10), events[1].GetOutflow().Amount.Int64())
	s.chain.add(11, foreign, asked)
	require.Equal(t, uint64(5), executionOf(t, s.derive(11).Events[0]).Session)
}

func TestForgedTransactionsOfEveryClosedVaultDoNotFillTheEndOfARange(t *testing.T) {
	var vaults []testVault
	var txs []lightclient.Tx
	for id := uint64(1); id <= 30; id++ {
		vault := newTestVault(t, id, 4, 3)
		vault.Open = id == 30
		vaults = append(vaults, vault)
		for sequence := range uint64(20) {
			txs = append(txs, failed(vault.sign(t, vault.payload(9, sequence, output("thief", 200)), 0, 1, 2), 4))
		}
	}
	s := newScene(t, vaults...)
	s.chain.add(11, append(txs, deposit(t, vaults[29], 1))...)
	for _, vault := range vaults {
		s.chain.sequence(10, vault.Address, 3)
		s.chain.sequence(11, vault.Address, 3)
	}
	s.chain.hold(11, vaults[29].Address, 100)
	s.in.To = 11
	o, _, err := Derive(context.Background(), s.in, Limits{Events: 2, Bytes: 64 << 10})
	require.NoError(t, err)
	require.Len(t, o.Events, 1)
	require.LessOrEqual(t, s.chain.reads, 2*30+1, "two proofs for each vault however many transactions, and a balance")
}

func TestARangeEndsBeforeABlockThatMustBeSplitWhereItHasATransactionThatNoSessionExplains(t *testing.T) {
	s, vault, foreign := strange(t, stolen(t))
	var txs []lightclient.Tx
	for n := range 25 {
		txs = append(txs, deposit(t, vault, n))
	}
	s.chain.add(12, txs...)
	s.chain.hold(12, vault.Address, 790+2500)
	s.chain.sequence(12, vault.Address, 4)
	s.in.To = 12
	limits := Limits{Events: 10, Bytes: 64 << 10}
	o, _, err := Derive(context.Background(), s.in, limits)
	require.NoError(t, err)
	s.check(o)
	require.Equal(t, uint64(11), o.To)
	require.Equal(t, []types.Event{sequenceEvent(11, 1, foreign.Hash[:], 4), outflowEvent(11, 1, foreign.Hash[:], 210)}, o.Events)

	// Where the end would say nothing of it, there is no end that the chain would hear of.
	s.chain.hold(11, vault.Address, 1000)
	s.in.Vaults[0].Sequence = 4
	o, _, err = Derive(context.Background(), s.in, limits)
	require.NoError(t, err)
	require.Equal(t, uint64(12), o.To)
	require.Equal(t, uint32(10), o.ToIndex)
}

func TestATransactionThatNoSessionExplainsInABlockThatIsSplitIsToldAtTheBlocksEnd(t *testing.T) {
	s, vault, foreign := strange(t, stolen(t))
	txs := []lightclient.Tx{foreign}
	for n := range 12 {
		txs = append(txs, deposit(t, vault, n))
	}
	s.chain.add(11, txs...)
	s.chain.hold(11, vault.Address, 790+1200)
	s.in.To = 11
	o, _, err := Derive(context.Background(), s.in, Limits{Events: 10, Bytes: 64 << 10})
	require.NoError(t, err)
	require.True(t, o.Partial())
	s.apply(o)
	events := s.derive(11).Events
	require.Equal(t, []types.Event{sequenceEvent(11, 1, foreign.Hash[:], 4), outflowEvent(11, 1, foreign.Hash[:], 210)}, events[2:])
}

func TestAVaultsSequenceIsTheOneThatThisChainHasRecorded(t *testing.T) {
	g := Generation{}
	g.Vault.Sequence = 12
	require.Equal(t, uint64(12), g.vault(true).Sequence)
}

func TestTheNonceAfterAHandoverIsToldOfTheVaultThatHoldsTheSafe(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	hash := s.execute(s.rogue(vault, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	s.hand(7, vault, next, new(big.Int))
	last := s.execute(s.rogue(next, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	s.mine()
	require.Equal(t, sequenceEvent(11, 2, hash.Bytes(), 3), s.derive().Events[1])
	require.NotEqual(t, hash, last)
}

func TestAnExecutionThatNoSessionAskedForIsExplainedByASessionAfterIt(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.rogue(vault, s.paying(new(big.Int), toAddress(common.Address{1}, 1))))
	s.execute(s.open(7, vault, s.paying(new(big.Int), toAddress(common.Address{2}, 1))))
	s.mine()
	for _, event := range s.derive().Events {
		require.Nil(t, event.GetSequence(), "the session's nonce says it")
	}
}

func TestTheNonceAfterAStrangersExecutionInARangeThatWasCutIsToldWithoutItsHash(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.stake("stafi1", 1)
	s.execute(s.rogue(vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30))))
	s.mine()
	for n := range 6 {
		s.stake(fmt.Sprintf("stafi%d", n), 1)
	}
	s.mine()
	s.mine()
	o, _ := s.deriveWithin(Limits{Events: 5, Bytes: wide.Bytes})
	require.Equal(t, uint32(4), o.ToIndex)
	require.Len(t, o.Events, 5)
	s.settle(o)
	rest, _ := s.deriveWithin(Limits{Events: 4, Bytes: wide.Bytes})
	require.False(t, rest.Partial())
	require.Equal(t, sequenceEvent(13, 1, make([]byte, types.HashSize), 1), rest.Events[2])
	require.Equal(t, outflowEvent(13, 1, nil, 30), rest.Events[3])

	t.Run("and room is kept for it", func(t *testing.T) {
		part, _ := s.deriveWithin(Limits{Events: 3, Bytes: wide.Bytes})
		require.True(t, part.Partial())
	})
	s.settle(rest)
	s.mine()
	require.Empty(t, s.derive().Events, "once")
}

func TestANonceThatIsNoneIsNoObservation(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.execute(s.rogue(vault, s.paying(new(big.Int), toAddress(common.Address{1}, 30))))
	s.in.To = s.mine()
	s.chain.altered = func(_ *execution.Account, values []common.Hash) {
		for i := range values {
			values[i][0] = 1
		}
	}
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrState)
}

package observe

import (
	"bytes"
	"context"
	stdmath "math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// crowded is a vault with, in blocks 11 and on, as many deposits as given.
func crowded(t *testing.T, deposits ...int) (*scene, testVault) {
	vault := newTestVault(t, 1, 4, 3)
	s := newScene(t, vault)
	held, n := int64(0), 0
	for i, count := range deposits {
		var txs []lightclient.Tx
		for range count {
			txs = append(txs, deposit(t, vault, n))
			held += 100
			n++
		}
		height := uint64(11 + i)
		s.chain.add(height, txs...)
		s.chain.hold(height, vault.Address, held)
	}
	s.in.To = uint64(10 + len(deposits))
	return s, vault
}

// continueTo moves the observed position to the end of an observation, as the chain does when it is applied.
func (s *scene) apply(o types.Observation) {
	if o.Partial() {
		s.in.From, s.in.FromIndex = o.To-1, o.ToIndex
	} else {
		s.in.From, s.in.FromIndex = o.To, 0
	}
	for _, event := range o.Events {
		if d := event.GetDeposit(); d != nil {
			s.in.Vaults[0].Ledger = s.in.Vaults[0].Ledger.Add(d.Amount)
		}
	}
}

// parts derives until the range is exhausted, and returns positions {to, to index, events}.
func (s *scene) parts(limits Limits) (positions [][3]int, hashes map[string]int) {
	hashes = map[string]int{}
	to := s.in.To
	for s.in.From < to {
		s.in.To = to
		o, _, err := Derive(context.Background(), s.in, limits)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, len(o.Events), int(limits.Events))
		require.LessOrEqual(s.t, o.Size(), int(limits.Bytes))
		s.check(o)
		positions = append(positions, [3]int{int(o.To), int(o.ToIndex), len(o.Events)})
		for _, event := range o.Events {
			require.Nil(s.t, event.GetSurplus())
			require.Nil(s.t, event.GetOutflow())
			hashes[string(event.GetDeposit().TxHash)]++
		}
		s.apply(o)
	}
	return positions, hashes
}

func TestALongRangeIsCutAtABlockBoundary(t *testing.T) {
	s, _ := crowded(t, 3, 0, 4, 3, 0)
	positions, hashes := s.parts(Limits{Events: 9, Bytes: 64 << 10})
	require.Equal(t, [][3]int{{13, 0, 7}, {15, 0, 3}}, positions)
	require.Len(t, hashes, 10)
}

func TestABlockWithTooManyEventsIsSplitAndCarriedOnWhereItStopped(t *testing.T) {
	s, _ := crowded(t, 2, 25, 1)
	positions, hashes := s.parts(Limits{Events: 10, Bytes: 64 << 10})
	require.Equal(t, [][3]int{{11, 0, 2}, {12, 10, 10}, {12, 20, 10}, {13, 0, 6}}, positions)
	require.Len(t, hashes, 28)
	for _, times := range hashes {
		require.Equal(t, 1, times)
	}
}

func TestABlockThatMustBeSplitAfterBlocksWithoutEventsIsSplitAtOnce(t *testing.T) {
	s, _ := crowded(t, 0, 0, 25, 0, 12)
	positions, hashes := s.parts(Limits{Events: 10, Bytes: 64 << 10})
	require.Equal(t, [][3]int{{13, 10, 10}, {13, 20, 10}, {14, 0, 5}, {15, 10, 10}, {15, 0, 2}}, positions)
	require.Len(t, hashes, 37)
}

func TestDepositsToEveryClosedVaultAtOnceDoNotFillTheEndOfARange(t *testing.T) {
	var vaults []testVault
	var txs []lightclient.Tx
	for id := uint64(1); id <= 30; id++ {
		vault := newTestVault(t, id, 4, 3)
		vault.Open = id == 30
		vaults = append(vaults, vault)
		txs = append(txs, deposit(t, vault, int(id)))
	}
	s := newScene(t, vaults...)
	s.chain.add(11, txs...)
	s.chain.hold(11, vaults[29].Address, 100)
	s.in.To = 11
	limits := Limits{Events: 20, Bytes: 64 << 10}
	part, _, err := Derive(context.Background(), s.in, limits)
	require.NoError(t, err)
	require.Equal(t, uint32(20), part.ToIndex)
	s.in.FromIndex = 20
	rest, _, err := Derive(context.Background(), s.in, limits)
	require.NoError(t, err)
	require.Len(t, rest.Events, 10)
	require.Zero(t, rest.ToIndex)
}

func TestTheEndOfARangeIsReservedAtItsLongest(t *testing.T) {
	vault, closed := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	vault.AccountKnown, closed.Open = false, false
	s := newScene(t, vault, closed)
	stolen := rogue(t, closed, 9)
	s.chain.add(11, stolen)
	s.chain.sequence(11, vault.Address, 0)
	s.chain.hold(11, vault.Address, 5)
	s.chain.hold(11, closed.Address, 5)
	s.chain.sequence(11, closed.Address, 4)
	s.in.To = 11
	o, _, err := Derive(context.Background(), s.in, Limits{Events: 4, Bytes: 64 << 10})
	require.NoError(t, err)
	require.Len(t, o.Events, 4)
	_, _, err = Derive(context.Background(), s.in, Limits{Events: 3, Bytes: 64 << 10})
	require.ErrorIs(t, err, ErrLimits)
}

func TestNothingThatIsToldAtTheEndOfARangeIsLongerThanTheRoomKeptForIt(t *testing.T) {
	hash := bytes.Repeat([]byte{0xff}, types.HashSize)
	for _, c := range []struct {
		kept  room
		event types.Event
	}{
		{longestDifference, types.Event{Height: stdmath.MaxUint64, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
			Vault: stdmath.MaxUint64, TxHash: hash, Amount: longestAmount,
		}}}},
		{longestSequence, sequenceEvent(stdmath.MaxUint64, stdmath.MaxUint64, hash, stdmath.MaxUint64)},
		{longestAccount, types.Event{Height: stdmath.MaxUint64, Kind: &types.Event_Account{Account: &types.AccountEvent{
			Vault: stdmath.MaxUint64, Plain: true, Number: stdmath.MaxUint64, Sequence: stdmath.MaxUint64,
			Type: strings.Repeat("t", types.MaxMemo), Locked: longestAmount,
		}}}},
	} {
		require.Equal(t, c.kept, eventRoom(c.event))
	}
}

func TestABlockThatFitsOnlyWithoutItsEndIsClosedByAnObservationWithoutItsEvents(t *testing.T) {
	s, _ := crowded(t, 10)
	positions, _ := s.parts(Limits{Events: 10, Bytes: 64 << 10})
	require.Equal(t, [][3]int{{11, 10, 10}, {11, 0, 0}}, positions)
}

func TestBytesCutAsEventsDo(t *testing.T) {
	s, _ := crowded(t, 3, 40, 2)
	positions, hashes := s.parts(Limits{Events: 1000, Bytes: 4 << 10})
	require.Greater(t, len(positions), 2)
	require.Len(t, hashes, 45)
}

func TestLimitsWithoutRoomForAnythingAreRefused(t *testing.T) {
	s, _ := crowded(t, 3)
	for _, limits := range []Limits{{}, {Events: 10}, {Bytes: 64 << 10}, {Events: 10, Bytes: 100}} {
		_, _, err := Derive(context.Background(), s.in, limits)
		require.ErrorIs(t, err, ErrLimits)
	}
}

func TestAnEmptyRangeStillEndsWhereItEnds(t *testing.T) {
	s, _ := crowded(t, 0, 0, 0)
	o := s.derive(13)
	require.Equal(t, uint64(13), o.To)
	require.Empty(t, o.Events)
	require.Len(t, o.Balances, 1)
}

func TestAnIndexBeyondTheBlocksEventsIsRefused(t *testing.T) {
	s, _ := crowded(t, 3)
	s.in.FromIndex = 4
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrIndex)
	require.ErrorContains(t, err, "3 events in block 11, want at least 4")
}

func TestAProposalThatClaimsMoreEventsThanTheBlockHasIsNotDerivedAgain(t *testing.T) {
	s, _ := crowded(t, 3)
	o, _, err := Rederive(context.Background(), s.in, 5)
	require.NoError(t, err)
	require.Equal(t, uint32(3), o.ToIndex)
}

func TestAGenerationMadeBetweenThePartsOfABlockMovesNoIndex(t *testing.T) {
	first, second := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	s := newScene(t, first)
	var txs []lightclient.Tx
	for i := range 12 {
		txs = append(txs, deposit(t, second, 100+i), deposit(t, first, i))
	}
	s.chain.add(11, txs...)
	s.chain.hold(11, first.Address, 1200)
	s.chain.hold(11, second.Address, 1200)
	s.in.To = 11
	limits := Limits{Events: 10, Bytes: 64 << 10}
	part, _, err := Derive(context.Background(), s.in, limits)
	require.NoError(t, err)
	require.Equal(t, uint32(10), part.ToIndex)
	s.apply(part)
	s.in.Vaults = append(s.in.Vaults, second.Vault)
	seen := map[string]bool{}
	for _, event := range part.Events {
		seen[string(event.GetDeposit().TxHash)] = true
	}
	rest, _, err := Rederive(context.Background(), s.in, 0)
	require.NoError(t, err)
	require.Len(t, rest.Events, 14)
	for _, event := range rest.Events {
		hash := string(depositOf(t, event).TxHash)
		require.False(t, seen[hash])
		seen[hash] = true
	}
}

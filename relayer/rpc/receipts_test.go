package rpc

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheHighestReceiptIsKeptOverARestart(t *testing.T) {
	w := newWorld(t)
	kept := w.receipts(10)
	alice := sign(t, "alice", body(3))
	require.NoError(t, kept.Take(scope(), alice))
	require.ErrorIs(t, kept.Take(scope(), alice), ErrStale)
	require.ErrorIs(t, kept.Take(scope(), sign(t, "alice", body(2))), ErrStale)
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(8))))

	again := w.receipts(10)
	require.Equal(t, uint64(8), again.Highest(scope(), alice.Client))
	require.ErrorIs(t, again.Take(scope(), sign(t, "alice", body(8))), ErrStale, "a receipt is not replayed after a restart")
	require.Equal(t, sign(t, "alice", body(8)).Signature, again.Due(scope())[0].Signature)
}

func TestAReceiptThatDidNotReachTheDiskIsNotKept(t *testing.T) {
	w := newWorld(t)
	kept := w.receipts(10)
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(3))))
	w.disk.broken = errors.New("disk full")
	require.ErrorContains(t, kept.Take(scope(), sign(t, "alice", body(4))), "disk full")
	require.ErrorContains(t, kept.Take(scope(), sign(t, "bob", body(1))), "disk full")
	require.Equal(t, uint64(3), kept.Highest(scope(), key("alice").PubKey().Bytes()))
	clients, calls, _ := kept.Sum(scope())
	require.Equal(t, 1, clients)
	require.Equal(t, uint64(3), calls)
	w.disk.broken = nil
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(4))))
}

func TestNoMoreClientsAreKeptThanThereIsRoomFor(t *testing.T) {
	kept := newWorld(t).receipts(2)
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(1))))
	require.NoError(t, kept.Take(scope(), sign(t, "bob", body(1))))
	require.ErrorIs(t, kept.Take(scope(), sign(t, "carol", body(1))), ErrFull)
	require.NoError(t, kept.Take(scope(), sign(t, "bob", body(2))), "a client that is kept still counts")
	require.NoError(t, kept.Forget(8))
	next := scope()
	next.Era = 8
	require.NoError(t, kept.Take(next, sign(t, "carol", body(1))))
}

func TestWhatWasHandedInIsNotDueAndPastErasAreForgotten(t *testing.T) {
	w := newWorld(t)
	kept := w.receipts(10)
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(3))))
	require.NoError(t, kept.Take(scope(), sign(t, "bob", body(4))))
	batch := kept.Due(scope())
	require.Len(t, batch, 2)
	require.NoError(t, kept.Take(scope(), sign(t, "alice", body(5))))
	require.NoError(t, kept.Handed(scope(), batch))
	for _, view := range []*Receipts{kept, w.receipts(10)} {
		due := view.Due(scope())
		require.Len(t, due, 1, "alice has called since the batch was made")
		require.Equal(t, uint64(5), due[0].Calls)
		_, calls, handed := view.Sum(scope())
		require.Equal(t, uint64(9), calls)
		require.Equal(t, uint64(7), handed)
	}
	require.NoError(t, kept.Forget(8))
	require.Empty(t, w.receipts(10).Due(scope()))
}

func TestReceiptsThatComeTogetherAreAllKept(t *testing.T) {
	w := newWorld(t)
	kept := w.receipts(100)
	var group sync.WaitGroup
	for i := range 20 {
		name := fmt.Sprintf("client %d", i)
		group.Add(1)
		go func() {
			defer group.Done()
			for calls := range uint64(10) {
				if err := kept.Take(scope(), sign(t, name, body(calls+1))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}()
	}
	group.Wait()
	clients, calls, _ := w.receipts(100).Sum(scope())
	require.Equal(t, 20, clients)
	require.Equal(t, uint64(200), calls)
	require.LessOrEqual(t, w.disk.writes, 200)
}

func TestCountsNeverFallWhateverComesAndHoweverOftenItIsRestarted(t *testing.T) {
	names := []string{"alice", "bob", "carol"}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		kept, model := w.receipts(10), map[string]uint64{}
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			name := rapid.SampledFrom(names).Draw(r, "client")
			switch rapid.IntRange(0, 5).Draw(r, "what") {
			case 0:
				kept = w.receipts(10)
			case 1:
				require.NoError(r, kept.Handed(scope(), kept.Due(scope())))
			case 2:
				w.disk.broken = errors.New("broken")
				_ = kept.Take(scope(), sign(r, name, body(rapid.Uint64Range(1, 20).Draw(r, "lost"))))
				w.disk.broken = nil
			default:
				calls := rapid.Uint64Range(1, 20).Draw(r, "calls")
				if kept.Take(scope(), sign(r, name, body(calls))) == nil {
					require.Greater(r, calls, model[name])
					model[name] = calls
				}
			}
			for _, name := range names {
				require.Equal(r, model[name], kept.Highest(scope(), key(name).PubKey().Bytes()))
			}
		}
	})
}

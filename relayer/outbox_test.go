package relayer

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	txtypes "github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// lone is a world with one member whose outbox is used directly.
func lone(t *testing.T) (*world, *memberOf, *ssvtypes.MsgHeartbeat) {
	t.Helper()
	w := newWorld(t, 1)
	w.startAll()
	m := w.members[0]
	m.advance(t)
	return w, m, &ssvtypes.MsgHeartbeat{Submitter: m.keys.Submitter.Address().String(), Version: "test"}
}

func (m *memberOf) advance(t *testing.T) []stafi.Settlement {
	t.Helper()
	now, err := m.process.relayer.Node.Now(context.Background())
	require.NoError(t, err)
	settled, err := m.process.relayer.outbox.Advance(context.Background(), now)
	require.NoError(t, err)
	return settled
}

func (m *memberOf) submit(msg *ssvtypes.MsgHeartbeat) (stafi.Entry, error) {
	return m.process.relayer.outbox.Submit(context.Background(), "key", "heartbeat", msg)
}

func TestADutyIsFollowedUntilABlockHasItAndNotBegunAgain(t *testing.T) {
	w, m, msg := lone(t)
	entry, err := m.submit(msg)
	require.NoError(t, err)
	require.Equal(t, stafi.Pending, entry.State)
	require.Equal(t, 1, m.process.relayer.outbox.Pending())
	_, err = m.submit(msg)
	require.NoError(t, err)
	require.Len(t, w.stafi.mempool, 1)
	w.stafi.nextBlock()
	settled := m.advance(t)
	require.Len(t, settled, 1)
	require.Equal(t, stafi.Included, settled[0].Entry.State)
	require.Equal(t, w.stafi.height, settled[0].Entry.End)
	entry, err = m.submit(msg)
	require.NoError(t, err)
	require.Equal(t, stafi.Included, entry.State)
	require.Empty(t, w.stafi.mempool)
}

func TestAFeeIsTheGasTimesThePriceRoundedUp(t *testing.T) {
	w, m, msg := lone(t)
	entry, err := m.submit(msg)
	require.NoError(t, err)
	require.Equal(t, uint64(80_000*140/100+25_000), entry.Gas)
	var raw txtypes.TxRaw
	var auth txtypes.AuthInfo
	require.NoError(t, raw.Unmarshal(w.stafi.mempool[0]))
	require.NoError(t, auth.Unmarshal(raw.AuthInfoBytes))
	require.Equal(t, "137ufis", auth.Fee.Amount.String(), "137000 × 0.001")
}

func TestWhatSimulationRefusesIsNotSentAndTriedAgainLater(t *testing.T) {
	w, m, msg := lone(t)
	msg.Submitter = "a stranger"
	_, err := m.submit(msg)
	require.ErrorIs(t, err, stafi.ErrRefused)
	require.True(t, stafi.Is(err, "fake", refusedCode))
	require.False(t, stafi.Is(err, "sdk", refusedCode))
	require.Empty(t, w.stafi.mempool)
	msg.Submitter = m.keys.Submitter.Address().String()
	_, err = m.submit(msg)
	require.ErrorIs(t, err, stafi.ErrRefused, "not asked again in the same block")
	for range 2 {
		w.stafi.nextBlock()
		m.advance(t)
	}
	_, err = m.submit(msg)
	require.NoError(t, err)
	require.Len(t, w.stafi.mempool, 1)
}

func TestARefusedDutyThatCannotWaitIsTriedAgainThreeTimesInHalfItsTime(t *testing.T) {
	for _, blocks := range []int64{4, 8, 16, 200} {
		w, m, msg := lone(t)
		msg.Submitter = "a stranger"
		tries := 0
		for range blocks / 2 {
			w.stafi.nextBlock()
			m.advance(t)
			before, _ := m.process.relayer.outbox.Get("key")
			entry, err := m.process.relayer.outbox.SubmitWithin(context.Background(), "key", "deal", msg, blocks/8)
			require.ErrorIs(t, err, stafi.ErrRefused)
			tries += entry.Attempt - before.Attempt
		}
		require.GreaterOrEqual(t, tries, min(3, int(blocks/2)), "%d blocks", blocks)
		if blocks == 200 {
			require.Less(t, tries, 12, "without a hurry it waits longer each time")
		}
	}
}

func TestATransactionThatRanOutOfGasIsMadeAnewWithMore(t *testing.T) {
	w, m, msg := lone(t)
	w.stafi.outOfGas = 1
	first, err := m.submit(msg)
	require.NoError(t, err)
	w.stafi.nextBlock()
	settled := m.advance(t)
	require.Equal(t, stafi.Refused, settled[0].Entry.State)
	_, err = m.submit(msg)
	require.True(t, stafi.Is(err, "sdk", 11))
	for range 2 {
		w.stafi.nextBlock()
		m.advance(t)
	}
	second, err := m.submit(msg)
	require.NoError(t, err)
	require.Equal(t, first.Gas*150/100, second.Gas)
	require.NotEqual(t, first.Timeout, second.Timeout)
}

func TestALostTransactionIsHandedOverAgainAndMadeAnewOnlyWhenItCannotExecute(t *testing.T) {
	w, m, msg := lone(t)
	w.stafi.dropMempool = true
	first, err := m.submit(msg)
	require.NoError(t, err)
	for !w.stafi.now.After(first.Timeout) {
		entry, known := m.process.relayer.outbox.Get("key")
		require.True(t, known)
		require.Equal(t, first.Hash, entry.Hash)
		w.stafi.nextBlock()
		m.advance(t)
	}
	entry, _ := m.process.relayer.outbox.Get("key")
	require.Equal(t, stafi.Expired, entry.State)
	second, err := m.submit(msg)
	require.NoError(t, err)
	require.NotEqual(t, first.Hash, second.Hash)
}

func TestAfterARestartTheSameBytesAreHandedOver(t *testing.T) {
	w, m, msg := lone(t)
	w.stafi.failBroadcast = errors.New("connection refused")
	first, err := m.submit(msg)
	require.ErrorIs(t, err, stafi.ErrNotDelivered)
	require.Empty(t, w.stafi.mempool)
	w.stafi.failBroadcast = nil
	require.NoError(t, m.start())
	m.advance(t)
	second, err := m.submit(msg)
	require.NoError(t, err)
	require.Equal(t, first.Raw, second.Raw)
	require.Equal(t, first.Raw, w.stafi.mempool[0])
}

func TestWhatABlockTookWhileTheRelayerWasDeadIsFound(t *testing.T) {
	w, m, msg := lone(t)
	_, err := m.submit(msg)
	require.NoError(t, err)
	for range 5 {
		w.stafi.nextBlock()
	}
	require.NoError(t, m.start())
	settled := m.advance(t)
	require.Len(t, settled, 1)
	require.Equal(t, stafi.Included, settled[0].Entry.State)
	require.Equal(t, w.stafi.height-4, settled[0].Entry.End)
}

func TestTimeoutsAreUniqueAcrossRestarts(t *testing.T) {
	_, m, msg := lone(t)
	seen := map[time.Time]bool{}
	for i := range 6 {
		if i == 3 {
			require.NoError(t, m.start())
			m.advance(t)
		}
		entry, err := m.process.relayer.outbox.Submit(context.Background(), string(rune('a'+i)), "heartbeat", msg)
		require.NoError(t, err)
		require.False(t, seen[entry.Timeout], "timeout %s twice", entry.Timeout)
		seen[entry.Timeout] = true
	}
}

func TestWhatWasSettledLongAgoIsForgotten(t *testing.T) {
	w, m, msg := lone(t)
	_, err := m.submit(msg)
	require.NoError(t, err)
	w.stafi.nextBlock()
	m.advance(t)
	w.stafi.height += 30_000
	m.advance(t)
	_, known := m.process.relayer.outbox.Get("key")
	require.False(t, known)
	require.NoError(t, m.start())
	_, known = m.process.relayer.outbox.Get("key")
	require.False(t, known)
}

package beacon

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSixRecordedPeriodsOfMainnetAreFollowedFromACheckpoint(t *testing.T) {
	m := loadMainnet(t)
	s := m.store(t)
	require.Len(t, m.updates, 6)
	now := m.finality.SignatureSlot
	for i, u := range m.updates {
		next, err := m.network.Apply(s, u, now)
		require.NoError(t, err, "update %d", i)
		require.NotNil(t, next.Next)
		s = next
	}
	s, err := m.network.Apply(s, m.finality, now)
	require.NoError(t, err)
	require.EqualValues(t, 7109344, s.Finalized.Beacon.Slot)
	require.Equal(t, "0xbc8499537876e5406c7a65e25f99063f1cd85a17014a3aa5ade38271b1fbf64f", s.Finalized.ExecutionHash().String())
}

// See TestAnySingleByteChangedInAnUpdateIsRefused for the signature slot.
func TestAnySingleByteChangedInARecordedUpdateIsRefused(t *testing.T) {
	m := loadMainnet(t)
	stores := []*Store{m.store(t)}
	for _, u := range m.updates[:len(m.updates)-1] {
		next, err := m.network.Apply(stores[len(stores)-1], u, m.finality.SignatureSlot)
		require.NoError(t, err)
		stores = append(stores, next)
	}
	rapid.Check(t, func(rt *rapid.T) {
		i := rapid.IntRange(0, len(m.updates)-1).Draw(rt, "update")
		raw, err := m.network.EncodeUpdate(m.updates[i], Capella)
		require.NoError(rt, err)
		slotAt := int(raw[0]) | int(raw[1])<<8 | int(raw[2])<<16
		at := rapid.IntRange(0, len(raw)-1).Draw(rt, "at")
		if slotAt-8 <= at && at < slotAt {
			return
		}
		raw[at] ^= byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		u, err := m.network.DecodeUpdate(raw, Capella)
		if err == nil {
			_, err = m.network.Apply(stores[i], u, m.finality.SignatureSlot)
		}
		if err == nil {
			rt.Fatalf("byte %d of update %d changed without notice", at, i)
		}
	})
}

package beacon

import (
	"testing"

	"github.com/stretchr/testify/require"
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

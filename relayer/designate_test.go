package relayer

import (
	"testing"

	"github.com/stretchr/testify/require"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestTheTurnPassesOnWithEveryIntervalWaitedAndComesRound(t *testing.T) {
	for waited, want := range map[int64]int{-3: 2, 0: 2, 4: 2, 5: 3, 9: 3, 10: 0, 15: 1, 20: 2} {
		require.Equal(t, want, designated(6, waited, 5, 4), "waited %d", waited)
	}
	require.Equal(t, 3, designated(^uint64(0), 0, 5, 4), "2^64 − 1 is 3 more than a multiple of 4")
	require.Equal(t, 2, designated(^uint64(0), 1<<62, 1<<60*4/3, 4), "no overflow of the sum")
}

func TestExactlyOneHeartbeatIsDuePerIntervalOfTheEra(t *testing.T) {
	era := ssvtypes.Era{Number: 3, StartHeight: 1000, HeartbeatInterval: 50}
	for name, c := range map[string]struct {
		last, height int64
		due          bool
		key          string
	}{
		"at the start others get time to stand for it":     {990, 1005, false, "heartbeat/3/0"},
		"a fifth of the interval later it is due":          {990, 1010, true, "heartbeat/3/0"},
		"a sign of life in the interval's first block":     {1001, 1049, false, "heartbeat/3/0"},
		"one in the block that ended the era is not in it": {1000, 1010, true, "heartbeat/3/0"},
		"the next interval wants its own":                  {1050, 1060, true, "heartbeat/3/1"},
		"and is content with its first block":              {1051, 1060, false, "heartbeat/3/1"},
		"before the era nothing is due":                    {0, 999, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			key, due := heartbeatDue(era, c.last, c.height)
			require.Equal(t, c.due, due)
			require.Equal(t, c.key, key)
		})
	}
	_, due := heartbeatDue(ssvtypes.Era{StartHeight: 1}, 0, 100)
	require.False(t, due, "no interval, no heartbeats")
}

package ante

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatATransactionNeedNotHaveIsNotRefunded(t *testing.T) {
	heartbeat, observation := duty{heartbeat: true, size: 200}, duty{observation: true, size: 500_000}
	for name, c := range map[string]struct {
		duties []duty
		used   uint64
		bytes  int
		want   uint64
	}{
		"messages and a frame":                  {[]duty{heartbeat}, 70_000, 600 + 150 + 200, 70_000},
		"a byte more":                           {[]duty{heartbeat}, 70_000, 951, 69_990},
		"two messages have two names":           {[]duty{heartbeat, heartbeat}, 90_000, 600 + 2*350, 90_000},
		"junk that cost more than was used":     {[]duty{heartbeat}, 70_000, 1_000_000, 0},
		"an observation of many events":         {[]duty{observation}, 14_000_000, 500_300, 2_000_000},
		"an observation that costs little":      {[]duty{observation}, 300_000, 500_300, 300_000},
		"an observation beside another duty":    {[]duty{heartbeat, observation}, 9_000_000, 500_300, 2_000_000},
		"a transaction smaller than its bounds": {[]duty{heartbeat}, 70_000, 10, 70_000},
	} {
		require.Equal(t, c.want, refundableGas(c.duties, c.used, c.bytes, 10), name)
	}
}

package ante

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorded are the sessions on which an operator's valid signatures are recorded.
type recorded []uint64

func (r recorded) HasSigned(_ context.Context, session uint64, _ string) (bool, error) {
	for _, signed := range r {
		if signed == session {
			return true, nil
		}
	}
	return false, nil
}

func TestEverySignatureOfATransactionWasValidOrItPays(t *testing.T) {
	heartbeat, seventh, eighth := duty{heartbeat: true}, duty{session: 7}, duty{session: 8}
	for name, c := range map[string]struct {
		duties []duty
		signed recorded
		want   bool
	}{
		"no signature": {[]duty{heartbeat, heartbeat}, nil, true},
		"a valid one":  {[]duty{heartbeat, seventh}, recorded{7}, true},
		"valid ones for two attempts of a Safe's": {[]duty{seventh, eighth}, recorded{7, 8}, true},
		"a wrong one":                           {[]duty{seventh}, nil, false},
		"a wrong one for another session":       {[]duty{seventh, eighth}, recorded{7}, false},
		"two for one session, not side by side": {[]duty{seventh, eighth, heartbeat, seventh}, recorded{7, 8}, false},
	} {
		ok, err := DutyDecorator{signatures: c.signed}.allSigned(t.Context(), c.duties, "operator")
		require.NoError(t, err, name)
		require.Equal(t, c.want, ok, name)
	}
}

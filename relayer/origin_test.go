package relayer

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
)

func TestADutyThatTakesAllTheTimeItIsGivenLeavesTimeToThoseAfterIt(t *testing.T) {
	w := newWorld(t, 1)
	w.activeVault(5000)
	w.startAll()
	w.blocks(2)
	o := w.members[0].process.follower.origin
	require.NotNil(t, o)
	endless := func(ctx context.Context, _ stafi.View, _ stafi.Contract) error {
		<-ctx.Done()
		return ctx.Err()
	}
	var done []error
	prompt := func(ctx context.Context, _ stafi.View, _ stafi.Contract) error {
		done = append(done, ctx.Err())
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	o.serve(ctx, stafi.View{}, stafi.Contract{}, []duty{
		{status.Attest, endless}, {status.Observe, endless}, {status.Broadcast, prompt}, {status.Account, prompt},
	})
	require.Equal(t, []error{nil, nil}, done, "broadcasting and creating accounts were given time")
}

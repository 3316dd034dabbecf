package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/stretchr/testify/require"
)

func TestAWaitEndsWithTheValueThatIsDone(t *testing.T) {
	asked := 0
	value, err := Await(t.Context(), "a number", 60, func(context.Context) (int, bool, error) {
		asked++
		if asked == 1 {
			return 0, false, errors.New("not reachable yet")
		}
		return asked, true, nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, value)
}

func TestAWaitThatTakesTooLongTellsTheLastAnswerAndTheLastError(t *testing.T) {
	_, err := AwaitFor(t.Context(), "a number", time.Millisecond, func(context.Context) (int, bool, error) {
		return 41, false, errors.New("not reachable")
	})
	require.ErrorContains(t, err, "waiting for a number: not within 1ms (last answer: 41)\nlast error: not reachable")
}

func TestAFinalErrorEndsAWaitAtOnce(t *testing.T) {
	broken := errors.New("broken")
	_, err := Await(t.Context(), "a number", 60, func(context.Context) (int, bool, error) {
		return 0, false, final(broken)
	})
	require.ErrorIs(t, err, broken)
}

func TestAWaitEndsWithTheReasonForWhichTheLifeEnded(t *testing.T) {
	died := errors.New("node3 ended by itself")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(died)
	_, err := Await(ctx, "a number", 60, func(context.Context) (int, bool, error) { return 0, false, nil })
	require.ErrorIs(t, err, died)
}

// chainOf is a chain whose status says one more block at each question, up to a height.
func chainOf(t *testing.T, highest int64) *Chain {
	t.Helper()
	height := int64(0)
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			ID json.RawMessage `json:"id"`
		}
		_ = json.NewDecoder(r.Body).Decode(&asked)
		height = min(height+1, highest)
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"sync_info":{"latest_block_height":"%d","latest_block_time":"2026-01-02T03:04:05Z"}}}`, asked.ID, height)
	}))
	t.Cleanup(node.Close)
	chain := &Chain{Name: "StaFi"}
	var err error
	chain.RPC, err = rpchttp.New(node.URL, "/websocket")
	require.NoError(t, err)
	return chain
}

func TestAWaitIsMeasuredInBlocksAndTellsWhatTheChainDidMeanwhile(t *testing.T) {
	ctx := Watching(t.Context(), &Watch{Chain: chainOf(t, 100), Pace: 1.5, BlockTime: time.Minute, Logs: "/logs"})
	_, err := Await(ctx, "a number", 2, func(context.Context) (int, bool, error) { return 41, false, nil })
	require.ErrorContains(t, err, "waiting for a number: not within 2 blocks of StaFi (last answer: 41)")
	require.ErrorContains(t, err, "StaFi went from block 1 to 3; its newest block is of 03:04:05")
	require.ErrorContains(t, err, "planned 60.0s at pace 1.5")
	require.ErrorContains(t, err, "in /logs")
}

func TestAWaitOnASlowMachineNamesAPaceToTry(t *testing.T) {
	ctx := Watching(t.Context(), &Watch{Chain: chainOf(t, 100), Pace: 2, BlockTime: 100 * time.Millisecond})
	_, err := Await(ctx, "a number", 1, func(context.Context) (int, bool, error) { return 41, false, nil })
	require.ErrorContains(t, err, "slower than when the run began; -pace 8")
}

package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWaitEndsWithTheValueThatIsDone(t *testing.T) {
	asked := 0
	value, err := Await(t.Context(), "a number", time.Minute, func(context.Context) (int, bool, error) {
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
	_, err := Await(t.Context(), "a number", time.Millisecond, func(context.Context) (int, bool, error) {
		return 41, false, errors.New("not reachable")
	})
	require.ErrorContains(t, err, "waiting for a number: not within 1ms (last answer: 41")
}

func TestAFinalErrorEndsAWaitAtOnce(t *testing.T) {
	broken := errors.New("broken")
	_, err := Await(t.Context(), "a number", time.Minute, func(context.Context) (int, bool, error) {
		return 0, false, final(broken)
	})
	require.ErrorIs(t, err, broken)
}

func TestAWaitEndsWithTheReasonForWhichTheLifeEnded(t *testing.T) {
	died := errors.New("node3 ended by itself")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(died)
	_, err := Await(ctx, "a number", time.Minute, func(context.Context) (int, bool, error) { return 0, false, nil })
	require.ErrorIs(t, err, died)
}

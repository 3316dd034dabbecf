package e2e

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAnAnswerIsShownWithoutWhatWrapsIt(t *testing.T) {
	answer := "rpc error: code = Unknown desc = failed to execute message; message index: 0: 10000, wanted more than the fee of 10000: " +
		"amount out of bounds [/somewhere/errors@v1.1.0/errors.go:165] with gas used: '35210': unknown request"
	require.Equal(t, "10000, wanted more than the fee of 10000: amount out of bounds", shorten(answer))
}

func TestANodeThatDoesNotAnswerRefusesNothing(t *testing.T) {
	report := NewReport(io.Discard)
	require.NoError(t, report.ExpectRefusal("a bad input", errors.New("amount out of bounds"), "bounds"))
	require.ErrorContains(t, report.ExpectRefusal("a bad input", nil), "was accepted")
	require.ErrorContains(t, report.ExpectRefusal("a bad input", errors.New("something else"), "bounds"), "wanted")
	for _, gone := range []error{
		status.Error(codes.Unavailable, "no connection"),
		&CommandError{Answer: "post failed: dial tcp 127.0.0.1:1: connect: connection refused"},
	} {
		require.ErrorContains(t, report.ExpectRefusal("a bad input", gone), "nobody answered")
	}
}

func TestAStepThatFailsForWantOfAProcessIsExplainedByIt(t *testing.T) {
	failed, died := errors.New("connection refused"), errors.New("wasmd ended by itself")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(died)
	require.ErrorIs(t, Explained(ctx, failed), died)
	require.ErrorIs(t, Explained(ctx, failed), failed)
	require.Equal(t, failed, Explained(t.Context(), failed))
}

func TestTheErrorOfASourceIsLookedForInItsOwnPartOfTheStatus(t *testing.T) {
	status := "chain\n  source http://one: score 1\n    last error: source lags behind: at 7\n  source http://two: score 1\n    last lie: header is forged\n"
	require.Equal(t, "last error: source lags behind: at 7", errorOf(status, "one", "lags"))
	require.Empty(t, errorOf(status, "one", "forged"))
	require.Equal(t, "last lie: header is forged", errorOf(status, "two", "forged"))
}

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerIsShownWithoutWhatWrapsIt(t *testing.T) {
	answer := "rpc error: code = Unknown desc = failed to execute message; message index: 0: 10000, wanted more than the fee of 10000: " +
		"amount out of bounds [/somewhere/errors@v1.1.0/errors.go:165] with gas used: '35210': unknown request"
	require.Equal(t, "10000, wanted more than the fee of 10000: amount out of bounds", shorten(answer))
}

func TestTheErrorOfASourceIsLookedForInItsOwnPartOfTheStatus(t *testing.T) {
	status := "chain\n  source http://one: score 1\n    last error: source lags behind: at 7\n  source http://two: score 1\n    last lie: header is forged\n"
	require.Equal(t, "last error: source lags behind: at 7", errorOf(status, "one", "lags"))
	require.Empty(t, errorOf(status, "one", "forged"))
	require.Equal(t, "last lie: header is forged", errorOf(status, "two", "forged"))
}

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAProcessThatEndsByItselfIsAFailureAndOneThatWasStoppedIsNone(t *testing.T) {
	failures := make(chan error, 2)
	supervisor, err := NewSupervisor(t.TempDir(), func(err error) { failures <- err })
	require.NoError(t, err)
	_, err = supervisor.Start("short", "sh", "-c", "echo last words; exit 3")
	require.NoError(t, err)
	require.ErrorContains(t, <-failures, "last words")

	long, err := supervisor.Start("long", "sleep", "600")
	require.NoError(t, err)
	paused, err := supervisor.Start("paused", "sleep", "600")
	require.NoError(t, err)
	paused.Pause()
	require.True(t, long.Running())
	require.NoError(t, supervisor.StopAll())
	require.False(t, long.Running())
	require.False(t, paused.Running())
	require.Empty(t, failures)
	_, err = supervisor.Start("late", "sleep", "600")
	require.ErrorIs(t, err, errStopped)
}

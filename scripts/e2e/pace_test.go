package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAPaceIsRoundedUpToQuartersWithinItsBounds(t *testing.T) {
	for raw, want := range map[Pace]Pace{0.2: 1, 1: 1, 1.01: 1.25, 1.75: 1.75, 3.6: 3.75, 30: 8} {
		require.Equal(t, want, raw.up(), "%s", raw)
	}
}

func TestAPaceStretchesTimes(t *testing.T) {
	require.Equal(t, 90*time.Second, Pace(1.5).Of(time.Minute))
	require.Equal(t, 410*time.Millisecond, Pace(1).Of(410*time.Millisecond))
}

func TestAPaceIsReadFromTheFlagThatPrintsIt(t *testing.T) {
	for _, pace := range []Pace{1, 1.25, 8} {
		read, err := ParsePace(pace.String())
		require.NoError(t, err)
		require.Equal(t, pace, read)
	}
	none, err := ParsePace("")
	require.NoError(t, err)
	require.Zero(t, none)
	for _, text := range []string{"0.9", "9", "fast", "NaN"} {
		_, err := ParsePace(text)
		require.ErrorContains(t, err, "from 1 to 8", text)
	}
}

func TestAGivenPaceIsNotMeasured(t *testing.T) {
	require.Equal(t, Measure{2, "given"}, MeasurePace(2))
}

func TestAMeasuredPaceSaysWhatItFollowsFrom(t *testing.T) {
	measure := MeasurePace(0)
	require.Equal(t, measure.Pace.up(), measure.Pace)
	require.Contains(t, measure.Why, "of two quiet cores")
	t.Log(measure.Pace, measure.Why)
}

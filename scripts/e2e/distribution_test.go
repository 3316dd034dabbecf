package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADistributionIsToldByItsOrder(t *testing.T) {
	var d Distribution
	require.Equal(t, "none measured", d.String())
	d.Add(7)
	require.Equal(t, "1 measured: least 7, median 7, 90 % 7, most 7", d.String())
	for _, value := range []int64{2, 2, 3, 1, 2, 2, 3, 2, 2, 9} {
		d.Add(value)
	}
	require.Equal(t, 11, d.Count())
	require.Equal(t, "11 measured: least 1, median 2, 90 % 7, most 9", d.String())
}

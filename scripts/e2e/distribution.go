package e2e

import (
	"fmt"
	"slices"
)

// Distribution is a figure that was measured several times. What the chain's rules do not bound is
// reported like this, and not asserted: it is the machine's as much as the chain's.
type Distribution struct {
	values []int64
}

// Add takes one more measurement.
func (d *Distribution) Add(value int64) { d.values = append(d.values, value) }

// Count of measurements.
func (d *Distribution) Count() int { return len(d.values) }

// String has the least, the middle, the ninth of ten and the greatest value.
func (d *Distribution) String() string {
	if len(d.values) == 0 {
		return "none measured"
	}
	sorted := slices.Sorted(slices.Values(d.values))
	last := len(sorted) - 1
	return fmt.Sprintf("%d measured: least %d, median %d, 90 %% %d, most %d",
		len(sorted), sorted[0], sorted[last/2], sorted[(last*9+9)/10], sorted[last])
}

package keeper_test

import (
	"fmt"
	"runtime"
	"testing"

	dbm "github.com/cosmos/cosmos-db"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
)

// BenchmarkEndBlockWithNothingDueAndCandidates is the processor time of this thread alone, whatever else the machine does.
func BenchmarkEndBlockWithNothingDueAndCandidates(b *testing.B) {
	for _, count := range []int{100, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			c := crowd(b, dbm.NewMemDB(), testutil.Params(), count)
			c.Run(4)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			b.ResetTimer()
			begun := threadTime(b)
			for range b.N {
				if updates, err := c.Module.EndBlock(c.Ctx); err != nil || len(updates) > 0 {
					b.Fatal(len(updates), err)
				}
			}
			b.ReportMetric(float64((threadTime(b)-begun).Nanoseconds())/float64(b.N)/1000, "cpu-µs/block")
		})
	}
}

package keeper_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// BenchmarkAnEraOfAPoolOf measures freeze and election of a pool that lies in a database on disk, opened anew and compacted before the
// freeze, so that neither the store nor the database has anything of it cached, and reports the best of the runs: the processor time of the
// thread that is in x/ssv's EndBlock and what passes on the clock; not staking's part of it, nor the commit.
func BenchmarkAnEraOfAPoolOf(b *testing.B) {
	for _, shape := range []struct {
		candidates int
		contracts  []int
	}{{10_000, []int{1, 100}}, {100_000, []int{1, 100}}} {
		b.Run(fmt.Sprint(shape.candidates), func(b *testing.B) {
			state := store(b, shape.candidates)
			for _, contracts := range shape.contracts {
				b.Run(fmt.Sprintf("for_%d_contracts", contracts), func(b *testing.B) { state.measure(b, contracts) })
			}
		})
	}
}

// stored is a chain in the block before its first freeze, in a database on disk that is closed.
type stored struct {
	candidates int
	dir        string
	chain      *testutil.Chain
}

func store(b *testing.B, candidates int) stored {
	b.Helper()
	s := stored{candidates: candidates, dir: b.TempDir()}
	db := s.open(b, s.dir)
	params := testutil.Params()
	s.chain = crowd(b, db, params, candidates)
	params.EraDuration, params.BeaconWindow = 600*time.Second, 300*time.Second
	params.MaxCandidatesPerBlock = types.DefaultParams().MaxCandidatesPerBlock
	require.NoError(b, s.chain.Keeper.Params.Set(s.chain.Ctx, params))
	s.chain.Run(59)
	require.NoError(b, db.ForceCompact(nil, nil))
	require.NoError(b, db.Close())
	return s
}

func (s stored) open(b *testing.B, dir string) *dbm.GoLevelDB {
	b.Helper()
	db, err := dbm.NewGoLevelDB("state", dir, nil)
	require.NoError(b, err)
	return db
}

// measure reports the best of b.N eras.
func (s stored) measure(b *testing.B, contracts int) {
	var best term
	for i := range b.N {
		dir := filepath.Join(b.TempDir(), fmt.Sprint(i))
		require.NoError(b, os.CopyFS(dir, os.DirFS(s.dir)))
		db := s.open(b, dir)
		chain := s.chain.Reopen(db)
		wanted := make([]types.Demand, contracts)
		for i := range wanted {
			wanted[i] = demand(uint64(i+1), 21, 15, 21)
		}
		chain.Keeper.SetHooks(&testutil.Contracts{Wanted: wanted})
		if run := s.era(b, chain); i == 0 || run.total() < best.total() {
			best = run
		}
		require.NoError(b, db.Close())
		require.NoError(b, os.RemoveAll(dir))
	}
	best.report(b, s.candidates)
}

// block is what the end of one took: of the processor and on the clock.
type block struct{ processor, clock time.Duration }

type term struct{ freezing, electing []block }

// era runs the freeze and the era's end.
func (s stored) era(b *testing.B, c *testutil.Chain) term {
	b.Helper()
	var run term
	runtime.GC()
	for {
		run.freezing = append(run.freezing, next(b, c))
		freeze, found, err := c.Keeper.Freeze(c.Ctx, 1)
		require.NoError(b, err)
		if found && freeze.Status == types.FREEZE_STATUS_DONE {
			require.Equal(b, uint32(s.candidates), freeze.Admitted)
			freeze.Seed = bytes.Repeat([]byte{7}, 32)
			require.NoError(b, c.Keeper.Freezes.Set(c.Ctx, 1, freeze))
			break
		}
	}
	for changing := true; changing; {
		took := next(b, c)
		era, err := c.Keeper.CurrentEra(c.Ctx)
		require.NoError(b, err)
		if era.Number < 2 {
			continue
		}
		run.electing = append(run.electing, took)
		changing, err = c.Keeper.Transition.Has(c.Ctx)
		require.NoError(b, err)
	}
	_, seated, err := c.Keeper.Committee(c.Ctx, 2, 1)
	require.NoError(b, err)
	require.True(b, seated)
	return run
}

func next(b *testing.B, c *testutil.Chain) block {
	b.Helper()
	var took block
	c.Timed = func(endBlock func()) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		processor, clock := threadTime(b), time.Now()
		endBlock()
		took = block{threadTime(b) - processor, time.Since(clock)}
	}
	c.Next()
	return took
}

// threadTime is the processor time of this thread so far.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_THREAD, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func sum(blocks []block) (total block) {
	for _, one := range blocks {
		total.processor, total.clock = total.processor+one.processor, total.clock+one.clock
	}
	return total
}

func worst(blocks []block) time.Duration {
	return slices.MaxFunc(blocks, func(a, b block) int { return int(a.processor - b.processor) }).processor
}

func (e term) total() time.Duration { return sum(e.freezing).processor + sum(e.electing).processor }

func (e term) report(b *testing.B, candidates int) {
	b.Helper()
	freezing, electing := sum(e.freezing), sum(e.electing)
	b.ReportMetric(float64(len(e.freezing)), "freeze-blocks")
	b.ReportMetric(float64(freezing.processor.Nanoseconds())/float64(candidates), "freeze-ns/candidate")
	b.ReportMetric(milliseconds(worst(e.freezing)), "freeze-worst-ms")
	b.ReportMetric(float64(len(e.electing)), "era-end-blocks")
	b.ReportMetric(milliseconds(worst(e.electing)), "era-end-worst-ms")
	b.ReportMetric(milliseconds(electing.processor), "era-end-ms")
	b.ReportMetric(milliseconds(e.total()), "total-ms")
	b.ReportMetric(milliseconds(freezing.clock+electing.clock), "total-clock-ms")
	b.ReportMetric(0, "ns/op")
	for i, took := range e.freezing {
		b.Logf("freeze block %d: %v, %v on the clock", i+1, took.processor, took.clock)
	}
	for i, took := range e.electing {
		b.Logf("block %d from the era's end: %v, %v on the clock", i+1, took.processor, took.clock)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

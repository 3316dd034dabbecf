package e2e

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// stallLimit is how long a chain may make no block before waits that it measures fail. Rounds of
// consensus that fail one after another take minutes on a busy machine, and end.
const stallLimit = 4 * time.Minute

// Watch is a chain whose blocks measure waits, and how fast it was meant to make them.
type Watch struct {
	Chain *Chain
	Pace  Pace
	// BlockTime is what was planned.
	BlockTime time.Duration
	// Logs is the directory with those of all processes.
	Logs string
}

type watchKey struct{}

// Watching has waits measured by a chain's blocks.
func Watching(ctx context.Context, watch *Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, watch)
}

func watchOf(ctx context.Context) *Watch {
	watch, _ := ctx.Value(watchKey{}).(*Watch)
	return watch
}

// vigil is one wait's view of the chain.
type vigil struct {
	watch *Watch
	began time.Time
	// looked is when the chain was asked last; grown when it was last seen to have a new block.
	looked, grown time.Time
	// first is the height at the beginning, 0 while the chain did not answer; newest the last one seen.
	first, newest int64
	blockTime     time.Time
}

func (w *Watch) begin(ctx context.Context) *vigil {
	now := time.Now()
	v := &vigil{watch: w, began: now, grown: now}
	v.look(ctx)
	return v
}

// look asks for the newest block; a node that does not answer has none.
func (v *vigil) look(ctx context.Context) {
	v.looked = time.Now()
	limited, cancel := context.WithTimeout(ctx, stallLimit/4)
	defer cancel()
	status, err := v.watch.Chain.RPC.Status(limited)
	if err != nil {
		return
	}
	height := status.SyncInfo.LatestBlockHeight
	if height > v.newest {
		v.newest, v.blockTime, v.grown = height, status.SyncInfo.LatestBlockTime, time.Now()
	}
	if v.first == 0 {
		v.first = height
	}
}

// over says why nothing is waited for any more, nil if it still is.
func (v *vigil) over(ctx context.Context, limit Blocks) error {
	if time.Since(v.looked) < watchInterval {
		return nil
	}
	v.look(ctx)
	if made := v.newest - v.first; made >= int64(limit) {
		return fmt.Errorf("not within %d blocks of %s", limit, v.watch.Chain.Name)
	}
	if still := time.Since(v.grown); still >= stallLimit {
		return fmt.Errorf("%s has made no block for %s", v.watch.Chain.Name, seconds(still))
	}
	return nil
}

// tell says what the chain did during the wait, and what to try.
func (v *vigil) tell() string {
	waited, made := time.Since(v.began), v.newest-v.first
	planned := v.watch.BlockTime
	text := fmt.Sprintf("waited %s; meanwhile %s went from block %d to %d; its newest block is of %s, %s ago; load average %s on %d cores",
		seconds(waited), v.watch.Chain.Name, v.first, v.newest, v.blockTime.UTC().Format(time.TimeOnly), seconds(time.Since(v.blockTime)),
		loadAverage(), runtime.NumCPU())
	if made == 0 {
		return text + fmt.Sprintf("\nto try: look at why it makes no blocks, in %s/node*.log", v.watch.Logs)
	}
	took := waited / time.Duration(made)
	text += fmt.Sprintf("; %s a block, planned %s at pace %s", seconds(took), seconds(planned), v.watch.Pace)
	if took > planned*3/2 {
		slower := Pace(float64(v.watch.Pace) * float64(took) / float64(planned)).up()
		return text + fmt.Sprintf("\nto try: the machine is slower than when the run began; -pace %s slows the network down with it", slower)
	}
	return text + fmt.Sprintf("\nto try: the network keeps its pace, so look at who should have acted, in %s", v.watch.Logs)
}

// loadAverage is the system's, of one, five and fifteen minutes.
func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(raw)); err == nil && len(fields) >= 3 {
		return strings.Join(fields[:3], " ")
	}
	return "unknown"
}

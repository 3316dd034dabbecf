package pool

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
)

var errClosed = errors.New("connection is closed")

// fake is a source that answers with its name, after what before does.
type fake struct {
	name   string
	before func(context.Context) error
	asked  atomic.Int64
}

func newFake(name string) *fake { return &fake{name: name} }

func (f *fake) Name() string { return f.name }

func (f *fake) calls() int { return int(f.asked.Load()) }

func ask(ctx context.Context, f *fake) (string, error) {
	f.asked.Add(1)
	if f.before != nil {
		if err := f.before(ctx); err != nil {
			return "", err
		}
	}
	return "answer of " + f.name, nil
}

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func closed(context.Context) error { return errClosed }

func TestTheSecondSourceIsAskedAfterTheHedgeDelayAndTheSlowOneIsRankedLower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := newFake("slow"), newFake("quick")
		slow.before = hang
		p, err := New([]*fake{slow, quick}, Config{HedgeDelay: 100 * time.Millisecond})
		require.NoError(t, err)
		get := func() time.Duration {
			started := time.Now()
			answer, from, err := Ask(t.Context(), p, p.Ranked(), ask)
			require.NoError(t, err)
			require.Equal(t, "quick", from.Source.Name())
			require.Equal(t, "answer of quick", answer)
			return time.Since(started)
		}
		require.Equal(t, 100*time.Millisecond, get())
		synctest.Wait()
		require.Zero(t, get(), "the slow source is not asked first again")
		require.Equal(t, 1, slow.calls())
	})
}

func TestAFailingSourceBacksOffExponentiallyAndIsNeverDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := newFake("bad")
		bad.before = closed
		p, err := New([]*fake{bad}, Config{BackoffBase: time.Second, BackoffMax: 5 * time.Second})
		require.NoError(t, err)
		var pauses []time.Duration
		for range 5 {
			_, _, err := Ask(t.Context(), p, p.Ranked(), ask)
			require.ErrorIs(t, err, errClosed)
			require.ErrorIs(t, err, lightclient.ErrNoSource)
			pauses = append(pauses, time.Until(p.Status()[0].BackoffUntil))
			<-time.After(pauses[len(pauses)-1])
		}
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}, pauses)
		bad.before = nil
		_, from, err := Ask(t.Context(), p, p.Ranked(), ask)
		require.NoError(t, err)
		require.Equal(t, "bad", from.Source.Name())
		require.NoError(t, p.Status()[0].LastError)
	})
}

func TestALieIsPunishedLongerThanAFailureAndSuccessDoesNotPardonIt(t *testing.T) {
	cfg := Config{}.withDefaults()
	m := newMember(newFake("m"), cfg)
	m.Failed(errClosed)
	failure := time.Until(m.status().BackoffUntil)
	m.Failed(lightclient.ErrProof)
	m.succeeded()
	status := m.status()
	require.Greater(t, time.Until(status.BackoffUntil), 10*failure)
	require.ErrorIs(t, status.LastLie, lightclient.ErrProof)
	require.Less(t, status.Score, 0.6)
}

func TestASourceThatNeverReturnsHoldsABoundedNumberOfGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := newFake("stuck")
		stuck.before = func(context.Context) error { <-release; return errClosed }
		m := newMember(stuck, Config{}.withDefaults())
		var busy int
		for range 3 * MaxInFlight {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := Call(ctx, m, ask)
			require.Error(t, err)
			if errors.Is(err, lightclient.ErrSourceBusy) {
				busy++
			}
			cancel()
		}
		require.Equal(t, MaxInFlight, stuck.calls())
		require.Equal(t, 2*MaxInFlight, busy)
		close(release)
		synctest.Wait()
	})
}

func TestAPoolNeedsSourcesOfDistinctNames(t *testing.T) {
	_, err := New[*fake](nil, Config{})
	require.ErrorContains(t, err, "at least one")
	_, err = New([]*fake{newFake("a"), newFake("a")}, Config{})
	require.ErrorContains(t, err, `"a" is listed twice`)
}

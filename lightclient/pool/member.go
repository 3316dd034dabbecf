package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stafiprotocol/stafid/lightclient"
)

const (
	// MaxInFlight bounds the calls to one source that have not returned, so that a
	// source that ignores its context can't pile up goroutines.
	MaxInFlight = 32
	// scoreMemory is the weight of history in the moving average of outcomes: the
	// last ten calls or so count.
	scoreMemory = 0.9
	// lieWeight halves the rank of a source at its first lie, and so on.
	lieWeight = 0.5
)

// Member is a source and what it has done so far.
type Member[S Named] struct {
	Source S
	cfg    Config
	flying chan struct{}

	mu       sync.Mutex
	outcome  float64
	height   int64
	streak   int
	okCount  uint64
	failures uint64
	lies     uint64
	unproven uint64 // offers in a row that could not be proven
	lastLie  error
	lastErr  error
	resumeAt time.Time
}

func newMember[S Named](source S, cfg Config) *Member[S] {
	return &Member[S]{Source: source, cfg: cfg, flying: make(chan struct{}, MaxInFlight), outcome: 1}
}

// rank orders members: shorter pause first, then higher score.
type rank struct {
	pause time.Duration
	score float64
}

func (a rank) compare(b rank) int {
	return cmp.Or(cmp.Compare(a.pause, b.pause), cmp.Compare(b.score, a.score))
}

func (m *Member[S]) rank(now time.Time) rank {
	m.mu.Lock()
	defer m.mu.Unlock()
	return rank{pause: max(m.resumeAt.Sub(now), 0), score: m.score()}
}

// score needs m.mu.
func (m *Member[S]) score() float64 {
	score := m.outcome
	for i := uint64(0); i < min(m.lies, 16); i++ {
		score *= lieWeight
	}
	return score
}

func (m *Member[S]) status() lightclient.SourceStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return lightclient.SourceStatus{
		Name: m.Source.Name(), Score: m.score(), Height: m.height,
		Successes: m.okCount, Failures: m.failures, Lies: m.lies,
		LastLie: m.lastLie, LastError: m.lastErr, BackoffUntil: m.resumeAt,
	}
}

// succeeded ends a streak of failures; a pause earned by a lie goes on.
func (m *Member[S]) succeeded() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.okCount++
	m.streak = 0
	m.outcome = scoreMemory*m.outcome + (1 - scoreMemory)
	m.lastErr = nil
}

// Proved ends a streak of offers that could not be proven.
func (m *Member[S]) Proved() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unproven = 0
}

// Failed holds an error against the source. Being behind or pruned costs score
// but no pause; a failure pauses; a lie pauses longest, and so does an offer that
// can't be proven, whatever else the source answers.
func (m *Member[S]) Failed(err error) {
	m.note(err)
	m.cfg.OnFailure(m.Source.Name(), err)
}

func (m *Member[S]) note(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failures++
	m.outcome *= scoreMemory
	m.lastErr = err
	switch {
	case lightclient.IsLie(err):
		m.lies++
		m.lastLie = err
		m.pause(doubled(m.cfg.LieBackoff, m.lies-1, m.cfg.LieBackoffMax))
	case errors.Is(err, lightclient.ErrUnproven):
		m.unproven++
		m.pause(doubled(m.cfg.LieBackoff, m.unproven-1, m.cfg.LieBackoffMax))
	case errors.Is(err, lightclient.ErrSourceLagging), errors.Is(err, lightclient.ErrHeightUnavailable), errors.Is(err, lightclient.ErrNotKept):
	default:
		m.streak++
		m.pause(doubled(m.cfg.BackoffBase, uint64(m.streak-1), m.cfg.BackoffMax))
	}
}

// pause needs m.mu; it never shortens a pause.
func (m *Member[S]) pause(d time.Duration) {
	if until := time.Now().Add(d); until.After(m.resumeAt) {
		m.resumeAt = until
	}
}

// Claimed records the newest height that the source says it has.
func (m *Member[S]) Claimed(height int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.height = height
}

func doubled(base time.Duration, times uint64, limit time.Duration) time.Duration {
	for ; times > 0 && base < limit; times-- {
		base *= 2
	}
	return min(base, limit)
}

// Call runs one request within ctx and the pool's request timeout, and returns
// by then even if the source does not. The outcome is recorded, unless the
// caller gave up on the source before it was late.
func Call[S Named, T any](ctx context.Context, m *Member[S], request func(context.Context, S) (T, error)) (T, error) {
	started := time.Now()
	own, cancel := context.WithTimeout(ctx, m.cfg.RequestTimeout)
	defer cancel()
	value, err := detached(own, m, request)
	switch {
	case err == nil:
		m.succeeded()
	case ctx.Err() != nil && time.Since(started) < m.cfg.HedgeDelay:
	case own.Err() != nil:
		err = fmt.Errorf("%s: %w after %s: %w", m.Source.Name(), lightclient.ErrSourceTimeout, time.Since(started), err)
		m.Failed(err)
	default:
		err = fmt.Errorf("%s: %w", m.Source.Name(), err)
		m.Failed(err)
	}
	return value, err
}

// detached runs the request in a goroutine of its own, of which there are at
// most MaxInFlight per source, and turns a panic into ErrMalformed: decoders of
// foreign bytes must not take the process down.
func detached[S Named, T any](ctx context.Context, m *Member[S], request func(context.Context, S) (T, error)) (T, error) {
	var zero T
	select {
	case m.flying <- struct{}{}:
	default:
		return zero, fmt.Errorf("%w: %d", lightclient.ErrSourceBusy, MaxInFlight)
	}
	answers := make(chan answer[T], 1)
	go func() {
		defer func() { <-m.flying }()
		answers <- guarded(ctx, m.Source, request)
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

type answer[T any] struct {
	value T
	err   error
}

func guarded[S Named, T any](ctx context.Context, source S, request func(context.Context, S) (T, error)) (a answer[T]) {
	defer func() {
		if r := recover(); r != nil {
			a.err = fmt.Errorf("%w: %v", lightclient.ErrMalformed, r)
		}
	}()
	a.value, a.err = request(ctx, source)
	return a
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// pollInterval is well below the shortest block time of the life (0.5 s).
	pollInterval = 100 * time.Millisecond
	// watchInterval is how often a wait looks at what the chain does meanwhile.
	watchInterval = time.Second
)

// Blocks are how long a wait may last: blocks that the watched chain makes. A machine that is slow
// makes them slowly, and is waited for.
type Blocks int64

// errFinal marks an answer that waiting can't change.
var errFinal = errors.New("waiting can't change this")

// final makes a probe's error end the wait.
func final(err error) error { return fmt.Errorf("%w: %w", errFinal, err) }

// Await asks until the probe says that it is done, and returns its last answer. A probe's error
// counts as "not yet" unless it is final. The wait fails once the chain that the context watches
// (Watching) has made so many blocks since it began, or makes none for long: *WaitError, with the
// last answer and the last error. Without a chain in the context a block counts as a second.
func Await[T any](ctx context.Context, what string, limit Blocks, probe func(context.Context) (T, bool, error)) (T, error) {
	watch := watchOf(ctx)
	if watch == nil {
		return AwaitFor(ctx, what, time.Duration(limit)*time.Second, probe)
	}
	vigil := watch.begin(ctx)
	return await(ctx, what, probe, func(ctx context.Context) error { return vigil.over(ctx, limit) }, vigil)
}

// AwaitFor is Await before a chain makes blocks: it fails after a time, which is to be far above
// what a busy machine takes.
func AwaitFor[T any](ctx context.Context, what string, limit time.Duration, probe func(context.Context) (T, bool, error)) (T, error) {
	begin := time.Now()
	return await(ctx, what, probe, func(context.Context) error {
		if time.Since(begin) >= limit {
			return fmt.Errorf("not within %s", limit)
		}
		return nil
	}, nil)
}

func await[T any](
	ctx context.Context, what string, probe func(context.Context) (T, bool, error), over func(context.Context) error, vigil *vigil,
) (T, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var last error
	for {
		value, done, err := once(ctx, probe)
		if err == nil && done {
			return value, nil
		}
		if errors.Is(err, errFinal) {
			return value, fmt.Errorf("waiting for %s: %w", what, err)
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		reason := over(ctx)
		if ctx.Err() != nil {
			reason = context.Cause(ctx)
		}
		if reason != nil {
			return value, newWaitError(what, value, reason, last, vigil)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// once asks, and gives up where there is no answer at all.
func once[T any](ctx context.Context, probe func(context.Context) (T, bool, error)) (T, bool, error) {
	limited, cancel := context.WithTimeout(ctx, stallLimit)
	defer cancel()
	return probe(limited)
}

// WaitError is a wait that ended without what it was for.
type WaitError struct {
	// What was waited for.
	What string
	// Answer is the probe's last one, and Last its last error.
	Answer string
	Last   error
	// Reason why nothing is waited for any more.
	Reason error
	// Meanwhile says what the chain did, and what to try; empty where none is watched.
	Meanwhile string
}

func newWaitError[T any](what string, value T, reason, last error, vigil *vigil) *WaitError {
	e := &WaitError{What: what, Answer: fmt.Sprintf("%+v", value), Reason: reason, Last: last}
	if vigil != nil {
		e.Meanwhile = vigil.tell()
	}
	return e
}

func (e *WaitError) Error() string {
	text := fmt.Sprintf("waiting for %s: %v (last answer: %s)", e.What, e.Reason, e.Answer)
	if e.Last != nil {
		text += fmt.Sprintf("\nlast error: %v", e.Last)
	}
	if e.Meanwhile != "" {
		text += "\n" + e.Meanwhile
	}
	return text
}

// Unwrap lets the reason and the last error be looked for.
func (e *WaitError) Unwrap() []error {
	if e.Last == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Last}
}

// AwaitDone is Await for a condition without a value.
func AwaitDone(ctx context.Context, what string, limit Blocks, probe func(context.Context) (bool, error)) error {
	_, err := Await(ctx, what, limit, noValue(probe))
	return err
}

// AwaitDoneFor is AwaitFor for a condition without a value.
func AwaitDoneFor(ctx context.Context, what string, limit time.Duration, probe func(context.Context) (bool, error)) error {
	_, err := AwaitFor(ctx, what, limit, noValue(probe))
	return err
}

func noValue(probe func(context.Context) (bool, error)) func(context.Context) (struct{}, bool, error) {
	return func(ctx context.Context) (struct{}, bool, error) {
		done, err := probe(ctx)
		return struct{}{}, done, err
	}
}

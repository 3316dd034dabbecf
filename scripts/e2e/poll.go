package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pollInterval is well below the shortest block time of the life (0.5 s).
const pollInterval = 100 * time.Millisecond

// errFinal marks an answer that waiting can't change.
var errFinal = errors.New("waiting can't change this")

// final makes a probe's error end the wait.
func final(err error) error { return fmt.Errorf("%w: %w", errFinal, err) }

// Await asks until the probe says that it is done, and returns its last
// answer. A probe's error counts as "not yet" unless it is final; the last
// one is in the error that is returned when the limit has passed.
func Await[T any](ctx context.Context, what string, limit time.Duration, probe func(context.Context) (T, bool, error)) (T, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var last error
	for {
		value, done, err := probe(limited)
		if err == nil && done {
			return value, nil
		}
		if errors.Is(err, errFinal) {
			return value, fmt.Errorf("waiting for %s: %w", what, err)
		}
		if err != nil && limited.Err() == nil {
			last = err
		}
		select {
		case <-limited.Done():
			return value, tooLong(what, value, waitError(ctx, limit), last)
		case <-ticker.C:
		}
	}
}

func tooLong[T any](what string, value T, reason, last error) error {
	if last == nil {
		return fmt.Errorf("waiting for %s: %w (last answer: %+v)", what, reason, value)
	}
	return fmt.Errorf("waiting for %s: %w (last answer: %+v; last error: %w)", what, reason, value, last)
}

// waitError says whether the whole life ended or only this wait was too long.
func waitError(ctx context.Context, limit time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("not within %s", limit)
}

// AwaitDone is Await for a condition without a value.
func AwaitDone(ctx context.Context, what string, limit time.Duration, probe func(context.Context) (bool, error)) error {
	_, err := Await(ctx, what, limit, func(ctx context.Context) (struct{}, bool, error) {
		done, err := probe(ctx)
		return struct{}{}, done, err
	})
	return err
}

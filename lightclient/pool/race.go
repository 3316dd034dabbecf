package pool

import (
	"context"
	"time"
)

// Answer is a value that passed its check, and the member that gave it.
type Answer[S Named, T any] struct {
	Value T
	From  *Member[S]
	Err   error
}

// Ask requests a value from the members in order, hedged: the next is asked
// when one fails, or has been silent for HedgeDelay. The request includes the
// check of the answer, so a lie is a failure like any other. When Ask returns,
// every outcome is on its member's record. Errors: the context's, or ErrNoSource
// joined with every member's reason.
func Ask[S Named, T any](ctx context.Context, p *Pool[S], order []*Member[S], request func(context.Context, S) (T, error)) (T, *Member[S], error) {
	return Race(ctx, p, order, func(ctx context.Context, m *Member[S]) (T, error) { return Call(ctx, m, request) })
}

// Race is Ask for requests that depend on the member.
func Race[S Named, T any](ctx context.Context, p *Pool[S], order []*Member[S], request func(context.Context, *Member[S]) (T, error)) (T, *Member[S], error) {
	ctx, cancel := context.WithCancel(ctx)
	r := runners[S, T]{order: order, request: request, results: make(chan Answer[S, T], len(order))}
	defer func() { cancel(); r.drain() }()
	r.launch(ctx)
	hedge := time.NewTicker(p.cfg.HedgeDelay)
	defer hedge.Stop()
	for r.pending > 0 {
		select {
		case won := <-r.results:
			r.pending--
			if won.Err == nil {
				return won.Value, won.From, nil
			}
			r.reasons = append(r.reasons, won.Err)
			r.launch(ctx)
			hedge.Reset(p.cfg.HedgeDelay)
		case <-hedge.C:
			r.launch(ctx)
		case <-ctx.Done():
			return r.none(ctx.Err())
		}
	}
	if err := ctx.Err(); err != nil {
		return r.none(err)
	}
	return r.none(NoSource(r.reasons))
}

type runners[S Named, T any] struct {
	order   []*Member[S]
	request func(context.Context, *Member[S]) (T, error)
	results chan Answer[S, T]
	reasons []error
	next    int
	pending int
}

func (r *runners[S, T]) launch(ctx context.Context) {
	if r.next == len(r.order) {
		return
	}
	m := r.order[r.next]
	r.next++
	r.pending++
	go func() {
		value, err := r.request(ctx, m)
		r.results <- Answer[S, T]{Value: value, From: m, Err: err}
	}()
}

// drain waits for the calls under way, which end with their context at once.
func (r *runners[S, T]) drain() {
	for ; r.pending > 0; r.pending-- {
		<-r.results
	}
}

func (r *runners[S, T]) none(err error) (T, *Member[S], error) {
	var zero T
	return zero, nil, err
}

// AskAll requests a value from all members at once and returns each one's
// answer. Those that have not answered a grace after the first success are
// cancelled. It never waits past the context.
func AskAll[S Named, T any](ctx context.Context, members []*Member[S], grace time.Duration, request func(context.Context, S) (T, error)) []Answer[S, T] {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan Answer[S, T], len(members))
	for _, m := range members {
		go func() {
			value, err := Call(ctx, m, request)
			results <- Answer[S, T]{Value: value, From: m, Err: err}
		}()
	}
	var over <-chan time.Time
	got := make([]Answer[S, T], 0, len(members))
	for len(got) < len(members) {
		select {
		case a := <-results:
			got = append(got, a)
			if a.Err == nil && over == nil {
				over = time.After(grace)
			}
		case <-over:
			cancel()
			over = make(chan time.Time) // what is left ends with the context
		}
	}
	return got
}

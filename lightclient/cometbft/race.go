package cometbft

import (
	"context"
	"time"
)

// answered is a value that passed its check, and the member that gave it.
type answered[T any] struct {
	value T
	from  *member
	err   error
}

// ask requests a value from the members in order, hedged: the next is asked
// when one fails, or has been silent for HedgeDelay. The request includes the
// check of the answer, so a lie is a failure like any other. When ask returns,
// every outcome is on its member's record. Errors: the context's, or ErrNoSource
// joined with every member's reason.
func ask[T any](ctx context.Context, p *Pool, order []*member, request func(context.Context, Source) (T, error)) (T, *member, error) {
	return race(ctx, p, order, func(ctx context.Context, m *member) (T, error) { return call(ctx, m, request) })
}

// race is ask for requests that depend on the member.
func race[T any](ctx context.Context, p *Pool, order []*member, request func(context.Context, *member) (T, error)) (T, *member, error) {
	ctx, cancel := context.WithCancel(ctx)
	r := runners[T]{order: order, request: request, results: make(chan answered[T], len(order))}
	defer func() { cancel(); r.drain() }()
	r.launch(ctx)
	hedge := time.NewTicker(p.cfg.HedgeDelay)
	defer hedge.Stop()
	for r.pending > 0 {
		select {
		case won := <-r.results:
			r.pending--
			if won.err == nil {
				return won.value, won.from, nil
			}
			r.reasons = append(r.reasons, won.err)
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
	return r.none(noSource(r.reasons))
}

type runners[T any] struct {
	order   []*member
	request func(context.Context, *member) (T, error)
	results chan answered[T]
	reasons []error
	next    int
	pending int
}

func (r *runners[T]) launch(ctx context.Context) {
	if r.next == len(r.order) {
		return
	}
	m := r.order[r.next]
	r.next++
	r.pending++
	go func() {
		value, err := r.request(ctx, m)
		r.results <- answered[T]{value: value, from: m, err: err}
	}()
}

// drain waits for the calls under way, which end with their context at once.
func (r *runners[T]) drain() {
	for ; r.pending > 0; r.pending-- {
		<-r.results
	}
}

func (r *runners[T]) none(err error) (T, *member, error) {
	var zero T
	return zero, nil, err
}

// askAll requests a value from all members at once and returns each one's
// answer. Those that have not answered a grace after the first success are
// cancelled. It never waits past the context.
func askAll[T any](ctx context.Context, members []*member, grace time.Duration, request func(context.Context, Source) (T, error)) []answered[T] {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan answered[T], len(members))
	for _, m := range members {
		go func() {
			value, err := call(ctx, m, request)
			results <- answered[T]{value: value, from: m, err: err}
		}()
	}
	var over <-chan time.Time
	got := make([]answered[T], 0, len(members))
	for len(got) < len(members) {
		select {
		case a := <-results:
			got = append(got, a)
			if a.err == nil && over == nil {
				over = time.After(grace)
			}
		case <-over:
			cancel()
			over = make(chan time.Time) // what is left ends with the context
		}
	}
	return got
}

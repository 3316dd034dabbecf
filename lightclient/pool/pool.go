package pool

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafiprotocol/stafid/lightclient"
)

// Named is what a source must tell of itself: a name that is unique within its pool.
type Named interface{ Name() string }

// Config tunes a pool; a zero field takes its default.
type Config struct {
	// HedgeDelay is how long one source may be silent before the next is asked as
	// well. Default 400 ms.
	HedgeDelay time.Duration
	// RequestTimeout bounds one call to one source. Default 8 s.
	RequestTimeout time.Duration
	// BackoffBase is the first pause after a failure; it doubles up to BackoffMax.
	// Defaults 500 ms and 2 min.
	BackoffBase, BackoffMax time.Duration
	// LieBackoff is the pause after the first proof failure; it doubles with each
	// further one up to LieBackoffMax. Defaults 30 s and 1 h.
	LieBackoff, LieBackoffMax time.Duration
	// OnFailure is told every failure, for logs and metrics; it must not block.
	OnFailure func(source string, err error)
}

func (c Config) withDefaults() Config {
	set := func(field *time.Duration, value time.Duration) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&c.HedgeDelay, 400*time.Millisecond)
	set(&c.RequestTimeout, 8*time.Second)
	set(&c.BackoffBase, 500*time.Millisecond)
	set(&c.BackoffMax, 2*time.Minute)
	set(&c.LieBackoff, 30*time.Second)
	set(&c.LieBackoffMax, time.Hour)
	if c.OnFailure == nil {
		c.OnFailure = func(string, error) {}
	}
	return c
}

// Pool holds the untrusted sources of one chain. A source that fails or lies
// is asked later and last, but never dropped. Safe for concurrent use.
type Pool[S Named] struct {
	cfg     Config
	members []*Member[S]
}

// New makes a pool of at least one source with distinct names.
func New[S Named](sources []S, cfg Config) (*Pool[S], error) {
	if len(sources) == 0 {
		return nil, errors.New("pool needs at least one source")
	}
	p := &Pool[S]{cfg: cfg.withDefaults()}
	names := make(map[string]bool, len(sources))
	for _, source := range sources {
		if names[source.Name()] {
			return nil, fmt.Errorf("source %q is listed twice", source.Name())
		}
		names[source.Name()] = true
		p.members = append(p.members, newMember(source, p.cfg))
	}
	return p, nil
}

// Status is each source's record, in the order of configuration.
func (p *Pool[S]) Status() []lightclient.SourceStatus {
	status := make([]lightclient.SourceStatus, len(p.members))
	for i, m := range p.members {
		status[i] = m.status()
	}
	return status
}

// Ranked lists the members that are not excluded: those that are not backing
// off by score, then those that are, soonest first. It is empty only if all are
// excluded.
func (p *Pool[S]) Ranked(except ...*Member[S]) []*Member[S] {
	now := time.Now()
	var order []*Member[S]
	ranks := make(map[*Member[S]]rank, len(p.members))
	for _, m := range p.members {
		if !slices.Contains(except, m) {
			order = append(order, m)
			ranks[m] = m.rank(now)
		}
	}
	slices.SortStableFunc(order, func(a, b *Member[S]) int { return ranks[a].compare(ranks[b]) })
	return order
}

// Available are the ranked members that are not backing off.
func (p *Pool[S]) Available(except ...*Member[S]) []*Member[S] {
	now := time.Now()
	return slices.DeleteFunc(p.Ranked(except...), func(m *Member[S]) bool { return m.rank(now).pause > 0 })
}

// Healthy are the available members, or all if there are none.
func (p *Pool[S]) Healthy() []*Member[S] {
	if members := p.Available(); len(members) > 0 {
		return members
	}
	return p.Ranked()
}

// NoSource joins the reasons why nobody could answer.
func NoSource(reasons []error) error {
	if len(reasons) == 0 {
		return fmt.Errorf("%w: none left to ask", lightclient.ErrNoSource)
	}
	return fmt.Errorf("%w: %w", lightclient.ErrNoSource, errors.Join(reasons...))
}

// HedgeDelay is how long one source may be silent before the next is asked too.
func (p *Pool[S]) HedgeDelay() time.Duration { return p.cfg.HedgeDelay }

// Len is how many sources there are.
func (p *Pool[S]) Len() int { return len(p.members) }

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// lifeLimit at pace 1 is far above what a life takes; it ends one that hangs.
const lifeLimit = 30 * time.Minute

// Config says what a life runs on.
type Config struct {
	// Stafid and Wasmd are the two binaries.
	Stafid, Wasmd string
	// Dir holds homes and logs; it must be empty.
	Dir string
	// Out gets the report.
	Out io.Writer
	// Pace of the networks; 0 is one that is measured.
	Pace Pace
}

// DefaultBinaries are those that make builds, of which the environment says where they are.
func DefaultBinaries(root string) (stafid, wasmd string) {
	return binaryAt("STAFID_BIN", filepath.Join(root, "build", "stafid")), binaryAt("WASMD_BIN", filepath.Join(root, "build", "wasmd"))
}

func binaryAt(variable, otherwise string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	return otherwise
}

// Life is a running system and the people who use it.
type Life struct {
	report     *Report
	measure    Measure
	supervisor *Supervisor
	original   *Counterparty
	stafi      *Network
	books      *Books
	// people are the users of the original chain by name.
	people map[string]Account
	// contract is the id of the deployed contract.
	contract uint64
	// discarded are vaults that never became active.
	discarded map[uint64]bool
	// hashes are the users' transactions on the original chain, for the summary.
	mu     sync.Mutex
	hashes []namedHash
	liars  []*Liar
	// chronicle is what StaFi's blocks say, read on as far as a step needs it.
	chronicle *Chronicle
	reading   sync.Mutex
	outages   []*outage
	// judged are the verdicts predicted so far, and evils what was reported.
	judged []verdict
	evils  []evil
	// calm is where the books are compared.
	calm RestPoint
	// sabotage gets what came of the round that two operators try to spoil.
	sabotage chan error
}

type namedHash struct{ what, hash string }

// step is a part of the life, under the name that the report shows.
type step struct {
	name string
	run  func(context.Context) error
}

// Live lives the whole life. It returns nil only if every step went as it must and every figure adds up.
func Live(ctx context.Context, config Config) (err error) {
	ctx, life, finish, err := newLife(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	if err := life.run(ctx, append(life.beginning(), life.rest()...)); err != nil {
		return err
	}
	life.report.Summary()
	return nil
}

// LeaveRunning starts the network of the demo with a contract that takes deposits, calls ready, and leaves it running until the context ends.
func LeaveRunning(ctx context.Context, config Config, ready func(*Life)) (err error) {
	running, life, finish, err := newLife(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, finish()) }()
	steps := append(life.beginning(), step{"wait for the first committee and its vault", life.waitForFirstVault}, step{"fund the fee reserve", life.fundReserve})
	if err := life.run(running, steps); err != nil {
		return err
	}
	ready(life)
	<-running.Done()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(running)
}

func newLife(parent context.Context, config Config) (context.Context, *Life, func() error, error) {
	ctx, cancel := context.WithCancelCause(parent)
	supervisor, err := NewSupervisor(filepath.Join(config.Dir, "logs"), func(err error) { cancel(err) })
	if err != nil {
		cancel(nil)
		return nil, nil, nil, err
	}
	life := &Life{
		report: NewReport(config.Out), supervisor: supervisor, discarded: map[uint64]bool{}, chronicle: NewChronicle(),
	}
	life.measure = MeasurePace(config.Pace)
	life.report.Pace(life.measure)
	life.stafi = &Network{Chain: Chain{Binary: config.Stafid}, Dir: config.Dir}
	life.original = &Counterparty{Chain: Chain{Binary: config.Wasmd}}
	finish := func() error {
		for _, liar := range life.liars {
			liar.Stop()
		}
		failure := supervisor.StopAll()
		cancel(nil)
		return failure
	}
	return ctx, life, finish, nil
}

func (l *Life) run(ctx context.Context, steps []step) error {
	limit := l.measure.Pace.Of(lifeLimit)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the life took more than %s", limit))
	defer cancel()
	for _, step := range steps {
		if l.stafi.RPC != nil {
			limited = Watching(limited, l.stafi.Watch())
		}
		if err := l.report.Step(step.name, func() error { return step.run(limited) }); err != nil {
			return Explained(ctx, err)
		}
	}
	return nil
}

// explainAfter is how long a process that ended takes to be missed.
const explainAfter = 2 * time.Second

// Explained is a step's error, and before it that of a process that ended by itself, if one did: what failed for want of it may be known first.
func Explained(ctx context.Context, err error) error {
	limited, cancel := context.WithTimeout(ctx, explainAfter)
	defer cancel()
	<-limited.Done()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return errors.Join(cause, err)
	}
	return err
}

// beginning leads to a contract with candidates, before any election.
func (l *Life) beginning() []step {
	return []step{
		{"start the original chain, 12 StaFi validators and 12 relayers", l.start},
		{"register 12 candidates", l.register},
		{"deploy the contract by governance; contracts that must be refused", l.deploy},
	}
}

// rest is everything after it, in an order that fits into six eras of a minute.
func (l *Life) rest() []step {
	return []step{
		{"keys that must be refused", l.badKeys},
		{"the first seed", l.firstSeed},
		{"first election, with a vault address taken by an outsider", l.firstElection},
		{"two operators begin to sabotage the next seed", l.sabotageRound},
		{"stake: fund the reserve, deposit, receive rTokens, pay a friend", l.stake},
		{"redeem: the friend gets paid on the original chain", l.redeem},
		{"deposits that must not mint", l.badDeposits},
		{"lying sources, killed relayers, and ten redemptions of which one can't be paid", l.crowd},
		{"the seed that was sabotaged", l.awaitSabotage},
		{"second committee: the vault is handed over", l.handover},
		{"deposits to the new and to the old vault; the new committee pays", l.afterHandover},
		{"the last signature of an expired payout held back and broadcast later", l.heldBack},
		{"a member killed for half an era, while stakers call the others' services", l.serve},
		{"what duties done and left cost and earned: every era's settlement predicted", l.settle},
		{"a payload that nobody asked for, signed by a member and reported", l.rogue},
		{"come to rest", l.comeToRest},
		{"what duties cost those who did them", l.refunds},
		{"how many blocks deposits and redemptions took", l.latencies},
		{"balance sheet", l.audit},
	}
}

func (l *Life) noteHash(what, hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hashes = append(l.hashes, namedHash{what, hash})
}

// Together runs independent parts of a step at the same time and waits for all of them.
func Together(ctx context.Context, parts ...func(context.Context) error) error {
	failures := make(chan error, len(parts))
	for _, part := range parts {
		go func() { failures <- part(ctx) }()
	}
	all := make([]error, len(parts))
	for i := range all {
		all[i] = <-failures
	}
	return errors.Join(all...)
}

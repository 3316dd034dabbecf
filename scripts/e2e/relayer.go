package e2e

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Relayer is one operator's relayer process, which may be paused, killed and started again.
type Relayer struct {
	mu       sync.Mutex
	name     string
	binary   string
	home     string
	super    *Supervisor
	process  *Process
	restarts int
}

// StartRelayers starts every operator's relayer.
func (n *Network) StartRelayers() error {
	for _, operator := range n.Operators {
		operator.Relayer = &Relayer{
			name: fmt.Sprintf("relayer%d", operator.Index), binary: n.Binary, home: operator.RelayerHome, super: n.supervisor,
		}
		if err := operator.Relayer.Start(); err != nil {
			return err
		}
	}
	return nil
}

// Start runs the relayer.
func (r *Relayer) Start() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process, err = r.super.Start(r.name, r.binary, "relayer", "start", "--home", r.home)
	return err
}

// Restart kills the relayer at whatever instant it is in and starts it again.
func (r *Relayer) Restart() error { return r.RestartAfter(nil) }

// RestartAfter kills the relayer, calls between, and starts it again.
func (r *Relayer) RestartAfter(between func() error) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process.Kill()
	r.restarts++
	if between != nil {
		if err := between(); err != nil {
			return err
		}
	}
	r.process, err = r.super.Start(r.name, r.binary, "relayer", "start", "--home", r.home)
	return err
}

// Kill ends the relayer at whatever instant it is in; Start runs it again.
func (r *Relayer) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process.Kill()
}

// Pause stops the relayer from running until Resume.
func (r *Relayer) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process.Pause()
}

// Resume lets the relayer go on.
func (r *Relayer) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process.Resume()
}

// Restarts is how often the relayer was killed and started again.
func (r *Relayer) Restarts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.restarts
}

// Killer kills relayers at random moments, one at a time, until it is stopped.
type Killer struct {
	stop chan struct{}
	done chan error
	pace Pace
}

// killPause is the time between two kills: random, so that they hit every part of a relayer's work.
func killPause(pace Pace) time.Duration {
	return pace.Of(700*time.Millisecond + time.Duration(rand.Int64N(int64(2*time.Second)))) //nolint:gosec // no secret depends on it
}

// StartKiller begins to kill the operators' relayers, each in its turn.
func StartKiller(operators []*Operator, pace Pace) *Killer {
	killer := &Killer{stop: make(chan struct{}), done: make(chan error, 1), pace: pace}
	go func() { killer.done <- killer.run(operators) }()
	return killer
}

func (k *Killer) run(operators []*Operator) error {
	for turn := 0; ; turn++ {
		timer := time.NewTimer(killPause(k.pace))
		select {
		case <-k.stop:
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if err := operators[turn%len(operators)].Relayer.Restart(); err != nil {
			return err
		}
	}
}

// Stop ends the killing; every relayer is running again afterwards.
func (k *Killer) Stop() error {
	close(k.stop)
	return <-k.done
}

package ethereum

import (
	"errors"
	"fmt"
	"time"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
)

// Config sets what is trusted, and for how long. ChainID and Network must be
// given; other zero fields take their defaults.
type Config struct {
	// ChainID names the network in records and status ("1" for mainnet).
	ChainID string
	// Network is its presets, genesis and forks.
	Network beacon.Network
	// WeakSubjectivity is how old a trusted header may be at most. Default 14 days.
	WeakSubjectivity time.Duration
	// Quorum is how many beacon sources must show the same finalized block before
	// it is the head. Default 2.
	Quorum int
	// MaxClockDrift is how far the network's clock may be ahead of Now. Default
	// 500 ms, as between its own nodes.
	MaxClockDrift time.Duration
	// StallAfter is the age of the head at which the client counts as stalled.
	// Default 40 min: finality takes 13 to 20.
	StallAfter time.Duration
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

const (
	defaultWeakSubjectivity = 14 * 24 * time.Hour
	defaultQuorum           = 2
	defaultClockDrift       = 500 * time.Millisecond
	defaultStallAfter       = 40 * time.Minute
)

func (c Config) withDefaults() Config {
	if c.WeakSubjectivity == 0 {
		c.WeakSubjectivity = defaultWeakSubjectivity
	}
	if c.Quorum == 0 {
		c.Quorum = defaultQuorum
	}
	if c.MaxClockDrift == 0 {
		c.MaxClockDrift = defaultClockDrift
	}
	if c.StallAfter == 0 {
		c.StallAfter = defaultStallAfter
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate(beacons int) error {
	if c.ChainID == "" {
		return errors.New("chain id is empty")
	}
	if c.WeakSubjectivity < 0 || c.MaxClockDrift < 0 || c.StallAfter < 0 {
		return errors.New("weak subjectivity period, clock drift and stall limit can't be negative")
	}
	if c.Quorum < 1 || c.Quorum > beacons {
		return fmt.Errorf("quorum of %d with %d beacon sources", c.Quorum, beacons)
	}
	return c.Network.Validate()
}

// nowSlot is the newest slot that can have begun anywhere on the network.
func (c Config) nowSlot() uint64 { return c.Network.SlotAt(c.Now().Add(c.MaxClockDrift)) }

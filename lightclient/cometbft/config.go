package cometbft

import (
	"errors"
	"fmt"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
)

// Config sets what is trusted, and for how long. TrustingPeriod must be given
// and be shorter than the chain's unbonding time (two thirds of it is usual);
// other zero fields take their defaults.
type Config struct {
	// ChainID of the original chain.
	ChainID string
	// TrustingPeriod is how long a verified header may serve to verify others.
	TrustingPeriod time.Duration
	// TrustLevel is the share of trusted power that must have signed a header
	// that is skipped to, from 1/3 (default) to 1.
	TrustLevel cmtmath.Fraction
	// MaxClockDrift is how far a header's time may be ahead of Now. Default 10 s.
	MaxClockDrift time.Duration
	// StallAfter is the age of the head at which the client counts as stalled.
	// Default 2 min.
	StallAfter time.Duration
	// MaxLag is how many blocks a source may be behind the head before that is
	// held against it. Default 10.
	MaxLag int64
	// WitnessTimeout bounds the wait for other sources' word on a new head.
	// Default 2 s.
	WitnessTimeout time.Duration
	// ConflictTimeout bounds the examination of one witness's other header.
	// Default 10 s.
	ConflictTimeout time.Duration
	// Now is the clock that headers' times are judged by. Default time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.TrustLevel == (cmtmath.Fraction{}) {
		c.TrustLevel = light.DefaultTrustLevel
	}
	set := func(field *time.Duration, value time.Duration) {
		if *field == 0 {
			*field = value
		}
	}
	set(&c.MaxClockDrift, 10*time.Second)
	set(&c.StallAfter, 2*time.Minute)
	set(&c.WitnessTimeout, 2*time.Second)
	set(&c.ConflictTimeout, 10*time.Second)
	if c.MaxLag == 0 {
		c.MaxLag = 10
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	if c.ChainID == "" {
		return errors.New("chain id is empty")
	}
	if c.TrustingPeriod <= 0 {
		return fmt.Errorf("trusting period is %s, want more than 0", c.TrustingPeriod)
	}
	if c.MaxClockDrift < 0 || c.StallAfter < 0 || c.WitnessTimeout < 0 || c.ConflictTimeout < 0 || c.MaxLag < 0 {
		return errors.New("clock drift, stall limit, timeouts and lag can't be negative")
	}
	return light.ValidateTrustLevel(c.TrustLevel)
}

package cometbft

import (
	"errors"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// errTooFar: too little trusted power signed the new header; verify one in
// between first. It never leaves the package.
var errTooFar = errors.New("too few trusted validators signed")

// verifier judges one light block by another. It has no I/O; the time is
// passed in. Both blocks must be canonical.
type verifier struct {
	cfg Config
	// observe is told each pair that is verified; tests count them.
	observe func(trusted, untrusted int64)
}

// verify checks that untrusted follows from trusted at a time, in this order:
// trusted is not expired; untrusted is not from the future; then the conditions
// of light.VerifyAdjacent or light.VerifyNonAdjacent. Errors: ErrExpired,
// ErrHeaderFromFuture, errTooFar (non-adjacent only), ErrHeaderForged.
func (v verifier) verify(trusted, untrusted *types.LightBlock, now time.Time) error {
	if v.observe != nil {
		v.observe(trusted.Height, untrusted.Height)
	}
	if err := v.fresh(trusted, now); err != nil {
		return err
	}
	if limit := now.Add(v.cfg.MaxClockDrift); !untrusted.Time.Before(limit) {
		return fmt.Errorf("%w: height %d at %s, want before %s", lightclient.ErrHeaderFromFuture, untrusted.Height, untrusted.Time, limit)
	}
	return name(light.Verify(trusted.SignedHeader, trusted.ValidatorSet, untrusted.SignedHeader, untrusted.ValidatorSet,
		v.cfg.TrustingPeriod, now, v.cfg.MaxClockDrift, v.cfg.TrustLevel))
}

// self checks that a block's validators are those of its header and that more
// than two thirds of them signed it, which is all that can be said of a
// checkpoint besides its hash. Error: ErrHeaderForged.
func (v verifier) self(lb *types.LightBlock) error {
	err := lb.ValidateBasic(v.cfg.ChainID)
	if err != nil {
		return fmt.Errorf("%w: height %d: %w", lightclient.ErrHeaderForged, lb.Height, err)
	}
	err = types.VerifyCommitLight(v.cfg.ChainID, lb.ValidatorSet, lb.Commit.BlockID, lb.Height, lb.Commit)
	if err != nil {
		return fmt.Errorf("%w: height %d: %w", lightclient.ErrHeaderForged, lb.Height, err)
	}
	return nil
}

func (v verifier) fresh(lb *types.LightBlock, now time.Time) error {
	if light.HeaderExpired(lb.SignedHeader, v.cfg.TrustingPeriod, now) {
		return fmt.Errorf("%w: height %d of %s expired at %s, now %s", lightclient.ErrExpired,
			lb.Height, lb.Time, lb.Time.Add(v.cfg.TrustingPeriod), now)
	}
	return nil
}

func name(err error) error {
	var tooFar light.ErrNewValSetCantBeTrusted
	var expired light.ErrOldHeaderExpired
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooFar):
		return fmt.Errorf("%w: %w", errTooFar, err)
	case errors.As(err, &expired):
		return fmt.Errorf("%w: %w", lightclient.ErrExpired, err)
	}
	return fmt.Errorf("%w: %w", lightclient.ErrHeaderForged, err)
}

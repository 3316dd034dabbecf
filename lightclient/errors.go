package lightclient

import (
	"errors"
	"fmt"
)

// Errors about the client's own state.
var (
	// ErrNotBootstrapped: no checkpoint was accepted yet.
	ErrNotBootstrapped = errors.New("light client has no checkpoint")
	// ErrCheckpoint: the chain has another header at the checkpoint's height.
	ErrCheckpoint = errors.New("checkpoint does not match the chain")
	// ErrExpired: the trusted header is older than the trusting period.
	ErrExpired = errors.New("trusted header is outside its trusting period")
	// ErrFrozen: conflicting signed headers were seen; an operator must look.
	ErrFrozen = errors.New("light client is frozen by conflicting headers")
	// ErrStalled: no source offers anything newer than the stall limit.
	ErrStalled = errors.New("no recent header from any source")
	// ErrNotVerified: the height is not below the verified head yet.
	ErrNotVerified = errors.New("height is not verified yet")
	// ErrConflict: a validly signed header differs from the verified one.
	ErrConflict = errors.New("validly signed conflicting header")
	// ErrNoSource: every source failed; the reasons are joined to it.
	ErrNoSource = errors.New("no source could answer")
)

// Errors held against a source. Those of IsLie are proof failures.
var (
	// ErrHeaderForged: a header is not what the trusted validators signed, or does not link to a verified one.
	ErrHeaderForged = errors.New("header is forged")
	// ErrUnproven: a header offered can't be proven, as blocks before it are nowhere to be had.
	ErrUnproven = errors.New("header can't be proven")
	// ErrHeaderFromFuture: a header's time is past the clock plus the drift allowed.
	ErrHeaderFromFuture = errors.New("header is from the future")
	// ErrDataHash: the transactions are not those that the header commits to.
	ErrDataHash = errors.New("transactions do not match the data hash")
	// ErrResultsHash: the results are not those that the next header commits to.
	ErrResultsHash = errors.New("results do not match the last results hash")
	// ErrProof: a state proof does not lead to the application hash.
	ErrProof = errors.New("state proof is invalid")
	// ErrWrongChain: the source serves another chain.
	ErrWrongChain = errors.New("source serves another chain")
	// ErrMalformed: an answer can't be decoded or contradicts itself.
	ErrMalformed = errors.New("answer is malformed")
	// ErrTooLarge: an answer exceeds the size allowed.
	ErrTooLarge = errors.New("answer is too large")
	// ErrSourceLagging: the source has not got that far, or fell behind.
	ErrSourceLagging = errors.New("source lags behind")
	// ErrHeightUnavailable: the source no longer has data of that height.
	ErrHeightUnavailable = errors.New("height is not available at the source")
	// ErrNotKept: the source is set up to keep none of what was asked for, of any height.
	ErrNotKept = errors.New("the source is set up not to keep this")
	// ErrSourceTimeout: the source did not answer in time.
	ErrSourceTimeout = errors.New("source did not answer in time")
	// ErrSourceBusy: too many calls to the source have not returned yet.
	ErrSourceBusy = errors.New("source has too many unanswered calls")
	// ErrTxRefused: the chain's mempool check refused the transaction.
	ErrTxRefused = errors.New("transaction refused")
)

// IsLie tells whether an error is a proof failure, as opposed to silence, lag
// or garbage on the wire.
func IsLie(err error) bool {
	for _, lie := range []error{ErrHeaderForged, ErrDataHash, ErrResultsHash, ErrProof, ErrWrongChain} {
		if errors.Is(err, lie) {
			return true
		}
	}
	return false
}

// TxRefusedError is the mempool's answer to a refused transaction; it is an
// unproven word of a source, good for a hint only.
type TxRefusedError struct {
	Codespace string
	Code      uint32
	Log       string
}

func (e *TxRefusedError) Error() string {
	return fmt.Sprintf("%v: codespace %q code %d: %s", ErrTxRefused, e.Codespace, e.Code, e.Log)
}

// Unwrap makes errors.Is(err, ErrTxRefused) true.
func (e *TxRefusedError) Unwrap() error { return ErrTxRefused }

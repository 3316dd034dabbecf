package beacon

import (
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
)

// Errors of a bootstrap or an update that proves something else than it says.
// All are lightclient.ErrHeaderForged.
var (
	// ErrCheckpointRoot: a bootstrap is of another block than the checkpoint.
	ErrCheckpointRoot = forged("bootstrap is of another block")
	// ErrExecutionBranch: an execution header is not that of its beacon block.
	ErrExecutionBranch = forged("execution branch does not lead to the block body")
	// ErrFinalityBranch: a finalized header is not that of the attested state.
	ErrFinalityBranch = forged("finality branch does not lead to the attested state")
	// ErrCommitteeBranch: a sync committee is not that of its state.
	ErrCommitteeBranch = forged("sync committee branch does not lead to the state")
	// ErrCommitteeMismatch: an update shows another next committee than the one proven before.
	ErrCommitteeMismatch = forged("next sync committee differs from the one proven")
	// ErrSlotOrder: not signature slot > attested slot ≥ finalized slot.
	ErrSlotOrder = forged("slots are out of order")
	// ErrNoParticipants: nobody signed.
	ErrNoParticipants = forged("nobody of the sync committee signed")
	// ErrSignature: the committee's aggregate signature does not verify.
	ErrSignature = forged("sync committee signature does not verify")
	// ErrKey: a public key of a committee is not one of BLS12-381's group.
	ErrKey = forged("sync committee has an invalid key")
)

// Errors of an update that may be true and yet moves nothing.
var (
	// ErrIrrelevant: the update is not newer than what is proven.
	ErrIrrelevant = errors.New("update is not newer than the finalized header")
	// ErrNoFinality: the update finalizes nothing.
	ErrNoFinality = errors.New("update shows no finalized header")
	// ErrSupermajority: less than two thirds of the committee signed.
	ErrSupermajority = errors.New("less than two thirds of the sync committee signed")
	// ErrPeriod: the signature is of a period whose committee is not known.
	ErrPeriod = errors.New("signature is of a wrong sync committee period")
)

// Other errors.
var (
	// ErrFork: the slot is in a fork that this code does not know.
	ErrFork = errors.New("fork is not known")
	// ErrNoExecution: headers before Capella prove no execution block.
	ErrNoExecution = errors.New("header has no execution block")
	// ErrStaleCheckpoint: a trusted header is older than the weak subjectivity period.
	ErrStaleCheckpoint = fmt.Errorf("%w: weak subjectivity period is over", lightclient.ErrExpired)
	// ErrFuture: the signature slot has not begun yet.
	ErrFuture = fmt.Errorf("%w: signature slot has not begun", lightclient.ErrHeaderFromFuture)
	// ErrMalformed: bytes that are no such container.
	ErrMalformed = fmt.Errorf("%w: consensus container", lightclient.ErrMalformed)
)

func forged(what string) error { return fmt.Errorf("%w: %s", lightclient.ErrHeaderForged, what) }

package relayer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/rpc"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// handIn sends receipts to the chain before their era closes (protocol §15), a batch at a time and in phases: each phase hands in all that is new
// since the one before, so that a relayer that is down at the era's end has lost only what came after the last.
type handIn struct {
	submitter string
	outbox    *stafi.Outbox
	journal   *journal.Journal
	receipts  *rpc.Receipts
	board     *status.Board
	// eligible says why a client's calls don't count; empty where they do.
	eligible func(ctx context.Context, scope rpc.Scope, client []byte) (string, error)
}

// phases are the parts of an era, in percent, from which what is new is handed in.
var phases = []int64{50, 90, 97}

// phase is how many of the phases an era has come to.
func phase(era ssvtypes.Era, now time.Time) int {
	whole := era.EndTime.Sub(era.StartTime)
	if whole <= 0 {
		return 0
	}
	reached := 0
	for _, percent := range phases {
		if now.Sub(era.StartTime) >= whole/100*time.Duration(percent) {
			reached++
		}
	}
	return reached
}

// underWay is a batch that is written down before it is sent, and the last phase that has nothing left.
type underWay struct {
	Scope rpc.Scope  `json:"scope"`
	Key   string     `json:"key,omitempty"`
	Batch []rpc.Kept `json:"batch,omitempty"`
	Done  int        `json:"done"`
}

// round takes the hand-in of a scope a step on.
func (h *handIn) round(ctx context.Context, view stafi.View, scope rpc.Scope) error {
	state, err := h.load(scope)
	if err != nil {
		return err
	}
	if len(state.Batch) > 0 {
		return h.advance(ctx, state)
	}
	reached := phase(view.Era, view.Time)
	if reached <= state.Done {
		return nil
	}
	batch, err := h.collect(ctx, scope, int(view.Observing.MaxReceipts))
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		state.Done = reached
		return h.save(state)
	}
	state.Batch = batch
	state.Key = batchKey(scope, batch)
	if err := h.save(state); err != nil {
		return err
	}
	return h.advance(ctx, state)
}

// advance sends the batch that is written down, or learns what became of it. One that the chain refused is made anew.
func (h *handIn) advance(ctx context.Context, state underWay) error {
	entry, err := h.outbox.Submit(ctx, state.Key, status.Receipts, h.message(state))
	if entry.State == stafi.Included || uncountable(err) {
		batch, key := state.Batch, journalKey(state.Scope)
		state.Batch, state.Key = nil, ""
		return h.receipts.Handed(state.Scope, batch, journal.Record{Kind: journal.Batch, Key: key, Value: state})
	}
	if errors.Is(err, stafi.ErrRefused) {
		state.Batch, state.Key = nil, ""
		err = errors.Join(err, h.save(state))
	}
	return err
}

// uncountable tells whether the chain refused a batch because none of its receipts counts: it has them already, or their clients hold too
// little. Neither can change in the era.
func uncountable(err error) bool {
	var refused *stafi.RefusedError
	if !errors.As(err, &refused) || refused.Codespace != contracttypes.ModuleName {
		return false
	}
	return refused.Code == contracttypes.ErrLowerCount.ABCICode() || refused.Code == contracttypes.ErrClientBalance.ABCICode()
}

// collect returns the next receipts to hand in; those of clients that no longer hold enough are left out.
func (h *handIn) collect(ctx context.Context, scope rpc.Scope, limit int) ([]rpc.Kept, error) {
	var batch []rpc.Kept
	for _, kept := range h.receipts.Due(scope) {
		if len(batch) >= limit {
			break
		}
		reason, err := h.eligible(ctx, scope, kept.Client)
		if err != nil {
			return nil, err
		}
		if reason == "" {
			batch = append(batch, kept)
		}
	}
	return batch, nil
}

func (h *handIn) message(state underWay) *contracttypes.MsgSubmitRPCReceipts {
	msg := &contracttypes.MsgSubmitRPCReceipts{Submitter: h.submitter, Contract: state.Scope.Contract, Era: state.Scope.Era}
	for _, kept := range state.Batch {
		msg.Receipts = append(msg.Receipts, contracttypes.Receipt{Client: kept.Client, Calls: kept.Calls, Signature: kept.Signature})
	}
	return msg
}

// batchKey is the outbox's key of a batch: the same for the same receipts.
func batchKey(scope rpc.Scope, batch []rpc.Kept) string {
	digest := sha256.New()
	for _, kept := range batch {
		_, _ = fmt.Fprintf(digest, "%X %d\n", kept.Client, kept.Calls)
	}
	return fmt.Sprintf("%s/%d/%d/%X", status.Receipts, scope.Contract, scope.Era, digest.Sum(nil)[:8])
}

func journalKey(scope rpc.Scope) string { return journal.Number(scope.Contract) }

// load returns what is under way for a scope; what is written down of another era or operator is not.
func (h *handIn) load(scope rpc.Scope) (underWay, error) {
	var found underWay
	err := h.journal.Get(journal.Batch, journalKey(scope), &found)
	if errors.Is(err, journal.ErrNotFound) || err == nil && found.Scope != scope {
		return underWay{Scope: scope}, nil
	}
	return found, err
}

func (h *handIn) save(state underWay) error {
	return h.journal.Put(journal.Batch, journalKey(state.Scope), state)
}

// forget drops the receipts of eras before one: nothing of them can be handed in any more.
func (h *handIn) forget(era uint64) error { return h.receipts.Forget(era) }

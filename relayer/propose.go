package relayer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// observe derives what happened since the observed position and proposes it when it is this member's turn (protocol §8).
// Every observer derives, so that blocks are fetched and verified before there is a proposal to attest.
func (o *origin) observe(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	observers, ok := contract.Observers()
	if !ok {
		return nil
	}
	me, ok := member(observers, view)
	if !ok {
		return nil
	}
	final, err := o.final()
	if err != nil {
		return err
	}
	from := contract.State.ObservedHeight
	doing := func(format string, values ...any) {
		o.board.Doing(status.Observe, contractScope(contract.Id), fmt.Sprintf(format, values...), func(duty *status.Duty) {
			duty.Height, duty.Origin, duty.Lag = view.Height, int64(from), int64(final)-int64(from)
		})
	}
	if final <= from {
		doing("everything up to %d is observed", from)
		return nil
	}
	found, err := o.derive(ctx, view, contract, min(final, from+reach(contract)))
	if err != nil {
		return fmt.Errorf("deriving from %d: %w", from, err)
	}
	if reason := worthReporting(found.observation, contract, view); reason == "" && !o.scan(contract.Id).refutes(contract, view) {
		doing("nothing to report from %d to %d", from, found.observation.To)
		return nil
	}
	since := o.scan(contract.Id).reportable(position{from, contract.State.ObservedIndex}, view.Height)
	if waiting := whyWait(contract, observers, me, view, since); waiting != "" {
		doing("%d events from %d to %d: %s", len(found.observation.Events), from, found.observation.To, waiting)
		return nil
	}
	if waiting, err := o.mayBeBehind(ctx, view, found); err != nil || waiting != "" {
		doing("%d events from %d to %d: %s", len(found.observation.Events), from, found.observation.To, waiting)
		return err
	}
	if busy, err := o.proposing(ctx, view, contract); busy {
		doing("the own proposal is on its way")
		return err
	}
	doing("proposes %d events from %d to %d", len(found.observation.Events), from, found.observation.To)
	return o.propose(ctx, contract, found)
}

func (o *origin) propose(ctx context.Context, contract stafi.Contract, found derived) error {
	return submitted(o.outbox.Submit(ctx, o.proposalKey(contract, found.hash), status.Observe, &contracttypes.MsgObserve{
		Submitter: o.keys.Submitter.Address().String(), Observation: found.observation,
	}))
}

// proposalKey is the key of proposing an observation. Where this member has proposed the very same already and it is neither open nor
// applied, it has failed: too few answered in time, and nothing new makes another of it. Then it is a new duty, named by the block that
// settled the last.
func (o *origin) proposalKey(contract stafi.Contract, hash []byte) string {
	first := observeKeys(contract) + fmt.Sprintf("%X", hash)
	last, entry, found := o.outbox.Latest(first)
	switch {
	case !found:
		return first
	case entry.State == stafi.Included:
		return fmt.Sprintf("%s-%d", first, entry.End)
	}
	return last
}

// observeKeys begin the keys of proposals from a contract's observed position: what was proposed from an older one is overtaken.
func observeKeys(contract stafi.Contract) string {
	return fmt.Sprintf("observe/%d/%d/%d/", contract.Id, contract.State.ObservedHeight, contract.State.ObservedIndex)
}

// proposing tells whether a proposal of this member is under way, or was settled after the view: a member may have one open.
func (o *origin) proposing(ctx context.Context, view stafi.View, contract stafi.Contract) (bool, error) {
	key, entry, found := o.outbox.Latest(observeKeys(contract))
	switch {
	case !found:
		return false, nil
	case entry.State == stafi.Pending:
		return true, o.outbox.Resend(ctx, key)
	case entry.End > view.Height:
		return true, nil
	case entry.State == stafi.Refused && view.Height < entry.RetryAt():
		return true, entry.Refusal
	}
	return false, nil
}

// outflowPatience is by how much this chain's time must be past that of an observation's last
// block before an outflow, or a sequence that no session used, is reported.
const outflowPatience = time.Minute

// mayBeBehind says why an observation is not proposed yet though it is this member's turn; empty
// where it is. An outflow, and a sequence that is told, are what no session explains, and a node
// of this chain that hangs, or that somebody keeps from its peers, does not know the newest
// sessions: its member would take a payment for a theft, or leave out a handover that cost the
// vault nothing, and to propose that is evil (protocol §13). Nobody is late for it: whoever held
// the vault's keys has the money.
func (o *origin) mayBeBehind(ctx context.Context, view stafi.View, found derived) (string, error) {
	unexplained := slices.ContainsFunc(found.observation.Events, func(event contracttypes.Event) bool {
		return event.GetOutflow() != nil || event.GetSequence() != nil
	})
	if !unexplained && !found.foreign {
		return "", nil
	}
	last, err := observe.BlockTime(ctx, o.client, found.observation.To)
	if err != nil {
		return "", err
	}
	if known := last.Add(outflowPatience); view.Time.Before(known) {
		return fmt.Sprintf("what no session explains is told once this chain's blocks are of %s, they are of %s",
			known.Format(time.RFC3339), view.Time.Format(time.RFC3339)), nil
	}
	return "", nil
}

// reach in blocks of one derivation, unless the contract's max_observation_lag asks for more.
func reach(contract stafi.Contract) uint64 {
	return max(observe.Reach(contract.Contract), contract.ObservationLag())
}

// worthReporting says why an observation should be proposed now; empty where it should not. An empty range is reported only when
// it is long, or when it proves that a payload can't execute any more (protocol §8).
func worthReporting(observation contracttypes.Observation, contract stafi.Contract, view stafi.View) string {
	switch {
	case len(observation.Events) > 0:
		return "events"
	case observation.FromIndex > 0 || observation.ToIndex > 0:
		return "rest of a split block"
	case observation.To-observation.From >= contract.ObservationLag():
		return "long range"
	}
	for _, live := range view.Live {
		timeout := live.Session.TimeoutHeight
		if live.Session.Contract == contract.Id && timeout > observation.From && timeout <= observation.To {
			return "payload timed out"
		}
	}
	return ""
}

// whyWait says why this member does not propose now; empty where it is its turn. Since is the height of this chain at which
// there first was something to report: what the member before could have proposed in the last block of its turn may be on its way.
func whyWait(contract stafi.Contract, observers observe.Generation, me int, view stafi.View, since int64) string {
	patience := int64(view.Observing.ProposePatience)
	for _, info := range contract.Proposals {
		proposal := info.Proposal
		switch {
		case proposal.Status == contracttypes.OBSERVATION_STATUS_ACCEPTED:
			return "an accepted observation is being applied"
		case proposal.From != contract.State.ObservedHeight || proposal.FromIndex != contract.State.ObservedIndex:
			continue
		case proposal.Proposer == view.Operator:
			return "the own proposal waits for votes"
		case view.Height < proposal.Height+patience:
			return "another's proposal waits for votes"
		}
	}
	if patience == 0 {
		return ""
	}
	waited := max(view.Height-contract.State.ObservedAt, 0)
	turn := int(contracttypes.Turn(contract.State.Observations, waited, uint64(patience), uint32(len(observers.Signers))))
	if turn != me {
		return "it is the turn of " + observers.Signers[turn].Operator
	}
	if waited >= patience && waited%patience == 0 && since < view.Height && len(observers.Signers) > 1 {
		return "the proposal of the member before may be on its way"
	}
	return ""
}

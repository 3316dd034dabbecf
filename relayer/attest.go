package relayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// errBehind: the light client has not proven the proposal's last block yet. Silence, not disagreement.
var errBehind = errors.New("light client is behind the proposal")

// attest answers the proposals that this member has not voted on. It agrees to what it derives itself, and rejects only what it
// has proven to be different; whatever keeps it from deriving is silence (protocol §8).
func (o *origin) attest(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	var errs []error
	for _, info := range contract.Proposals {
		if !o.owesVote(view, contract, info) {
			continue
		}
		if err := o.vote(ctx, view, contract, info); err != nil {
			errs = append(errs, fmt.Errorf("proposal %X from %d to %d: %w", info.Proposal.Hash, info.Proposal.From, info.Proposal.To, err))
		}
	}
	return errors.Join(errs...)
}

// owesVote: an open proposal for the observed position, by the vault of which the operator is a signer, without its vote.
func (o *origin) owesVote(view stafi.View, contract stafi.Contract, info contracttypes.ProposalInfo) bool {
	proposal := info.Proposal
	voters, ok := contract.Generation(proposal.Vault)
	if !ok || proposal.Status != contracttypes.OBSERVATION_STATUS_PROPOSED || view.Height >= proposal.Deadline {
		return false
	}
	if proposal.From != contract.State.ObservedHeight || proposal.FromIndex != contract.State.ObservedIndex {
		return false
	}
	if _, ok := member(voters, view); !ok {
		return false
	}
	for _, vote := range info.Votes {
		if vote.Operator == view.Operator {
			return false
		}
	}
	return true
}

func (o *origin) vote(ctx context.Context, view stafi.View, contract stafi.Contract, info contracttypes.ProposalInfo) error {
	proposal := info.Proposal
	final, err := o.final()
	if err != nil {
		return err
	}
	o.board.Doing(status.Attest, contractScope(contract.Id), fmt.Sprintf("checks the proposal from %d to %d", proposal.From, proposal.To),
		func(duty *status.Duty) {
			duty.Height, duty.Origin, duty.Lag = view.Height, int64(final), max(int64(proposal.To)-int64(final), 0)
		})
	if proposal.To > final {
		return fmt.Errorf("%w: proven up to %d", errBehind, final)
	}
	agree, err := o.judge(ctx, contract, info)
	if err != nil {
		return err
	}
	// One that failed can be proposed again as it was, at another height, and is then to be voted on again.
	key := fmt.Sprintf("attest/%d/%X-%d", contract.Id, proposal.Hash, proposal.Height)
	if err := submitted(o.outbox.Submit(ctx, key, status.Attest, &contracttypes.MsgAttest{
		Submitter: o.keys.Submitter.Address().String(), Contract: contract.Id, Hash: proposal.Hash, Agree: agree,
	})); err != nil {
		return err
	}
	if !agree {
		o.scan(contract.Id).rejected = rejected{from: position{proposal.From, proposal.FromIndex}, height: view.Height}
	}
	return nil
}

// rejected is the observation that this member rejected last: the position that it begins at, and this chain's height then.
type rejected struct {
	from   position
	height int64
}

// refutes says whether an observation from the contract's position would show one false that this member rejected and that has failed by now:
// it is worth proposing though it say nothing else, for only then does the liar pay (protocol §13).
func (s *scan) refutes(contract stafi.Contract, view stafi.View) bool {
	here := position{contract.State.ObservedHeight, contract.State.ObservedIndex}
	if s.rejected.height == 0 || s.rejected.from != here || view.Height > s.rejected.height+int64(view.Observing.ObservationDeadline) {
		return false
	}
	return !slices.ContainsFunc(contract.Proposals, func(info contracttypes.ProposalInfo) bool {
		return position{info.Proposal.From, info.Proposal.FromIndex} == here
	})
}

// judge compares a proposal with what is derived here. A difference is believed only if it stands against the state in which the
// proposal was made as well, read anew.
func (o *origin) judge(ctx context.Context, contract stafi.Contract, info contracttypes.ProposalInfo) (agree bool, err error) {
	if last := o.scan(contract.Id).last; bytes.Equal(last.hash, info.Proposal.Hash) {
		return true, nil
	}
	if _, same, err := o.compare(ctx, contract, info.Proposal); err != nil || same {
		return same, err
	}
	then, err := o.reread(ctx, stafi.Moment{Height: info.Proposal.Height}, contract.Id)
	if err != nil {
		return false, fmt.Errorf("reading the proposal's state anew: %w", err)
	}
	then.State.ObservedHeight, then.State.ObservedIndex = contract.State.ObservedHeight, contract.State.ObservedIndex
	then.State.LeastEvent = contract.State.LeastEvent
	own, same, err := o.compare(ctx, then, info.Proposal)
	if err != nil || same {
		return same, err
	}
	o.board.Alarm(fmt.Sprintf("rejected/%d/%X", contract.Id, info.Proposal.Hash[:4]), fmt.Sprintf(
		"contract %d: the observation of %s from %d to %d is not what was verified here: %s",
		contract.Id, info.Proposal.Proposer, info.Proposal.From, info.Proposal.To, difference(info.Observation, own)))
	return false, nil
}

func (o *origin) compare(
	ctx context.Context, contract stafi.Contract, proposal contracttypes.Proposal,
) (contracttypes.Observation, bool, error) {
	vaults, err := observe.Attesting(contract.Generations, proposal)
	if err != nil {
		return contracttypes.Observation{}, false, err
	}
	own, quarantined, err := o.scan(contract.Id).scanner.Rederive(ctx, o.input(contract, vaults, proposal.To), proposal.ToIndex)
	if err != nil {
		return contracttypes.Observation{}, false, err
	}
	if err := o.quarantine(quarantined); err != nil {
		return contracttypes.Observation{}, false, err
	}
	hash, err := own.Hash()
	return own, bytes.Equal(hash, proposal.Hash), err
}

// difference names the first thing in which two observations differ.
func difference(theirs, own contracttypes.Observation) string {
	if !bytes.Equal(theirs.BlockHash, own.BlockHash) {
		return fmt.Sprintf("block %d has hash %X, they say %X", own.To, own.BlockHash, theirs.BlockHash)
	}
	for i := range max(len(theirs.Events), len(own.Events)) {
		switch {
		case i >= len(theirs.Events):
			return fmt.Sprintf("they leave out event %d: %s", i, own.Events[i].String())
		case i >= len(own.Events):
			return fmt.Sprintf("they add event %d: %s", i, theirs.Events[i].String())
		case theirs.Events[i].String() != own.Events[i].String():
			return fmt.Sprintf("event %d is %s, they say %s", i, own.Events[i].String(), theirs.Events[i].String())
		}
	}
	return fmt.Sprintf("balances are %v, they say %v", own.Balances, theirs.Balances)
}

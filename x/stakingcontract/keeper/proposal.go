package keeper

import (
	"bytes"
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxDoublings bounds the doubling of a proposer's backoff: what members could not agree on for a while, they may by now.
const maxDoublings = 5

// propose records an observation as proposed and as agreed by its proposer, and returns its hash (protocol §8). It checks, in this order: the
// submitter and its membership; its backoff; that neither it has another proposal open nor one is being applied; the observation; whether it is its turn.
func (k Keeper) propose(ctx context.Context, submitter sdk.AccAddress, observation types.Observation) ([]byte, error) {
	loaded, err := k.loadObserved(ctx, observation.Contract)
	if err != nil {
		return nil, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	operator, err := k.observer(ctx, submitter, loaded.state.Observing())
	if err != nil {
		return nil, err
	}
	if err := k.checkProposer(ctx, loaded.state, operator); err != nil {
		return nil, err
	}
	hash, err := observation.Hash()
	if err != nil {
		return nil, err
	}
	if err := k.checkUnknown(ctx, observation.Contract, hash, operator); err != nil {
		return nil, err
	}
	if err := k.checkObservation(ctx, params, loaded, observation); err != nil {
		return nil, err
	}
	if err := k.checkTurn(ctx, params, loaded.state, operator); err != nil {
		return nil, err
	}
	return hash, k.record(ctx, params, loaded.state, observation, hash, operator)
}

func (k Keeper) loadObserved(ctx context.Context, id uint64) (observed, error) {
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return observed{}, err
	}
	if state.Observing() == 0 {
		return observed{}, types.ErrNoVault.Wrapf("contract %d", id)
	}
	accounts, err := k.openAccounts(ctx, id)
	if err != nil {
		return observed{}, err
	}
	series, err := k.unfinished(ctx, id)
	return observed{contract: contract, state: state, accounts: accounts, series: series}, err
}

// observer returns the operator that an account submits for, if it is a member of the vault.
func (k Keeper) observer(ctx context.Context, submitter sdk.AccAddress, vault uint64) (string, error) {
	operator, found, err := k.ssv.OperatorOf(ctx, submitter)
	if err != nil {
		return "", err
	}
	if !found {
		return "", types.ErrNotSubmitter.Wrapf("%s", submitter)
	}
	_, member, err := k.multisig.SignerIndex(ctx, vault, operator)
	if err != nil {
		return "", err
	}
	if !member {
		return "", types.ErrNotMember.Wrapf("%s, wanted a member of vault %d", operator, vault)
	}
	return operator, nil
}

// checkProposer refuses a proposal by a member that is barred. While all members of the vault are, nobody is: else a contract would stand still for
// the longest of their waits.
func (k Keeper) checkProposer(ctx context.Context, state types.ContractState, operator string) error {
	backoff, barred, err := k.barred(ctx, state.Contract, operator)
	if err != nil || !barred {
		return err
	}
	members, err := k.members(ctx, state.Observing())
	if err != nil {
		return err
	}
	for _, member := range members {
		if _, barred, err := k.barred(ctx, state.Contract, member); err != nil || !barred {
			return errors.Join(err, types.ErrBarred.Wrapf(
				"%s failed %d times, may propose after height %d, now %d", operator, backoff.Failures, backoff.Until, height(ctx)))
		}
	}
	return nil
}

func (k Keeper) barred(ctx context.Context, contract uint64, operator string) (types.Backoff, bool, error) {
	backoff, err := k.backoffs.Get(ctx, collections.Join(contract, operator))
	if errors.Is(err, collections.ErrNotFound) {
		return backoff, false, nil
	}
	return backoff, err == nil && height(ctx) <= backoff.Until, err
}

// checkUnknown refuses an observation while another is being applied, one that is proposed already, and a proposer's second.
func (k Keeper) checkUnknown(ctx context.Context, contract uint64, hash []byte, operator string) error {
	if applying, err := k.applying.Get(ctx, contract); err == nil {
		return types.ErrProposalOpen.Wrapf("%X is accepted and being applied", applying)
	} else if !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	open, err := k.openProposals(ctx, contract)
	if err != nil {
		return err
	}
	for _, proposal := range open {
		if bytes.Equal(proposal.Hash, hash) {
			return types.ErrProposalOpen.Wrapf("%X is proposed already by %s: attest to it", hash, proposal.Proposer)
		}
		if proposal.Proposer == operator {
			return types.ErrProposalOpen.Wrapf("%s has proposed %X, wanted no second before height %d", operator, proposal.Hash, proposal.Deadline)
		}
	}
	return nil
}

// openProposals returns the proposals of a contract: at most one for each member.
func (k Keeper) openProposals(ctx context.Context, contract uint64) ([]types.Proposal, error) {
	iterator, err := k.proposals.Iterate(ctx, collections.NewPrefixedPairRange[uint64, []byte](contract))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func (k Keeper) record(
	ctx context.Context, params types.Params, state types.ContractState, o types.Observation, hash []byte, operator string,
) error {
	proposal := types.Proposal{
		Hash: hash, Contract: o.Contract, From: o.From, To: o.To, FromIndex: o.FromIndex, ToIndex: o.ToIndex, BlockHash: o.BlockHash,
		EventCount: uint32(len(o.Events)), Balances: o.Balances, Proposer: operator, Vault: state.Observing(),
		Height: height(ctx), Deadline: height(ctx) + int64(params.ObservationDeadline), Status: types.OBSERVATION_STATUS_PROPOSED,
	}
	if err := k.wake(ctx, o.Contract); err != nil {
		return err
	}
	// The same events may still wait to be deleted after an earlier proposal of the same observation failed.
	if err := k.trash.Remove(ctx, hash); err != nil {
		return err
	}
	for i, event := range o.Events {
		if err := k.events.Set(ctx, collections.Join(hash, uint32(i)), event); err != nil {
			return err
		}
	}
	if err := k.deadlines.Set(ctx, collections.Join3(proposal.Deadline, proposal.Contract, hash)); err != nil {
		return err
	}
	k.emit(ctx, &types.EventObservationProposed{Contract: o.Contract, Hash: hash, Proposer: operator, From: o.From, To: o.To})
	_, err := k.vote(ctx, proposal, operator, true)
	return err
}

// fail drops a proposal that was rejected or came too late, and bars its proposer for propose_backoff blocks, doubling with each failure.
func (k Keeper) fail(ctx context.Context, proposal types.Proposal, outcome string) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	key := collections.Join(proposal.Contract, proposal.Proposer)
	backoff, err := k.backoffs.Get(ctx, key)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	backoff.Contract, backoff.Operator = proposal.Contract, proposal.Proposer
	backoff.Until = height(ctx) + int64(params.ProposeBackoff)<<min(backoff.Failures, maxDoublings)
	backoff.Failures++
	if err := k.backoffs.Set(ctx, key, backoff); err != nil {
		return err
	}
	return k.drop(ctx, proposal, outcome)
}

// drop removes a proposal and its votes; its events are deleted bit by bit in EndBlock.
func (k Keeper) drop(ctx context.Context, proposal types.Proposal, outcome string) error {
	if err := k.votes.Clear(ctx, collections.NewPrefixedPairRange[[]byte, string](proposal.Hash)); err != nil {
		return err
	}
	if err := k.deadlines.Remove(ctx, collections.Join3(proposal.Deadline, proposal.Contract, proposal.Hash)); err != nil {
		return err
	}
	if proposal.Applied < proposal.EventCount {
		if err := k.trash.Set(ctx, proposal.Hash, proposal.EventCount); err != nil {
			return err
		}
	}
	k.emit(ctx, &types.EventObservationClosed{Contract: proposal.Contract, Hash: proposal.Hash, Outcome: outcome})
	return k.proposals.Remove(ctx, collections.Join(proposal.Contract, proposal.Hash))
}

// dropOthers drops a contract's proposals but one: what was merely overtaken has no consequence for its proposer.
func (k Keeper) dropOthers(ctx context.Context, contract uint64, keep []byte) error {
	open, err := k.openProposals(ctx, contract)
	if err != nil {
		return err
	}
	for _, proposal := range open {
		if bytes.Equal(proposal.Hash, keep) {
			continue
		}
		if err := k.drop(ctx, proposal, "overtaken"); err != nil {
			return err
		}
	}
	return nil
}

package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// attest records a member's answer to a proposal and says whether it is accepted now. Answers are taken until it is applied or has failed.
func (k Keeper) attest(ctx context.Context, submitter sdk.AccAddress, contract uint64, hash []byte, agree bool) (bool, error) {
	proposal, err := k.proposals.Get(ctx, collections.Join(contract, hash))
	if errors.Is(err, collections.ErrNotFound) {
		return false, types.ErrProposalNotFound.Wrapf("%X of contract %d", hash, contract)
	}
	if err != nil {
		return false, err
	}
	operator, err := k.observer(ctx, submitter, proposal.Vault)
	if err != nil {
		return false, err
	}
	voted, err := k.votes.Has(ctx, collections.Join(hash, operator))
	if err != nil {
		return false, err
	}
	if voted {
		return false, types.ErrVoted.Wrapf("%s on %X", operator, hash)
	}
	return k.vote(ctx, proposal, operator, agree)
}

// vote counts one answer: the N-th agreement accepts the proposal, the N-th rejection fails it, and its proposer did evil once another is accepted.
func (k Keeper) vote(ctx context.Context, proposal types.Proposal, operator string, agree bool) (bool, error) {
	vault, err := k.multisig.Vault(ctx, proposal.Vault)
	if err != nil {
		return false, err
	}
	if err := k.votes.Set(ctx, collections.Join(proposal.Hash, operator), types.Vote{Hash: proposal.Hash, Operator: operator, Agree: agree}); err != nil {
		return false, err
	}
	if err := k.ssv.TouchDuty(ctx, operator); err != nil {
		return false, err
	}
	if agree {
		proposal.Agreed++
	} else {
		proposal.Rejected++
	}
	open := proposal.Status == types.OBSERVATION_STATUS_PROPOSED
	if open && proposal.Rejected >= vault.Threshold {
		return false, k.reject(ctx, proposal)
	}
	if open && proposal.Agreed >= vault.Threshold {
		if err := k.accept(ctx, &proposal); err != nil {
			return false, err
		}
	}
	accepted := proposal.Status == types.OBSERVATION_STATUS_ACCEPTED
	return accepted, k.proposals.Set(ctx, collections.Join(proposal.Contract, proposal.Hash), proposal)
}

// accept hands a proposal to EndBlock, which applies it from this block on; every other one of the contract is overtaken.
func (k Keeper) accept(ctx context.Context, proposal *types.Proposal) error {
	proposal.Status = types.OBSERVATION_STATUS_ACCEPTED
	if err := k.deadlines.Remove(ctx, collections.Join3(proposal.Deadline, proposal.Contract, proposal.Hash)); err != nil {
		return err
	}
	if err := k.applying.Set(ctx, proposal.Contract, proposal.Hash); err != nil {
		return err
	}
	if err := k.refute(ctx, *proposal); err != nil {
		return err
	}
	return k.dropOthers(ctx, proposal.Contract, proposal.Hash)
}

// credit tells x/ssv who answered an observation that was applied, and how (protocol §12).
func (k Keeper) credit(ctx context.Context, proposal types.Proposal) error {
	members, err := k.members(ctx, proposal.Vault)
	if err != nil {
		return err
	}
	var agreed, contrary []string
	votes, err := k.votesOf(ctx, proposal)
	if err != nil {
		return err
	}
	for _, vote := range votes {
		if vote.Agree {
			agreed = append(agreed, vote.Operator)
		} else {
			contrary = append(contrary, vote.Operator)
		}
	}
	return k.ssv.RecordObservation(ctx, proposal.Vault, members, agreed, contrary)
}

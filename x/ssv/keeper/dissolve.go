package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// reasonWoundDown marks the committee without members that ends a contract's list.
const reasonWoundDown = "the contract is wound down and owes nothing"

// ended dissolves the committee of a contract that asked for no election because it is wound down and owes nothing, and says
// whether it did. Its members produce again at once; a contract that is resumed asks for an election and gets a new committee.
func (k Keeper) ended(ctx context.Context, committee types.Committee) (bool, error) {
	if !undemanded(committee) {
		return false, nil
	}
	finished, err := k.hooks.Finished(ctx, committee.Contract)
	if err != nil || !finished {
		return false, err
	}
	if err := k.Elected.Remove(ctx, committee.Contract); err != nil {
		return false, err
	}
	committee.Members, committee.Standbys, committee.Threshold, committee.Reason = nil, nil, 0, reasonWoundDown
	if err := k.setCommittee(ctx, committee); err != nil {
		return false, err
	}
	k.emit(ctx, &types.EventCommitteeSeated{
		Contract: committee.Contract, Era: committee.Era, Origin: committee.Origin, Reason: committee.Reason,
	})
	return true, nil
}

// letResignedGo takes the resigned members of incumbents that serve on out of the register, by which they leave the excluded
// operators: they keep their seats and owe their vault's duties, for it has no other signers, and produce again.
func (k Keeper) letResignedGo(ctx context.Context, committee types.Committee) error {
	if committee.Origin != types.COMMITTEE_ORIGIN_INCUMBENT {
		return nil
	}
	for _, member := range committee.Members {
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return err
		}
		if err := k.removeIfResigned(ctx, operator); err != nil {
			return err
		}
	}
	return nil
}

// undemanded says whether a committee serves on because its contract asked for no election.
func undemanded(committee types.Committee) bool {
	return committee.Origin == types.COMMITTEE_ORIGIN_INCUMBENT && committee.Reason == reasonNoDemand
}

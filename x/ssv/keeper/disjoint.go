package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// unfitness says in a word why a member can't take its seat in a committee: it is in bad standing, or another contract's committee
// of the same era has it, for that contract gave way to its incumbents after all were drawn; empty if it can.
func (k Keeper) unfitness(ctx context.Context, operator sdk.ValAddress, committee types.Committee) (string, error) {
	why, err := k.badStanding(ctx, operator, committee.Era)
	if err != nil || why != "" {
		return why, err
	}
	text, err := k.operator(operator)
	if err != nil {
		return "", err
	}
	taken, err := k.taken(ctx, text, committee)
	if err != nil || !taken {
		return "", err
	}
	return "in another committee", nil
}

// taken says whether another contract's committee of the same era is seated with the operator.
func (k Keeper) taken(ctx context.Context, operator string, committee types.Committee) (bool, error) {
	present, err := k.PresentCommittees(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(present, func(other types.Committee) bool {
		return other.Contract != committee.Contract && other.Era == committee.Era && other.MemberIndex(operator) >= 0
	}), nil
}

// withoutTaken drops the incumbents that another committee of the era has and no standby could replace: committees are disjoint
// (protocol §5). The threshold stays as high as it can.
func (k Keeper) withoutTaken(ctx context.Context, committee types.Committee) (types.Committee, error) {
	var members []types.Member
	for _, member := range committee.Members {
		taken, err := k.taken(ctx, member.Operator, committee)
		if err != nil {
			return committee, err
		}
		if !taken {
			members = append(members, member)
		}
	}
	committee.Members, committee.Threshold = members, min(committee.Threshold, uint32(len(members)))
	return committee, nil
}

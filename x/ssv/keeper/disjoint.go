package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// unfitness says in a word why a member can't take its seat in an era's committee: it is in bad standing, or it is taken by another
// contract's committee of the same era, for that contract gave way to its incumbents after all were drawn; empty if it can.
func (k Keeper) unfitness(ctx context.Context, operator sdk.ValAddress, era uint64, taken bool) (string, error) {
	why, err := k.badStanding(ctx, operator, era)
	if err != nil || why != "" || !taken {
		return why, err
	}
	return "in another committee", nil
}

// taken returns the members of the committees of the same era that other contracts are seated with.
func (k Keeper) taken(ctx context.Context, committee types.Committee) (map[string]bool, error) {
	var others []uint64
	err := k.Seats.Walk(ctx, nil, func(contract, era uint64) (bool, error) {
		if contract != committee.Contract && era == committee.Era {
			others = append(others, contract)
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	members := map[string]bool{}
	for _, contract := range others {
		other, _, err := k.Committee(ctx, committee.Era, contract)
		if err != nil {
			return nil, err
		}
		for _, member := range other.Members {
			members[member.Operator] = true
		}
	}
	return members, nil
}

// withoutTaken drops the incumbents that another committee of the era has and no standby could replace: committees are disjoint
// (protocol §5). The threshold stays as high as it can.
func (k Keeper) withoutTaken(ctx context.Context, committee types.Committee) (types.Committee, error) {
	taken, err := k.taken(ctx, committee)
	if err != nil {
		return committee, err
	}
	committee.Members = slices.DeleteFunc(slices.Clone(committee.Members), func(member types.Member) bool { return taken[member.Operator] })
	committee.Threshold = min(committee.Threshold, uint32(len(committee.Members)))
	return committee, nil
}

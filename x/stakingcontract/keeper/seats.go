package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// checkSeats refuses a committee of a contract, new or larger, for which the candidates' power does not suffice: the heaviest
// candidates, as many as all contracts together have seats, must stay within what may be outside CometBFT's set (protocol §5).
func (k Keeper) checkSeats(ctx context.Context, id uint64, size uint32) error {
	ids, err := k.contractIDs(ctx)
	if err != nil {
		return err
	}
	seats := size
	for _, other := range ids {
		if other == id {
			continue
		}
		present, err := k.presentSize(ctx, other)
		if err != nil {
			return err
		}
		seats += present
	}
	return k.ssv.CheckSeats(ctx, seats)
}

// presentSize is the size of a contract's present committee, or of the least one that it wants where it has none.
func (k Keeper) presentSize(ctx context.Context, id uint64) (uint32, error) {
	committee, found, err := k.ssv.PresentCommittee(ctx, id)
	if err != nil {
		return 0, err
	}
	if found {
		return uint32(len(committee.Members)), nil
	}
	contract, err := k.Contract(ctx, id)
	if err != nil {
		return 0, err
	}
	return contract.Tiers[0].Size_, nil
}

// affordable is the tier that a contract's assets call for, or the one before where the candidates' power does not suffice to grow.
func (k Keeper) affordable(ctx context.Context, contract types.Contract, state types.ContractState) (types.Tier, error) {
	assets, err := k.assets(ctx, state)
	if err != nil {
		return types.Tier{}, err
	}
	tier := contract.TierFor(assets)
	present, err := k.presentSize(ctx, contract.Id)
	if err != nil || tier.Size_ <= present {
		return tier, err
	}
	if k.checkSeats(ctx, contract.Id, tier.Size_) == nil {
		return tier, nil
	}
	kept := contract.Tiers[0]
	for _, smaller := range contract.Tiers[1:] {
		if smaller.MinAssets.GT(assets) || smaller.Size_ > present {
			break
		}
		kept = smaller
	}
	return kept, nil
}

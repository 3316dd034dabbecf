package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/slash"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// faultCosts says what a fault would cost an operator for each vault generation that is due in an era and has it as a member, at the number
// of others with a fault as the accounts stand (protocol §13).
func (k Keeper) faultCosts(ctx context.Context, era uint64, raw sdk.ValAddress, operator string) ([]types.FaultCost, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	iterator, err := k.DueVaults.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](era))
	if err != nil {
		return nil, err
	}
	due, err := iterator.Values()
	if err != nil {
		return nil, err
	}
	var costs []types.FaultCost
	for _, vault := range due {
		settlement, err := k.judgement(ctx, vault, params)
		if err != nil {
			return nil, err
		}
		at := settlement.MemberIndex(operator)
		if at < 0 {
			continue
		}
		cost, err := k.faultCost(ctx, settlement, settlement.Members[at], raw)
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

func (k Keeper) faultCost(
	ctx context.Context, settlement types.Settlement, member types.MemberSettlement, raw sdk.ValAddress,
) (types.FaultCost, error) {
	others := settlement.Faults
	if len(member.Faults) > 0 {
		others--
	}
	cost := types.FaultCost{
		Vault: settlement.Vault, Contract: settlement.Contract, Size_: settlement.Size_, Threshold: settlement.Threshold,
		Others: others, Faults: member.Faults, Fraction: slash.Fraction(others+1, settlement.Size_), Cost: math.ZeroInt(),
		Withdrawn: member.Withdrawn || slash.Withdraws(others+1, settlement.Threshold),
	}
	validator, found, err := k.validator(ctx, raw)
	if err != nil || !found || validator.IsUnbonded() {
		return cost, err
	}
	stake, err := k.stakeAt(ctx, raw, settlement.VaultEra, validator)
	if err != nil {
		return cost, err
	}
	cost.Power = stake.Power
	cost.Cost = cost.Fraction.MulInt(k.staking.PowerReduction(ctx).MulRaw(stake.Power)).TruncateInt()
	return cost, nil
}

package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/slash"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxFaultCosts bounds the vault generations that a query judges: more than one operator can owe duties to for one contract at once.
const maxFaultCosts = 16

// faultCosts says what a fault would cost an operator for each vault generation that is due in an era and has it as a member, at the number
// of others with a fault as the accounts stand (protocol §13): for the newest max_fault_costs of them, in order of id.
func (k Keeper) faultCosts(ctx context.Context, era uint64, raw sdk.ValAddress, operator string) ([]types.FaultCost, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	due, err := k.vaultsOwed(ctx, era, raw)
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

// vaultsOwed returns the newest vault generations that are due in an era and towards which an operator has an account, in order of id.
func (k Keeper) vaultsOwed(ctx context.Context, era uint64, operator sdk.ValAddress) ([]types.DueVault, error) {
	ranger := collections.NewSuperPrefixedTripleRangeReversed[uint64, sdk.ValAddress, uint64](era, operator)
	iterator, err := k.DutyAccounts.Iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var owed []types.DueVault
	for read := 0; iterator.Valid() && read < maxFaultCosts; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		read++
		due, found, err := maybe(ctx, k.DueVaults, collections.Join(era, key.K3()))
		if err != nil {
			return nil, err
		}
		if found {
			owed = append(owed, due)
		}
	}
	slices.Reverse(owed)
	return owed, nil
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
	stake, err := k.stakeAtRisk(ctx, raw, owedBy(settlement.Contract, settlement.VaultEra, settlement.Era), validator)
	if err != nil {
		return cost, err
	}
	cost.Power = stake.Power
	cost.Cost = cost.Fraction.MulInt(k.staking.PowerReduction(ctx).MulRaw(stake.Power)).TruncateInt()
	return cost, nil
}

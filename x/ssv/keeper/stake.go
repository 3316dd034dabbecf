package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// snapshotStakes records what the members of a committee have at stake as they take their seats, each once in an era (protocol §13).
func (k Keeper) snapshotStakes(ctx context.Context, committee types.Committee) error {
	for _, member := range committee.Members {
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return err
		}
		key := collections.Join(committee.Era, operator)
		if known, err := k.Stakes.Has(ctx, key); err != nil || known {
			if err != nil {
				return err
			}
			continue
		}
		validator, found, err := k.validator(ctx, operator)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		stake := types.Stake{
			Era: committee.Era, Operator: member.Operator, Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Power: k.powerOf(ctx, validator),
		}
		if err := k.Stakes.Set(ctx, key, stake); err != nil {
			return err
		}
	}
	return nil
}

// powerOf is ⌊tokens/10^6⌋ of a validator, bonded or not.
func (k Keeper) powerOf(ctx context.Context, validator stakingtypes.Validator) int64 {
	return validator.GetTokens().Quo(k.staking.PowerReduction(ctx)).Int64()
}

// Slashed is what a slash took.
type Slashed struct {
	// Power that a fraction was taken of, and the height from which on undelegations and redelegations were slashed with it.
	Power, InfractionHeight int64
	// Burned of the validator's own tokens, in ufis; what is taken from unbonding delegations and redelegations comes on top.
	Burned math.Int
	// Unslashed says in words why nothing was, empty where something was.
	Unslashed string
}

func nothingSlashed() Slashed { return Slashed{Burned: math.ZeroInt()} }

// SlashMember slashes a fraction of what an operator had at stake when it took its seat in an era, with all who undelegated from it or
// redelegated since (protocol §13). Without a record of that the present stake counts, from this block on. A validator that is neither
// bonded nor unbonding, or gone, can't be slashed: that is said, and no error.
func (k Keeper) SlashMember(ctx context.Context, operator string, era uint64, fraction math.LegacyDec) (Slashed, error) {
	nothing := nothingSlashed()
	raw, err := k.rawOperator(operator)
	if err != nil {
		return nothing, err
	}
	validator, found, err := k.validator(ctx, raw)
	if err != nil {
		return nothing, err
	}
	switch {
	case !found:
		nothing.Unslashed = "the validator is gone"
		return nothing, nil
	case validator.IsUnbonded():
		nothing.Unslashed = "the validator is unbonded"
		return nothing, nil
	}
	stake, err := k.stakeAt(ctx, raw, era, validator)
	if err != nil {
		return nothing, err
	}
	consAddr, err := validator.GetConsAddr()
	if err != nil {
		return nothing, err
	}
	slashed := Slashed{Power: stake.Power, InfractionHeight: min(stake.Height+1, sdk.UnwrapSDKContext(ctx).BlockHeight())}
	slashed.Burned, err = k.staking.Slash(ctx, consAddr, slashed.InfractionHeight, slashed.Power, fraction)
	return slashed, err
}

// stakeAt returns what a validator had at stake in an era, or has now where that is not recorded.
func (k Keeper) stakeAt(ctx context.Context, operator sdk.ValAddress, era uint64, validator stakingtypes.Validator) (types.Stake, error) {
	stake, found, err := maybe(ctx, k.Stakes, collections.Join(era, operator))
	if err != nil || found {
		return stake, err
	}
	return types.Stake{Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Power: k.powerOf(ctx, validator)}, nil
}

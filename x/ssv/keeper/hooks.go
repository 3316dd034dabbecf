package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

var _ stakingtypes.StakingHooks = StakingHooks{}

// StakingHooks follow validators by their operator: when one was created (criterion 3) and when it is gone.
type StakingHooks struct{ k *Keeper }

// StakingHooks returns the hooks to set on x/staking.
func (k *Keeper) StakingHooks() StakingHooks { return StakingHooks{k} }

// AfterValidatorCreated records the era in which an SV was created.
func (h StakingHooks) AfterValidatorCreated(ctx context.Context, operator sdk.ValAddress) error {
	return h.k.recordTenure(ctx, operator)
}

func (k Keeper) recordTenure(ctx context.Context, operator sdk.ValAddress) error {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	return k.Tenures.Set(ctx, operator, era.Number)
}

// AfterValidatorRemoved forgets the tenure, which a new validator of that operator starts anew, and takes it out of the
// register. Its keys, submitter, bans and slash records stay: they follow the operator.
func (h StakingHooks) AfterValidatorRemoved(ctx context.Context, _ sdk.ConsAddress, operator sdk.ValAddress) error {
	if err := h.k.Tenures.Remove(ctx, operator); err != nil {
		return err
	}
	candidate, found, err := maybe(ctx, h.k.Candidates, operator)
	if err != nil || !found {
		return err
	}
	if err := h.k.removeCandidate(ctx, operator, candidate); err != nil {
		return err
	}
	return h.k.refreshExcluded(ctx)
}

// BeforeValidatorModified does nothing.
func (StakingHooks) BeforeValidatorModified(context.Context, sdk.ValAddress) error { return nil }

// AfterValidatorConsKeyUpdated does nothing: all state is keyed by operator.
func (StakingHooks) AfterValidatorConsKeyUpdated(_ context.Context, _, _ sdk.ConsAddress, _ sdk.ValAddress) error {
	return nil
}

// AfterValidatorBonded does nothing.
func (StakingHooks) AfterValidatorBonded(context.Context, sdk.ConsAddress, sdk.ValAddress) error {
	return nil
}

// AfterValidatorBeginUnbonding does nothing.
func (StakingHooks) AfterValidatorBeginUnbonding(context.Context, sdk.ConsAddress, sdk.ValAddress) error {
	return nil
}

// BeforeDelegationCreated does nothing.
func (StakingHooks) BeforeDelegationCreated(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

// BeforeDelegationSharesModified does nothing.
func (StakingHooks) BeforeDelegationSharesModified(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

// BeforeDelegationRemoved does nothing.
func (StakingHooks) BeforeDelegationRemoved(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

// AfterDelegationModified does nothing.
func (StakingHooks) AfterDelegationModified(context.Context, sdk.AccAddress, sdk.ValAddress) error {
	return nil
}

// BeforeValidatorSlashed does nothing: it carries no reason (see StakingKeeperForSlashing).
func (StakingHooks) BeforeValidatorSlashed(context.Context, sdk.ValAddress, math.LegacyDec) error {
	return nil
}

// AfterUnbondingInitiated does nothing.
func (StakingHooks) AfterUnbondingInitiated(context.Context, uint64) error { return nil }

package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

var _ stakingtypes.StakingHooks = StakingHooks{}

// StakingHooks follow validators by their operator: when one was created (criterion 3), when what its standing is made of changed, and
// when it is gone.
type StakingHooks struct{ k *Keeper }

// StakingHooks returns the hooks to set on x/staking.
func (k *Keeper) StakingHooks() StakingHooks { return StakingHooks{k} }

// AfterValidatorCreated records the era in which an SV was created.
func (h StakingHooks) AfterValidatorCreated(ctx context.Context, operator sdk.ValAddress) error {
	if err := h.k.MarkStanding(ctx, operator); err != nil {
		return err
	}
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
	if err := h.k.forgetValidator(ctx, operator); err != nil {
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

func (k Keeper) forgetValidator(ctx context.Context, operator sdk.ValAddress) error {
	if err := k.Tenures.Remove(ctx, operator); err != nil {
		return err
	}
	if err := k.Absentees.Remove(ctx, operator); err != nil {
		return err
	}
	return k.MarkStanding(ctx, operator)
}

// What changes a validator or a delegation to it has its operator's standing measured anew: only marked here, for some hooks run
// before the change.

// BeforeValidatorModified marks the operator's standing: a slash or an edit follows.
func (h StakingHooks) BeforeValidatorModified(ctx context.Context, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// AfterValidatorConsKeyUpdated has the operator counted among those who may have missed blocks, for a vote of its former key that is
// absent can't be traced to it any more. All other state is keyed by operator.
func (h StakingHooks) AfterValidatorConsKeyUpdated(ctx context.Context, _, _ sdk.ConsAddress, operator sdk.ValAddress) error {
	return h.k.recordAbsence(ctx, operator)
}

// AfterValidatorBonded marks the operator's standing.
func (h StakingHooks) AfterValidatorBonded(ctx context.Context, _ sdk.ConsAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// AfterValidatorBeginUnbonding marks the operator's standing: it was jailed or outbid.
func (h StakingHooks) AfterValidatorBeginUnbonding(ctx context.Context, _ sdk.ConsAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// BeforeDelegationCreated marks the operator's standing.
func (h StakingHooks) BeforeDelegationCreated(ctx context.Context, _ sdk.AccAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// BeforeDelegationSharesModified marks the operator's standing.
func (h StakingHooks) BeforeDelegationSharesModified(ctx context.Context, _ sdk.AccAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// BeforeDelegationRemoved marks the operator's standing.
func (h StakingHooks) BeforeDelegationRemoved(ctx context.Context, _ sdk.AccAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// AfterDelegationModified marks the operator's standing.
func (h StakingHooks) AfterDelegationModified(ctx context.Context, _ sdk.AccAddress, operator sdk.ValAddress) error {
	return h.k.MarkStanding(ctx, operator)
}

// BeforeValidatorSlashed marks the operator's standing. It carries no reason (see StakingKeeperForSlashing).
func (h StakingHooks) BeforeValidatorSlashed(ctx context.Context, operator sdk.ValAddress, _ math.LegacyDec) error {
	return h.k.MarkStanding(ctx, operator)
}

// AfterUnbondingInitiated does nothing.
func (StakingHooks) AfterUnbondingInitiated(context.Context, uint64) error { return nil }

package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// StakingKeeperForSlashing is x/staking as x/slashing, and through it x/evidence, is to see it: a slash with a reason is a
// consensus fault, which stays on the operator's record (protocol §4 criterion 5).
type StakingKeeperForSlashing struct {
	slashingtypes.StakingKeeper
	k *Keeper
}

// NewStakingKeeperForSlashing wraps x/staking for x/slashing.
func NewStakingKeeperForSlashing(staking slashingtypes.StakingKeeper, k *Keeper) StakingKeeperForSlashing {
	return StakingKeeperForSlashing{StakingKeeper: staking, k: k}
}

// SlashWithInfractionReason records the fault and slashes. The record is written first, because a slash may remove the
// validator; a fault of one that is gone is not recorded.
func (s StakingKeeperForSlashing) SlashWithInfractionReason(
	ctx context.Context, consAddr sdk.ConsAddress, height, power int64, fraction math.LegacyDec, infraction stakingtypes.Infraction,
) (math.Int, error) {
	if err := s.k.recordSlash(ctx, consAddr, infraction); err != nil {
		return math.ZeroInt(), err
	}
	return s.StakingKeeper.SlashWithInfractionReason(ctx, consAddr, height, power, fraction, infraction)
}

func (k Keeper) recordSlash(ctx context.Context, consAddr sdk.ConsAddress, infraction stakingtypes.Infraction) error {
	validator, err := k.staking.GetValidatorByConsAddr(ctx, consAddr)
	if err != nil {
		k.logger(ctx).Error("consensus fault of an unknown validator", "address", consAddr, "error", err)
		return nil
	}
	operator, err := k.rawOperator(validator.GetOperator())
	if err != nil {
		return err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	return k.SlashRecords.Set(ctx, operator, types.SlashRecord{
		Operator: validator.GetOperator(), Era: era.Number, Infraction: infractionWords(infraction),
	})
}

func infractionWords(infraction stakingtypes.Infraction) string {
	switch infraction {
	case stakingtypes.Infraction_INFRACTION_DOUBLE_SIGN:
		return "double sign"
	case stakingtypes.Infraction_INFRACTION_DOWNTIME:
		return "downtime"
	}
	return "consensus fault"
}

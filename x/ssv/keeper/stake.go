package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxTermEras bounds the terms that are looked through for one slash, whatever the parameters say.
const maxTermEras = 64

// snapshotStakes records what the members and standbys of a committee have at stake for the term that begins with its era (protocol §13). Who
// was drawn for it stakes the weight that it was drawn by, as measured at the freeze: nothing that it moved away since escapes. Who
// serves on, or was named by genesis, was not drawn: it stakes what it has at a height, that of this block. The first record of an era
// stands, but a draw's weight prevails over less.
func (k Keeper) snapshotStakes(ctx context.Context, committee types.Committee, height int64) error {
	for _, members := range [][]types.Member{committee.Members, committee.Standbys} {
		for _, member := range members {
			if err := k.snapshotStake(ctx, committee, member, height); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k Keeper) snapshotStake(ctx context.Context, committee types.Committee, member types.Member, height int64) error {
	operator, err := k.rawOperator(member.Operator)
	if err != nil {
		return err
	}
	known, found, err := maybe(ctx, k.Stakes, collections.Join(committee.Era, operator))
	if err != nil {
		return err
	}
	stake := types.Stake{Era: committee.Era, Operator: member.Operator, Contract: committee.Contract}
	if member.Height > 0 && committee.Drawn() {
		stake.Height, stake.Power = member.Height, int64(member.Weight)
		if found && known.Power >= stake.Power {
			return nil
		}
		return k.Stakes.Set(ctx, collections.Join(stake.Era, operator), stake)
	}
	if found {
		return nil
	}
	stake.Height = height
	return k.stakePresent(ctx, operator, stake)
}

// stakePresent completes a record with what an operator has now, and writes it; there is none of an operator without a validator.
func (k Keeper) stakePresent(ctx context.Context, operator sdk.ValAddress, stake types.Stake) error {
	validator, found, err := k.validator(ctx, operator)
	if err != nil || !found {
		return err
	}
	stake.Power = k.powerOf(ctx, validator)
	return k.Stakes.Set(ctx, collections.Join(stake.Era, operator), stake)
}

// powerOf is ⌊tokens/10^6⌋ of a validator, bonded or not.
func (k Keeper) powerOf(ctx context.Context, validator stakingtypes.Validator) int64 {
	return validator.GetTokens().Quo(k.staking.PowerReduction(ctx)).Int64()
}

// Owed names a duty: towards the vault generation of a contract that was first held in VaultEra, in Era.
type Owed struct {
	Contract, VaultEra, Era uint64
}

// earliest is the first era whose terms count for the duty: the generation's first, but none that began longer ago than x/staking's
// unbonding time is sure to reach back (CheckUnbonding).
func (o Owed) earliest(params types.Params) uint64 {
	span := min(2+params.MaxHandoverEras+params.ClosingEras, maxTermEras)
	if o.Era+1 <= o.VaultEra+span {
		return o.VaultEra
	}
	return o.Era + 1 - span
}

// stakeOf returns the greatest stake that an operator had at the beginning of its terms for a duty, of equal ones the oldest (protocol §13):
// that of the generation's first era, and those of the contract's since, for incumbents that were seated again.
func (k Keeper) stakeOf(ctx context.Context, operator sdk.ValAddress, owed Owed) (greatest types.Stake, found bool, err error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return greatest, false, err
	}
	for era := owed.earliest(params); era <= owed.Era; era++ {
		stake, known, err := maybe(ctx, k.Stakes, collections.Join(era, operator))
		if err != nil {
			return greatest, false, err
		}
		if !known || era != owed.VaultEra && stake.Contract != owed.Contract {
			continue
		}
		if !found || stake.Power > greatest.Power {
			greatest, found = stake, true
		}
	}
	return greatest, found, nil
}

// renewTerms begins new terms of those signers of a vault whose terms for it are all too old to be slashed by: a duty that outlasts the
// reach of unbonding goes on with what they have now.
func (k Keeper) renewTerms(ctx context.Context, due types.DueVault) error {
	for _, text := range due.Operators {
		operator, err := k.rawOperator(text)
		if err != nil {
			return err
		}
		_, found, err := k.stakeOf(ctx, operator, owedBy(due.Contract, due.VaultEra, due.Era))
		if err != nil {
			return err
		}
		if found {
			continue
		}
		stake := types.Stake{
			Era: due.Era, Operator: text, Contract: due.Contract, Height: sdk.UnwrapSDKContext(ctx).BlockHeight(),
		}
		if err := k.stakePresent(ctx, operator, stake); err != nil {
			return err
		}
	}
	return nil
}

func owedBy(contract, vaultEra, era uint64) Owed {
	return Owed{Contract: contract, VaultEra: vaultEra, Era: era}
}

// Slashed is what a slash took.
type Slashed struct {
	// Power that a fraction was taken of, and the height from which on undelegations and redelegations were slashed with it.
	Power, InfractionHeight int64
	// Burned of the validator's own tokens, in ufis; what is taken from unbonding delegations and redelegations comes on top.
	Burned math.Int
	// Unslashed says why nothing was.
	Unslashed types.Unslashed
}

func nothingSlashed(why types.Unslashed) Slashed {
	return Slashed{Burned: math.ZeroInt(), Unslashed: why}
}

// SlashMember slashes a fraction of what an operator has at stake for a duty, with all who undelegated from it or redelegated since that was
// measured (protocol §13). Without a record of it the present stake counts, from this block on. A validator that is neither bonded nor
// unbonding, or gone, can't be slashed: that is said, and no error.
func (k Keeper) SlashMember(ctx context.Context, operator string, owed Owed, fraction math.LegacyDec) (Slashed, error) {
	nothing := nothingSlashed(types.UNSLASHED_FAILED)
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
		return nothingSlashed(types.UNSLASHED_GONE), nil
	case validator.IsUnbonded():
		return nothingSlashed(types.UNSLASHED_UNBONDED), nil
	}
	stake, err := k.stakeAtRisk(ctx, raw, owed, validator)
	if err != nil {
		return nothing, err
	}
	consAddr, err := validator.GetConsAddr()
	if err != nil {
		return nothing, err
	}
	slashed := Slashed{Power: stake.Power, InfractionHeight: infractionHeight(ctx, stake, validator)}
	slashed.Burned, err = k.staking.Slash(ctx, consAddr, slashed.InfractionHeight, slashed.Power, fraction)
	return slashed, err
}

// infractionHeight is the block after that in which a stake was measured, never one to come. What leaves a validator that is unbonding bears
// the height at which that began: it is reached too, or one that is jailed could take all away.
func infractionHeight(ctx context.Context, stake types.Stake, validator stakingtypes.Validator) int64 {
	height := min(stake.Height+1, sdk.UnwrapSDKContext(ctx).BlockHeight())
	if validator.IsUnbonding() {
		height = min(height, validator.UnbondingHeight)
	}
	return height
}

// stakeAtRisk returns what a validator has at stake for a duty, or has now where that is not recorded. Where unbonding does not reach back
// to the record any more, for the chain was down that long, those who stayed are not charged for who is gone: then it is no more than now.
func (k Keeper) stakeAtRisk(ctx context.Context, operator sdk.ValAddress, owed Owed, validator stakingtypes.Validator) (types.Stake, error) {
	present := types.Stake{Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Power: k.powerOf(ctx, validator)}
	stake, found, err := k.stakeOf(ctx, operator, owed)
	if err != nil || !found {
		return present, err
	}
	lost, err := k.outOfReach(ctx, stake.Era)
	if err != nil {
		return present, err
	}
	if lost {
		stake.Power = min(stake.Power, present.Power)
	}
	return stake, nil
}

// outOfReach says whether an era began so long ago that what was undelegated then is paid out.
func (k Keeper) outOfReach(ctx context.Context, era uint64) (bool, error) {
	record, found, err := maybe(ctx, k.EraRecords, era)
	if err != nil || !found {
		return false, err
	}
	unbonding, err := k.staking.UnbondingTime(ctx)
	return sdk.UnwrapSDKContext(ctx).BlockTime().After(record.Era.StartTime.Add(unbonding)), err
}

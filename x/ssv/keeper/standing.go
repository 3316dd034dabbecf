package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxMeasuredPerBlock bounds the standings that are measured anew in a block; the rest stays marked, and the freeze measures what it
// comes to that is marked still.
const maxMeasuredPerBlock = 200

// MarkStanding has an operator's standing measured anew in this block's EndBlock. Whoever changes what Standing is made of must call it:
// the register, and the hooks of x/staking, which run before some of what they announce.
func (k Keeper) MarkStanding(ctx context.Context, operator sdk.ValAddress) error {
	marked, err := k.Unmeasured.Has(ctx, operator)
	if err != nil {
		return err
	}
	if !marked {
		if err := k.Unmeasured.Set(ctx, operator, sdk.UnwrapSDKContext(ctx).BlockHeight()); err != nil {
			return err
		}
	}
	return k.markChore(ctx, choreStandings)
}

// measureMarked measures up to count of the standings that are marked, in order of operator. While a freeze goes on over blocks, those that it has
// still to judge keep what they were when it began: stake that moves behind its cursor would count twice.
func (k Keeper) measureMarked(ctx context.Context, count int) error {
	freeze, frozen, err := k.runningFreeze(ctx)
	if err != nil {
		return err
	}
	var judged collections.Ranger[sdk.ValAddress]
	if frozen {
		judged = new(collections.Range[sdk.ValAddress]).EndInclusive(freeze.Cursor)
	}
	measured, err := k.measureSome(ctx, judged, count)
	if err == nil && measured == 0 && !frozen {
		err = k.Chores.Remove(ctx, choreStandings)
	}
	return err
}

// measureSome measures up to count of the marked standings within a range and returns how many it did.
func (k Keeper) measureSome(ctx context.Context, within collections.Ranger[sdk.ValAddress], count int) (int, error) {
	marked, err := some(ctx, k.Unmeasured, within, count)
	if err != nil {
		return 0, err
	}
	for _, operator := range marked {
		standing, err := k.measureStanding(ctx, operator)
		if err != nil {
			return 0, err
		}
		if err := k.setStanding(ctx, operator, standing); err != nil {
			return 0, err
		}
	}
	return len(marked), nil
}

// runningFreeze returns the era's freeze while it is not complete.
func (k Keeper) runningFreeze(ctx context.Context) (types.Freeze, bool, error) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return types.Freeze{}, false, err
	}
	freeze, found, err := maybe(ctx, k.Freezes, era.Number)
	return freeze, found && freeze.Status == types.FREEZE_STATUS_RUNNING, err
}

// some returns up to count keys of a map within a range, in order.
func some[V any](
	ctx context.Context, m collections.Map[sdk.ValAddress, V], within collections.Ranger[sdk.ValAddress], count int,
) ([]sdk.ValAddress, error) {
	iterator, err := m.Iterate(ctx, within)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var keys []sdk.ValAddress
	for ; iterator.Valid() && len(keys) < count; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, slices.Clone(key))
	}
	return keys, nil
}

// setStanding stores a standing that was measured now and takes the mark away. Only of candidates and of bonded validators there is a
// record: a freeze has to do with nobody else.
func (k Keeper) setStanding(ctx context.Context, operator sdk.ValAddress, standing types.Standing) error {
	if err := k.Unmeasured.Remove(ctx, operator); err != nil {
		return err
	}
	if !standing.Candidate && !standing.Bonded {
		return k.Standings.Remove(ctx, operator)
	}
	return k.Standings.Set(ctx, operator, standing)
}

// measureStanding reads all that a standing is made of from where it comes from.
func (k Keeper) measureStanding(ctx context.Context, operator sdk.ValAddress) (types.Standing, error) {
	standing := types.Standing{}
	candidate, found, err := maybe(ctx, k.Candidates, operator)
	if err != nil {
		return standing, err
	}
	if found {
		standing.Candidate, standing.Resigned, standing.Keys = true, candidate.Resigned, standingKeys(candidate.Chains)
		standing.BeaconKey, standing.BeaconEra, standing.FormerBeaconKey =
			candidate.BeaconKey, candidate.BeaconEra, candidate.FormerBeaconKey
	}
	return standing, k.measureValidator(ctx, operator, &standing)
}

func standingKeys(chains []types.ChainKey) []types.StandingKey {
	keys := make([]types.StandingKey, len(chains))
	for i, chain := range chains {
		keys[i] = types.StandingKey{ChainId: chain.ChainId, Signer: chain.Signer}
	}
	return keys
}

func (k Keeper) measureValidator(ctx context.Context, operator sdk.ValAddress, standing *types.Standing) error {
	validator, found, err := k.validator(ctx, operator)
	if err != nil || !found {
		return err
	}
	m := pool.Measured{Stake: validator.GetTokens(), SelfStake: math.ZeroInt()}
	if err := k.measureSelfStake(ctx, &m, survey{}, operator, validator); err != nil {
		return err
	}
	if err := k.measureBlocks(ctx, &m, survey{}, operator, validator); err != nil {
		return err
	}
	standing.Stake, standing.SelfRatio = pool.Saturated(m.Stake), pool.SelfRatio(m.SelfStake, m.Stake)
	standing.Weight = m.Stake.Quo(k.staking.PowerReduction(ctx)).Uint64()
	standing.Bonded, standing.Signs = validator.IsBonded() && !validator.IsJailed(), m.Signs
	standing.Created, standing.CreatedKnown, err = maybe(ctx, k.Tenures, operator)
	return err
}

// measureAll measures the standings of all validators and candidates, and which of them missed blocks: at genesis only, where nothing
// bounds the work.
func (k Keeper) measureAll(ctx context.Context) error {
	validators, err := k.staking.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, validator := range validators {
		operator, err := k.rawOperator(validator.GetOperator())
		if err != nil {
			return err
		}
		if err := k.MarkStanding(ctx, operator); err != nil {
			return err
		}
		missed, err := k.missedBlocks(ctx, operator)
		if err != nil {
			return err
		}
		if missed == 0 {
			continue
		}
		if err := k.Absentees.Set(ctx, operator); err != nil {
			return err
		}
	}
	candidates, err := keys(ctx, k.Candidates)
	if err != nil {
		return err
	}
	for _, operator := range candidates {
		if err := k.MarkStanding(ctx, operator); err != nil {
			return err
		}
	}
	_, err = k.measureSome(ctx, nil, len(validators)+len(candidates))
	return err
}

func keys[K, V any](ctx context.Context, m collections.Map[K, V]) ([]K, error) {
	iterator, err := m.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Keys()
}

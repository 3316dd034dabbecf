package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// survey is what is the same for all candidates that are measured together.
type survey struct {
	era         types.Era
	params      types.Params
	bondedPower uint64
	window      int64
	reduction   math.Int
}

func (k Keeper) newSurvey(ctx context.Context) (survey, error) {
	s := survey{reduction: k.staking.PowerReduction(ctx)}
	var err error
	if s.era, err = k.CurrentEra(ctx); err != nil {
		return s, err
	}
	if s.params, err = k.GetParams(ctx); err != nil {
		return s, err
	}
	total, err := k.staking.GetLastTotalPower(ctx)
	if err != nil {
		return s, err
	}
	s.bondedPower = total.Uint64()
	s.window, err = k.slashing.SignedBlocksWindow(ctx)
	return s, err
}

// measure gathers what the criteria ask of a candidate (protocol §4).
func (k Keeper) measure(ctx context.Context, s survey, operator sdk.ValAddress, candidate types.Candidate) (pool.Measured, error) {
	m := pool.Measured{
		Era: s.era.Number, Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), BondedPower: s.bondedPower, Window: s.window,
		Resigned: candidate.Resigned, Chains: len(candidate.Chains), Stake: math.ZeroInt(), SelfStake: math.ZeroInt(),
	}
	validator, found, err := k.validator(ctx, operator)
	if err != nil || !found {
		return m, err
	}
	m.Bonded, m.Jailed, m.Stake = validator.IsBonded(), validator.IsJailed(), validator.GetTokens()
	m.Weight = m.Stake.Quo(s.reduction).Uint64()
	for _, gather := range []func(context.Context, *pool.Measured, survey, sdk.ValAddress, stakingtypes.Validator) error{
		k.measureSelfStake, k.measureBlocks, k.measureHeartbeats, k.measureRecords,
	} {
		if err := gather(ctx, &m, s, operator, validator); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (k Keeper) measureSelfStake(
	ctx context.Context, m *pool.Measured, _ survey, operator sdk.ValAddress, validator stakingtypes.Validator,
) error {
	delegation, err := k.staking.GetDelegation(ctx, sdk.AccAddress(operator), operator)
	if errors.Is(err, stakingtypes.ErrNoDelegation) {
		return nil
	}
	if err == nil && validator.DelegatorShares.IsPositive() {
		m.SelfStake = validator.TokensFromSharesTruncated(delegation.Shares).TruncateInt()
	}
	return err
}

func (k Keeper) measureBlocks(
	ctx context.Context, m *pool.Measured, _ survey, _ sdk.ValAddress, validator stakingtypes.Validator,
) error {
	consAddr, err := validator.GetConsAddr()
	if err != nil {
		return err
	}
	info, err := k.slashing.GetValidatorSigningInfo(ctx, consAddr)
	if errors.Is(err, slashingtypes.ErrNoSigningInfoFound) {
		return nil
	}
	m.Signs, m.Missed = err == nil, info.MissedBlocksCounter
	return err
}

// measureHeartbeats takes the era before into account too, so that a member is judged by it while it rests.
func (k Keeper) measureHeartbeats(
	ctx context.Context, m *pool.Measured, s survey, operator sdk.ValAddress, _ stakingtypes.Validator,
) error {
	live, _, err := maybe(ctx, k.Liveness, operator)
	if err != nil {
		return err
	}
	m.LastSeen = live.Height
	if m.Serving, err = k.Excluded.Has(ctx, operator); err != nil {
		return err
	}
	if m.Serving {
		now, err := k.heartbeatsOf(ctx, s.era, m.Height, operator)
		if err != nil {
			return err
		}
		m.HeartbeatsDue, m.HeartbeatsSent = now.Due, now.Sent
	}
	before, _, err := maybe(ctx, k.HeartbeatAccounts, collections.Join(s.era.Number-1, operator))
	m.HeartbeatsDue, m.HeartbeatsSent = m.HeartbeatsDue+before.Due, m.HeartbeatsSent+before.Sent
	return err
}

func (k Keeper) measureRecords(
	ctx context.Context, m *pool.Measured, _ survey, operator sdk.ValAddress, _ stakingtypes.Validator,
) (err error) {
	if m.Created, m.CreatedKnown, err = maybe(ctx, k.Tenures, operator); err != nil {
		return err
	}
	slash, _, err := maybe(ctx, k.SlashRecords, operator)
	if err != nil {
		return err
	}
	m.Slashed, m.SlashKind = slash.Era, slash.Infraction
	m.BannedUntil, _, err = maybe(ctx, k.Bans, operator)
	return err
}

package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Names of steps, as events and logs give them.
const (
	stepBegin  = "begin an era"
	stepRound  = "round"
	stepFreeze = "freeze"
	stepSettle = "settle"
	stepJudge  = "judge"
	stepSlash  = "slash"
	stepReward = "reward"
	stepPay    = "pay"
	stepNotify = "notify"
	stepElect  = "elect"
	stepSeat   = "seat"
	stepPrune  = "prune"

	stepAbsences  = "record absences"
	stepStandings = "measure standings"
)

// firstEra is the number of a new chain's first era.
const firstEra = 1

// CurrentEra returns the era that the chain is in. Before the first block it is era 1 without times.
func (k Keeper) CurrentEra(ctx context.Context) (types.Era, error) {
	era, err := k.Era.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Era{Number: firstEra}, nil
	}
	return era, err
}

// freezeTime is when the freeze of an era's pool begins.
func freezeTime(era types.Era, params types.Params) time.Time {
	if era.FreezeTime.IsZero() {
		return era.EndTime.Add(-params.BeaconWindow)
	}
	return era.FreezeTime
}

// begun says whether an era's clock runs.
func begun(era types.Era) bool { return !era.EndTime.IsZero() }

// beginEra makes an era of that number the current one from this block's time. Time that the chain was down belongs to the era
// that ends, so that one era ends then and not several (protocol §2).
func (k Keeper) beginEra(ctx context.Context, number uint64) (types.Era, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return types.Era{}, err
	}
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	era := types.Era{
		Number: number, StartHeight: header.Height, StartTime: header.Time, EndTime: header.Time.Add(params.EraDuration),
		HeartbeatInterval: params.HeartbeatInterval, FreezeTime: header.Time.Add(params.EraDuration - params.BeaconWindow),
	}
	if err := k.Era.Set(ctx, era); err != nil {
		return era, err
	}
	if _, set, err := maybeItem(ctx, k.OldestEra); err != nil {
		return era, err
	} else if !set {
		if err := k.OldestEra.Set(ctx, number); err != nil {
			return era, err
		}
	}
	k.emit(ctx, &types.EventEraStarted{Era: number})
	return era, k.EraRecords.Set(ctx, number, types.EraRecord{Era: era})
}

// endEra begins the next era and leaves its work to the transition.
func (k Keeper) endEra(ctx context.Context, ended types.Era) error {
	era, err := k.beginEra(ctx, ended.Number+1)
	if err != nil {
		return err
	}
	k.warnOfUnbonding(ctx)
	return k.Transition.Set(ctx, types.Transition{Era: era.Number, Pending: []types.TransitionStep{
		types.TRANSITION_STEP_SETTLE, types.TRANSITION_STEP_JUDGE, types.TRANSITION_STEP_SLASH, types.TRANSITION_STEP_REWARD,
		types.TRANSITION_STEP_NOTIFY, types.TRANSITION_STEP_ELECT, types.TRANSITION_STEP_SEAT,
	}})
}

// warnOfUnbonding raises an alarm where staking's parameters were changed so that duties outlast the unbonding time: x/staking
// asks nobody.
func (k Keeper) warnOfUnbonding(ctx context.Context) {
	params, err := k.GetParams(ctx)
	if err == nil {
		err = k.checkUnbonding(ctx, params)
	}
	if err != nil {
		k.logger(ctx).Error("members can undelegate before their duties end", "error", err)
	}
}

// checkUnbonding checks parameters against staking's unbonding time (protocol §2).
func (k Keeper) checkUnbonding(ctx context.Context, params types.Params) error {
	unbonding, err := k.staking.UnbondingTime(ctx)
	if err != nil {
		return err
	}
	return params.CheckUnbonding(unbonding)
}

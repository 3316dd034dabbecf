package keeper

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// EndBlock moves the eras on and returns the changes to CometBFT's set, the only ones of the app. It never fails for data: every
// step is isolated, logged and tried again (protocol §§2, 6). It must run after x/staking's.
func (k Keeper) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	k.followStandings(ctx)
	k.advance(ctx)
	if !look(func() (bool, error) { return k.projectionDue(ctx) }) {
		return nil, nil
	}
	var updates []abci.ValidatorUpdate
	err := k.isolate(ctx, 0, "consensus set", func(ctx context.Context) (err error) {
		updates, err = k.updateConsensusSet(ctx)
		return err
	})
	if err == nil {
		return updates, nil
	}
	if err := k.ConsensusDue.Set(ctx, true); err != nil {
		k.logger(ctx).Error("the consensus set can't be marked as due", "error", err)
	}
	return nil, nil
}

// followStandings keeps what the freeze judges by up to date with the other modules.
func (k Keeper) followStandings(ctx context.Context) {
	if anyAbsent(sdk.UnwrapSDKContext(ctx).VoteInfos()) {
		_ = k.isolate(ctx, 0, stepAbsences, k.recordAbsences)
	}
	if k.mayWait(ctx, choreStandings) {
		_ = k.isolate(ctx, 0, stepStandings, func(ctx context.Context) error { return k.measureMarked(ctx, maxMeasuredPerBlock) })
	}
}

// advance does what the clock asks for: go on with the seed's round, begin the first era, go on with an era's change, end the era, freeze
// the pool; and prunes. The round comes first, so that a secret opened in an era's last block still counts.
func (k Keeper) advance(ctx context.Context) {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		k.logger(ctx).Error("era can't be read", "error", err)
		return
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		k.logger(ctx).Error("parameters can't be read", "error", err)
		return
	}
	k.rotate(ctx, era.Number)
	k.advanceEra(ctx, era, params)
	if k.pruneDue(ctx, era, params) {
		_ = k.isolate(ctx, era.Number, stepPrune, func(ctx context.Context) error { return k.prune(ctx, era, params) })
	}
}

func (k Keeper) advanceEra(ctx context.Context, era types.Era, params types.Params) {
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if look(func() (bool, error) { return k.roundRuns(ctx, era) }) {
		_ = k.isolate(ctx, era.Number, stepRound, func(ctx context.Context) error { return k.advanceRound(ctx, era) })
	}
	switch {
	case !begun(era):
		_ = k.isolate(ctx, era.Number, stepBegin, func(ctx context.Context) error {
			_, err := k.beginEra(ctx, firstEra)
			return err
		})
	case !now.Before(era.EndTime):
		_ = k.isolate(ctx, era.Number, stepRound, func(ctx context.Context) error { return k.overtake(ctx, era) })
		_ = k.isolate(ctx, era.Number, stepBegin, func(ctx context.Context) error { return k.endEra(ctx, era) })
	case !now.Before(freezeTime(era, params)) && look(func() (bool, error) { return k.freezeDue(ctx, era) }):
		_ = k.isolate(ctx, era.Number, stepFreeze, func(ctx context.Context) error { return k.freezePool(ctx, era, params) })
	}
	k.goOn(ctx)
	k.payRewards(ctx, era.Number, params)
}

// goOn continues the change of the era, if one is not finished.
func (k Keeper) goOn(ctx context.Context) {
	transition, found, err := maybeItem(ctx, k.Transition)
	if err != nil || !found {
		return
	}
	era, err := k.CurrentEra(ctx)
	if err != nil || era.Number != transition.Era {
		return
	}
	_ = k.isolate(ctx, era.Number, "transition", func(ctx context.Context) error {
		return k.advanceTransition(ctx, era, transition)
	})
}

// pruneDue says whether there is history past its time, by one read each.
func (k Keeper) pruneDue(ctx context.Context, era types.Era, params types.Params) bool {
	pool, _, err := maybeItem(ctx, k.OldestPool)
	if err == nil && pool > 0 && pool+poolsKept <= era.Number {
		return true
	}
	if k.mayWait(ctx, choreRounds) {
		return true
	}
	oldest, _, err := maybeItem(ctx, k.OldestEra)
	return err == nil && oldest > 0 && oldest+params.HistoryEras < era.Number
}

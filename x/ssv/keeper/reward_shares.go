package keeper

import (
	"bytes"
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// setEraShares has the foundation divide an era's reward, in the place of the points, under the same cap and total; it may do so again
// until its window is over (protocol §14). Who is not named gets nothing, and what is not given goes to the Treasury.
func (k Keeper) setEraShares(ctx context.Context, msg *types.MsgSetEraShares) error {
	due, err := k.openReward(ctx, msg)
	if err != nil {
		return err
	}
	total, err := k.checkShares(ctx, due, msg.Shares)
	if err != nil {
		return err
	}
	if err := k.replaceShares(ctx, due.Era, msg.Shares); err != nil {
		return err
	}
	due.ByFoundation, due.Treasury = true, due.Issued.Sub(total)
	k.emit(ctx, &types.EventEraReward{Reward: due})
	return k.EraRewards.Set(ctx, due.Era, due)
}

// openReward returns the reward of an era whose shares the sender may set now.
func (k Keeper) openReward(ctx context.Context, msg *types.MsgSetEraShares) (types.EraReward, error) {
	due, found, err := maybe(ctx, k.EraRewards, msg.Era)
	switch {
	case err != nil:
		return due, err
	case !found:
		return due, types.ErrStatementNotFound.Wrapf("era %d", msg.Era)
	case due.Mode != types.REWARD_MODE_TRANSITION:
		return due, types.ErrSharesClosed.Wrapf("era %d is divided in mode %s", msg.Era, due.Mode)
	case due.Foundation != msg.Foundation:
		return due, types.ErrNotFoundation.Wrapf("%s, want %s", msg.Foundation, due.Foundation)
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime()
	if due.Status != types.REWARD_STATUS_OPEN || !now.Before(due.WindowEnd) {
		return due, types.ErrSharesClosed.Wrapf("era %d until %s, and is %s at %s", msg.Era, due.WindowEnd, due.Status, now)
	}
	return due, nil
}

// checkShares checks that there are any; in this order for each: ascending operators, a row in the statement that is not forfeit, an amount up to the cap;
// and that the total is at most what is issued. It returns the total.
func (k Keeper) checkShares(ctx context.Context, due types.EraReward, shares []types.EraShare) (math.Int, error) {
	total := math.ZeroInt()
	if len(shares) == 0 {
		return total, types.ErrInvalidShares.Wrapf("none, want at least one: without a message the points of era %d decide", due.Era)
	}
	var before sdk.ValAddress
	for _, share := range shares {
		operator, err := k.rawOperator(share.Operator)
		if err != nil {
			return total, types.ErrInvalidShares.Wrapf("operator %q: %s", share.Operator, err)
		}
		if before != nil && bytes.Compare(before, operator) >= 0 {
			return total, types.ErrInvalidShares.Wrapf("%s is out of order, want each operator once in ascending order", share.Operator)
		}
		before = operator
		earning, found, err := maybe(ctx, k.Earnings, collections.Join(due.Era, operator))
		if err != nil {
			return total, err
		}
		switch {
		case !found:
			return total, types.ErrInvalidShares.Wrapf("%s did not serve in era %d", share.Operator, due.Era)
		case earning.Forfeit != types.FORFEIT_REASON_UNSPECIFIED:
			return total, types.ErrInvalidShares.Wrapf("%s forfeits era %d: %s", share.Operator, due.Era, earning.Forfeit)
		case share.Amount.IsNil() || !share.Amount.IsPositive() || share.Amount.GT(due.Cap):
			return total, types.ErrInvalidShares.Wrapf("share of %s is %s ufis, want from 1 to the cap %s", share.Operator, share.Amount, due.Cap)
		}
		total = total.Add(share.Amount)
	}
	if total.GT(due.Issued) {
		return total, types.ErrInvalidShares.Wrapf("shares are %s ufis together, want at most %s", total, due.Issued)
	}
	return total, nil
}

// replaceShares gives every row of the statement the share that is named, or none; both are in order of operator.
func (k Keeper) replaceShares(ctx context.Context, era uint64, shares []types.EraShare) error {
	iterator, err := k.Earnings.Iterate(ctx, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era))
	if err != nil {
		return err
	}
	rows, err := iterator.KeyValues()
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.Value.Share = math.ZeroInt()
		if len(shares) > 0 {
			operator, err := k.rawOperator(shares[0].Operator)
			if err != nil {
				return err
			}
			if bytes.Equal(operator, row.Key.K2()) {
				row.Value.Share, shares = shares[0].Amount, shares[1:]
			}
		}
		if err := k.Earnings.Set(ctx, row.Key, row.Value); err != nil {
			return err
		}
	}
	if len(shares) > 0 {
		return types.ErrInvalidShares.Wrapf("%s is in no row of era %d", shares[0].Operator, era)
	}
	return nil
}

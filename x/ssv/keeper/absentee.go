package keeper

import (
	"context"
	"errors"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/pool"
)

// Absentees are the operators whose validators may have missed blocks of x/slashing's window. Its counter is above 0 for nobody else, for
// it only grows by a vote that is absent; so the freeze reads it for these alone.

func anyAbsent(votes []abci.VoteInfo) bool {
	return slices.ContainsFunc(votes, func(vote abci.VoteInfo) bool { return vote.BlockIdFlag == cmtproto.BlockIDFlagAbsent })
}

// recordAbsences adds those whose vote the last commit lacks. One that has rotated its key since is among them by the hook, and one that
// is gone needs no record.
func (k Keeper) recordAbsences(ctx context.Context) error {
	for _, vote := range sdk.UnwrapSDKContext(ctx).VoteInfos() {
		if vote.BlockIdFlag != cmtproto.BlockIDFlagAbsent {
			continue
		}
		validator, err := k.staking.GetValidatorByConsAddr(ctx, vote.Validator.Address)
		if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
			continue
		}
		if err != nil {
			return err
		}
		operator, err := k.rawOperator(validator.GetOperator())
		if err != nil {
			return err
		}
		if err := k.recordAbsence(ctx, operator); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) recordAbsence(ctx context.Context, operator sdk.ValAddress) error {
	known, err := k.Absentees.Has(ctx, operator)
	if err != nil || known {
		return err
	}
	return k.Absentees.Set(ctx, operator)
}

// missedBlocks returns x/slashing's counter for an operator's validator, 0 where there is none.
func (k Keeper) missedBlocks(ctx context.Context, operator sdk.ValAddress) (int64, error) {
	validator, found, err := k.validator(ctx, operator)
	if err != nil || !found {
		return 0, err
	}
	m := pool.Measured{}
	err = k.measureBlocks(ctx, &m, survey{}, operator, validator)
	return m.Missed, err
}

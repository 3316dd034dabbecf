package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// heartbeat records a relayer's sign of life with what its light clients have proven (protocol §12).
func (k Keeper) heartbeat(ctx context.Context, msg *types.MsgHeartbeat) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	raw, err := k.submittedFor(ctx, msg.Submitter)
	if err != nil {
		return err
	}
	operator, err := k.operator(raw)
	if err != nil {
		return err
	}
	if err := k.touch(ctx, raw); err != nil {
		return err
	}
	return k.Heartbeats.Set(ctx, raw, types.Heartbeat{
		Operator: operator, Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Chains: msg.Chains, Version: msg.Version,
	})
}

// submittedFor returns the operator for which an account submits, given as text.
func (k Keeper) submittedFor(ctx context.Context, text string) (sdk.ValAddress, error) {
	submitter, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, types.ErrSubmitterNotFound.Wrapf("submitter %q: %s", text, err)
	}
	raw, found, err := maybe(ctx, k.Submitters, sdk.AccAddress(submitter))
	if err == nil && !found {
		err = types.ErrSubmitterNotFound.Wrap(text)
	}
	return raw, err
}

// TouchDuty records that a duty transaction of the operator succeeded, which stands for a heartbeat (protocol §12). It
// writes once per heartbeat interval and else costs two reads.
func (k Keeper) TouchDuty(ctx context.Context, operator string) error {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return types.ErrCandidateNotFound.Wrapf("%q: %s", operator, err)
	}
	return k.touch(ctx, raw)
}

func (k Keeper) touch(ctx context.Context, operator sdk.ValAddress) error {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	live, found, err := maybe(ctx, k.Liveness, operator)
	if err != nil {
		return err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if found && live.Era == era.Number && interval(era, live.Height) == interval(era, height) {
		return nil
	}
	if live.Era != era.Number {
		live = types.Liveness{Era: era.Number, FormerEra: live.Era, FormerSent: live.Sent}
	}
	live.Height, live.Sent = height, live.Sent+1
	return k.Liveness.Set(ctx, operator, live)
}

// interval returns which heartbeat interval of the era a height lies in, from 0. The first begins with the block after the
// one that ended the era before.
func interval(era types.Era, height int64) uint64 {
	return intervalsOver(era, height-1)
}

// intervalsOver returns how many heartbeat intervals of the era are over at the end of the block of that height.
func intervalsOver(era types.Era, height int64) uint64 {
	if height <= era.StartHeight || era.HeartbeatInterval == 0 {
		return 0
	}
	return uint64(height-era.StartHeight) / era.HeartbeatInterval
}

// heartbeatsOf returns how many heartbeats an operator sent in an era and how many intervals were over at a height, which is
// what was due of a member. What was sent above that is not counted.
func (k Keeper) heartbeatsOf(
	ctx context.Context, era types.Era, height int64, operator sdk.ValAddress,
) (types.HeartbeatAccount, error) {
	account := types.HeartbeatAccount{Era: era.Number}
	text, err := k.operator(operator)
	if err != nil {
		return account, err
	}
	account.Operator = text
	live, _, err := maybe(ctx, k.Liveness, operator)
	if err != nil {
		return account, err
	}
	account.Due, account.Sent = heartbeats(era, height, live)
	return account, nil
}

// settleHeartbeats writes the heartbeat accounts of the members that served when the era ended, at the height at which it did.
func (k Keeper) settleHeartbeats(ctx context.Context, ended types.Era, height int64) error {
	members, err := k.excludedOperators(ctx)
	if err != nil {
		return err
	}
	for _, operator := range members {
		account, err := k.heartbeatsOf(ctx, ended, height, operator)
		if err != nil {
			return err
		}
		if err := k.HeartbeatAccounts.Set(ctx, collections.Join(ended.Number, operator), account); err != nil {
			return err
		}
	}
	return nil
}

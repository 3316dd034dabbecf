package keeper

import (
	"context"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// emit emits a typed event; one that can't be encoded is logged, never a reason to undo what it tells of.
func (k Keeper) emit(ctx context.Context, event proto.Message) {
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event); err != nil {
		k.logger(ctx).Error("event lost", "error", err)
	}
}

// alarm says that something needs a person.
func (k Keeper) alarm(ctx context.Context, contract uint64, reason string) {
	k.logger(ctx).Error("alarm", "contract", contract, "reason", reason)
	k.emit(ctx, &types.EventAlarm{Contract: contract, Reason: reason})
}

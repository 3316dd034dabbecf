package keeper

import (
	"context"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// emit emits a typed event; one that can't be encoded is logged, since no step may fail for want of it.
func (k Keeper) emit(ctx context.Context, event proto.Message) {
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event); err != nil {
		k.logger(ctx).Error("event can't be encoded", "event", event, "error", err)
	}
}

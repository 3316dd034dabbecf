package keeper

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// isolate runs a step of a block hook in a cache context. If it fails or panics its writes and events are dropped, the error is
// logged and emitted, and the caller goes on (protocol §2).
func (k Keeper) isolate(ctx context.Context, era uint64, name string, step func(ctx context.Context) error) error {
	err := attempt(sdk.UnwrapSDKContext(ctx), step)
	if err == nil {
		return nil
	}
	k.logger(ctx).Error("a step failed, was undone and will be tried again", "era", era, "step", name, "error", err)
	k.emit(ctx, &types.EventStepFailed{Era: era, Step: name, Error: err.Error()})
	return err
}

func attempt(ctx sdk.Context, step func(ctx context.Context) error) (err error) {
	cached, write := ctx.CacheContext()
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("panic: %v", recovered)
		}
	}()
	if err := step(cached); err != nil {
		return err
	}
	write()
	return nil
}

package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// EndBlock settles the sessions that are due and deletes records that are no longer kept, both within their bounds. It never fails:
// what can't be settled or deleted is logged. It runs before the modules that open sessions, so that they see what expired.
func (k Keeper) EndBlock(ctx context.Context) error {
	logger := sdk.UnwrapSDKContext(ctx).Logger()
	if err := k.settleDue(ctx); err != nil {
		logger.Error("sessions not settled", "module", "multisig", "error", err)
	}
	if err := k.prune(ctx); err != nil {
		logger.Error("records not pruned", "module", "multisig", "error", err)
	}
	return nil
}

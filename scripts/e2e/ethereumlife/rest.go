package ethereumlife

import (
	"context"
	"fmt"
	"time"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// restLimit is a handover's and an era's change.
const restLimit = 4 * time.Minute

// comeToRest waits until nothing is queued, in flight or being handed over, and all that was sent is observed.
func (l *Life) comeToRest(ctx context.Context) error {
	height, err := l.chain.Height(ctx)
	if err != nil {
		return err
	}
	_, err = e2e.Await(ctx, "the contract to come to rest", restLimit, func(ctx context.Context) (string, bool, error) {
		left, err := l.unrest(ctx, height)
		return left, err == nil && left == "", err
	})
	return err
}

// unrest says what is still going on, empty if nothing is.
func (l *Life) unrest(ctx context.Context, height uint64) (string, error) {
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return "", err
	}
	live, err := multisigtypes.NewQueryClient(l.stafi.GRPC).LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
	if err != nil {
		return "", err
	}
	solvency, err := l.stafi.Solvency(ctx, l.contract)
	if err != nil {
		return "", err
	}
	switch {
	case info.State.ObservedHeight < height:
		return fmt.Sprintf("observed up to %d of %d", info.State.ObservedHeight, height), nil
	case info.State.Handover != contracttypes.HANDOVER_STAGE_NONE || info.State.PendingVault != 0:
		return fmt.Sprintf("handover at %s", info.State.Handover), nil
	case len(live.Sessions) > 0:
		return fmt.Sprintf("%d sessions live", len(live.Sessions)), nil
	case !solvency.Escrow.IsZero():
		return fmt.Sprintf("%s in escrow", solvency.Escrow), nil
	}
	return "", nil
}

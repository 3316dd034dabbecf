package e2e

import (
	"context"
	"fmt"
	"time"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const restLimit = 120 * time.Second

// comeToRest waits until nothing is queued, in flight or being handed over, and all that was sent is observed.
func (l *Life) comeToRest(ctx context.Context) error {
	height, err := l.original.Height(ctx)
	if err != nil {
		return err
	}
	_, err = Await(ctx, "the contract to come to rest", restLimit, func(ctx context.Context) (string, bool, error) {
		left, err := l.unrest(ctx, uint64(height))
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
	era, err := l.stafi.Era(ctx)
	if err != nil {
		return "", err
	}
	live, err := l.liveSessions(ctx)
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
	case era.Transition != nil:
		return "an era is changing", nil
	case info.State.Handover != contracttypes.HANDOVER_STAGE_NONE || info.State.PendingVault != 0:
		return fmt.Sprintf("handover at %s", info.State.Handover), nil
	case live > 0:
		return fmt.Sprintf("%d sessions live", live), nil
	case !solvency.Escrow.IsZero():
		return fmt.Sprintf("%s in escrow", solvency.Escrow), nil
	}
	return "", nil
}

// liveSessions counts the series that no proof has finished.
func (l *Life) liveSessions(ctx context.Context) (int, error) {
	answer, err := l.stafi.multisig().LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
	if err != nil {
		return 0, err
	}
	return len(answer.Sessions), nil
}

package e2e

import (
	"context"
	"fmt"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// restLimit is for a handover and an era's change, and the payouts between.
const restLimit Blocks = 300

// comeToRest waits until nothing is queued, in flight or being handed over, and all that was sent is observed.
func (l *Life) comeToRest(ctx context.Context) error {
	height, err := l.original.Height(ctx)
	if err != nil {
		return err
	}
	_, err = Await(ctx, "the contract to come to rest", restLimit, func(ctx context.Context) (string, bool, error) {
		stafi, err := l.stafi.Height(ctx)
		if err != nil {
			return "", false, err
		}
		left, observed, err := l.unrest(At(ctx, stafi), uint64(height)) //nolint:gosec // a height
		l.calm = RestPoint{StaFi: stafi, Original: observed}
		return left, err == nil && left == "", err
	})
	if err == nil {
		l.report.Say("at rest at block %d of StaFi, which has observed the original chain up to its block %d: the books are compared there", l.calm.StaFi, l.calm.Original)
	}
	return err
}

// RestPoint is where nothing was going on: a block of StaFi, and the last block of the original
// chain that it had observed. Both chains are asked for what they had there, whatever comes later.
type RestPoint struct {
	StaFi, Original int64
}

// unrest says what is still going on, empty if nothing is, and how far the original chain is observed.
func (l *Life) unrest(ctx context.Context, height uint64) (left string, observed int64, err error) {
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return "", 0, err
	}
	era, err := l.stafi.Era(ctx)
	if err != nil {
		return "", 0, err
	}
	live, err := l.liveSessions(ctx)
	if err != nil {
		return "", 0, err
	}
	solvency, err := l.stafi.Solvency(ctx, l.contract)
	if err != nil {
		return "", 0, err
	}
	switch {
	case info.State.ObservedHeight < height:
		left = fmt.Sprintf("observed up to %d of %d", info.State.ObservedHeight, height)
	case era.Transition != nil:
		left = "an era is changing"
	case info.State.Handover != contracttypes.HANDOVER_STAGE_NONE || info.State.PendingVault != 0:
		left = fmt.Sprintf("handover at %s", info.State.Handover)
	case live > 0:
		left = fmt.Sprintf("%d sessions live", live)
	case !solvency.Escrow.IsZero():
		left = fmt.Sprintf("%s in escrow", solvency.Escrow)
	}
	return left, int64(info.State.ObservedHeight), nil //nolint:gosec // a height
}

// liveSessions counts the series that no proof has finished.
func (l *Life) liveSessions(ctx context.Context) (int, error) {
	answer, err := l.stafi.multisig().LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
	if err != nil {
		return 0, err
	}
	return len(answer.Sessions), nil
}

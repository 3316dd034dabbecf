package ethereumlife

import (
	"context"
	"fmt"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// restLimit is a handover's and an era's change.
const restLimit e2e.Blocks = 600

// comeToRest waits until nothing is queued, in flight or being handed over, and all that was sent is observed.
func (l *Life) comeToRest(ctx context.Context) error {
	height, err := l.chain.Height(ctx)
	if err != nil {
		return err
	}
	_, err = e2e.Await(ctx, "the contract to come to rest", restLimit, func(ctx context.Context) (string, bool, error) {
		stafi, err := l.stafi.Height(ctx)
		if err != nil {
			return "", false, err
		}
		left, observed, err := l.unrest(e2e.At(ctx, stafi), height)
		l.calm = e2e.RestPoint{StaFi: stafi, Original: int64(observed)} //nolint:gosec // a height
		return left, err == nil && left == "", err
	})
	if err == nil {
		l.report.Say("at rest at block %d of StaFi, which has observed the Ethereum network up to its block %d: the books are compared there", l.calm.StaFi, l.calm.Original)
	}
	return err
}

// unrest says what is still going on, empty if nothing is, and how far the Ethereum network is observed.
func (l *Life) unrest(ctx context.Context, height uint64) (left string, observed uint64, err error) {
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return "", 0, err
	}
	live, err := multisigtypes.NewQueryClient(l.stafi.GRPC).LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
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
	case info.State.Handover != contracttypes.HANDOVER_STAGE_NONE || info.State.PendingVault != 0:
		left = fmt.Sprintf("handover at %s", info.State.Handover)
	case len(live.Sessions) > 0:
		left = fmt.Sprintf("%d sessions live", len(live.Sessions))
	case !solvency.Escrow.IsZero():
		left = fmt.Sprintf("%s in escrow", solvency.Escrow)
	}
	return left, info.State.ObservedHeight, nil
}

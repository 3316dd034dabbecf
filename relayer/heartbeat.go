package relayer

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// heartbeater tells the chain that this relayer is alive and what its light clients have proven (protocol §12).
type heartbeater struct {
	keys    Keys
	outbox  *stafi.Outbox
	board   *status.Board
	clients func() []lightclient.Client
}

// heartbeatWait is the part (1/n) of an interval that is left to other duty transactions to stand for its heartbeat.
const heartbeatWait = 5

// round sends the heartbeat of the current interval once it is due and no duty transaction stands for it.
func (h *heartbeater) round(ctx context.Context, view stafi.View) {
	if view.Candidate == nil {
		return
	}
	last := int64(0)
	if view.Candidate.Heartbeat != nil {
		last = view.Candidate.Heartbeat.Height
	}
	key, due := heartbeatDue(view.Era, last, view.Height)
	h.board.Doing(status.Heartbeat, "", fmt.Sprintf("last sign of life in block %d", last), func(duty *status.Duty) {
		duty.Height, duty.Lag = view.Height, view.Height-last
	})
	if !due {
		return
	}
	msg := &ssvtypes.MsgHeartbeat{Submitter: h.keys.Submitter.Address().String(), Chains: h.heads(), Version: Version()}
	if err := submitted(h.outbox.Submit(ctx, key, status.Heartbeat, msg)); err != nil {
		h.board.Failed(status.Heartbeat, "", err)
	}
}

// heartbeatDue tells whether a heartbeat has to be sent after the block at a height, and the duty's key: one per interval of
// the era. Intervals begin with the block after the one that ended the era before.
func heartbeatDue(era ssvtypes.Era, last, height int64) (key string, due bool) {
	length := int64(era.HeartbeatInterval)
	if length == 0 || height < era.StartHeight {
		return "", false
	}
	interval := (height - era.StartHeight) / length
	begins := era.StartHeight + interval*length
	key = fmt.Sprintf("heartbeat/%d/%d", era.Number, interval)
	return key, last <= begins && height-begins >= length/heartbeatWait
}

// heads of the light clients, in order of chain id.
func (h *heartbeater) heads() []ssvtypes.ChainHead {
	var heads []ssvtypes.ChainHead
	for _, client := range h.clients() {
		if head, err := client.Head(); err == nil {
			heads = append(heads, ssvtypes.ChainHead{
				ChainId: head.ChainID, Height: uint64(head.Height), Hash: bytes.Clone(head.Hash[:]),
			})
		}
	}
	slices.SortFunc(heads, func(a, b ssvtypes.ChainHead) int { return bytes.Compare([]byte(a.ChainId), []byte(b.ChainId)) })
	return heads
}

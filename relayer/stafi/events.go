package stafi

import (
	"context"
	"fmt"
	"strings"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// ownEvents is how the types of this chain's own events begin.
const ownEvents = "stafi."

// BlockEvents are this chain's own typed events that a block emitted outside its transactions. One that can't be read is left out: events
// are for people, nothing is decided by them.
func (n *Node) BlockEvents(ctx context.Context, height int64) ([]proto.Message, error) {
	results, err := n.rpc.BlockResults(ctx, &height)
	if err != nil {
		return nil, fmt.Errorf("reading results of block %d: %w", height, err)
	}
	var events []proto.Message
	for _, found := range results.FinalizeBlockEvents {
		if !strings.HasPrefix(found.Type, ownEvents) {
			continue
		}
		if event, err := sdk.ParseTypedEvent(found); err == nil {
			events = append(events, event)
		}
	}
	return events, nil
}

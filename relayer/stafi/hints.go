package stafi

import (
	"context"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

const (
	// hintTimeout bounds connecting and subscribing.
	hintTimeout = 5 * time.Second
	// hintSilence is how long a subscription may bring nothing before it is made anew.
	hintSilence = 30 * time.Second
	// hintRetry is the pause before another attempt to subscribe.
	hintRetry = 3 * time.Second
)

// Hints calls wake for every new block that the node announces, until the context ends. It reconnects by itself, and wakes
// once after each reconnection. A hint says only "look now"; whoever relies on hints alone misses blocks.
func Hints(ctx context.Context, rpcAddress string, wake func()) {
	for ctx.Err() == nil {
		listen(ctx, rpcAddress, wake)
		select {
		case <-ctx.Done():
		case <-time.After(hintRetry):
		}
	}
}

func listen(ctx context.Context, rpcAddress string, wake func()) {
	client, err := rpchttp.New(rpcAddress, "/websocket")
	if err != nil || client.Start() != nil {
		return
	}
	defer func() { _ = client.Stop() }()
	query := cmttypes.QueryForEvent(cmttypes.EventNewBlockHeader).String()
	subscribing, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	events, err := client.Subscribe(subscribing, "relayer", query, 8)
	if err != nil {
		return
	}
	wake()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(hintSilence):
			return
		case <-events:
			wake()
		}
	}
}

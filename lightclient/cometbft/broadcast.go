package cometbft

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Broadcast implements lightclient.Client. All sources get the transaction, as
// one of them may drop it silently; those that are slower than HedgeDelay after
// the first acceptance are not waited for. One acceptance outweighs refusals.
func (c *Client) Broadcast(ctx context.Context, tx []byte) ([32]byte, error) {
	hash := sha256.Sum256(tx)
	if c.frozen() {
		return hash, lightclient.ErrFrozen
	}
	answers := pool.AskAll(ctx, c.pool.Ranked(), c.pool.HedgeDelay(), func(ctx context.Context, source Source) (CheckResult, error) {
		return source.BroadcastTx(ctx, tx)
	})
	return hash, verdict(ctx, answers)
}

func (c *Client) frozen() bool {
	st, _, _ := c.snapshot()
	return st.Frozen
}

func verdict(ctx context.Context, answers []pool.Answer[Source, CheckResult]) error {
	var refused *lightclient.TxRefusedError
	var reasons []error
	for _, a := range answers {
		switch {
		case a.Err != nil:
			reasons = append(reasons, a.Err)
		case a.Value.Code == 0:
			return nil
		case refused == nil:
			refused = &lightclient.TxRefusedError{Codespace: a.Value.Codespace, Code: a.Value.Code, Log: a.Value.Log}
			reasons = append(reasons, fmt.Errorf("%s: %w", a.From.Source.Name(), refused))
		}
	}
	if refused != nil {
		return errors.Join(reasons...)
	}
	return errors.Join(ctx.Err(), pool.NoSource(reasons))
}

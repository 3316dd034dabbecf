package ethereum

import (
	"context"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Broadcast implements lightclient.Client: to every execution source, in
// consensus encoding; the hash is its keccak.
func (c *Client) Broadcast(ctx context.Context, tx []byte) ([32]byte, error) {
	if _, err := c.standing(); err != nil && !errors.Is(err, lightclient.ErrNotBootstrapped) {
		return [32]byte{}, err
	}
	answers := pool.AskAll(ctx, c.blocks.Ranked(), c.blocks.HedgeDelay(), func(ctx context.Context, source ExecutionSource) (*lightclient.TxRefusedError, error) {
		err := source.SendTransaction(ctx, tx)
		var refused *lightclient.TxRefusedError
		if errors.As(err, &refused) {
			return refused, nil // an answer like any other
		}
		return nil, err
	})
	return keccak(tx), verdict(ctx, answers)
}

// verdict is nil if anybody took the transaction; else the refusals, if any.
func verdict(ctx context.Context, answers []pool.Answer[ExecutionSource, *lightclient.TxRefusedError]) error {
	var reasons, refusals []error
	for _, a := range answers {
		switch {
		case a.Err != nil:
			reasons = append(reasons, a.Err)
		case a.Value == nil:
			return nil
		default:
			refusals = append(refusals, fmt.Errorf("%s: %w", a.From.Source.Name(), a.Value))
		}
	}
	if len(refusals) > 0 {
		return errors.Join(refusals...)
	}
	return errors.Join(ctx.Err(), pool.NoSource(reasons))
}

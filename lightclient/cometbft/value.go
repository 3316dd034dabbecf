package cometbft

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// VerifiedValue implements lightclient.Client. The query is made at height and
// proven against the AppHash of the next header, which commits to the state
// after that block. Errors: ErrNotVerified, ErrNoSource joined with each
// source's ErrProof.
func (c *Client) VerifiedValue(ctx context.Context, storeName string, key []byte, height int64) ([]byte, error) {
	if storeName == "" || len(key) == 0 {
		return nil, errors.New("store name and key can't be empty")
	}
	next, err := c.headerAt(ctx, height+1)
	if err != nil {
		return nil, err
	}
	value, _, err := pool.Ask(ctx, c.pool, c.pool.Ranked(), func(ctx context.Context, source Source) ([]byte, error) {
		answer, err := source.ABCIQuery(ctx, "/store/"+storeName+"/key", key, height)
		if err != nil {
			return nil, err
		}
		return checkValue(answer, storeName, key, height, next.AppHash)
	})
	if err != nil {
		return nil, fmt.Errorf("store %s key %X at height %d: %w", storeName, key, height, err)
	}
	_, err = c.standing()
	return value, err
}

// checkValue checks that the answer is to the question, then its proof. The
// value is nil when its absence is proven.
func checkValue(answer Value, storeName string, key []byte, height int64, appHash []byte) ([]byte, error) {
	if answer.Height != height {
		return nil, fmt.Errorf("%w: answer at height %d, want %d", lightclient.ErrProof, answer.Height, height)
	}
	if !bytes.Equal(answer.Key, key) {
		return nil, fmt.Errorf("%w: answer for key %X, want %X", lightclient.ErrProof, answer.Key, key)
	}
	if err := VerifyState(answer.Proof, appHash, storeName, key, answer.Value); err != nil {
		return nil, err
	}
	if len(answer.Value) == 0 {
		return nil, nil
	}
	return answer.Value, nil
}

package cometbft

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"
	"golang.org/x/sync/errgroup"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// VerifiedBlock implements lightclient.Client. In this order: the headers at the
// height and the next are verified; the transactions are those of the first's
// DataHash; the results are those of the second's LastResultsHash, one for each
// transaction. A block without transactions needs no source.
func (c *Client) VerifiedBlock(ctx context.Context, height int64) (*lightclient.Block, error) {
	next, err := c.headerAt(ctx, height+1)
	if err != nil {
		return nil, err
	}
	header, err := c.headerAt(ctx, height)
	if err != nil {
		return nil, err
	}
	block, err := c.fill(ctx, header, next)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", height, err)
	}
	_, err = c.standing()
	return block, err
}

func (c *Client) fill(ctx context.Context, header, next *types.Header) (*lightclient.Block, error) {
	block := &lightclient.Block{
		ChainID: header.ChainID, Height: header.Height, Time: header.Time.UTC(), Hash: [32]byte(header.Hash()),
	}
	if bytes.Equal(header.DataHash, types.Txs(nil).Hash()) {
		return block, nil
	}
	txs, results, err := c.contents(ctx, header, next)
	if err != nil {
		return nil, err
	}
	block.Txs, err = joinTxs(txs, results)
	return block, err
}

// contents fetches transactions and results side by side.
func (c *Client) contents(ctx context.Context, header, next *types.Header) (txs types.Txs, results []*abci.ExecTxResult, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		txs, _, err = pool.Ask(ctx, c.pool, c.pool.Ranked(), func(ctx context.Context, source Source) (types.Txs, error) {
			txs, err := source.Block(ctx, header.Height)
			if err != nil {
				return nil, err
			}
			return txs, checkTxs(txs, header)
		})
		return err
	})
	group.Go(func() (err error) {
		results, _, err = pool.Ask(ctx, c.pool, c.pool.Ranked(), func(ctx context.Context, source Source) ([]*abci.ExecTxResult, error) {
			results, err := source.BlockResults(ctx, header.Height)
			if err != nil {
				return nil, err
			}
			return results, checkResults(results, next)
		})
		return err
	})
	return txs, results, group.Wait()
}

// checkTxs compares the Merkle root of all transactions. Error: ErrDataHash.
func checkTxs(txs types.Txs, header *types.Header) error {
	if got := txs.Hash(); !bytes.Equal(got, header.DataHash) {
		return fmt.Errorf("%w: height %d: %d transactions hash to %X, want %X", lightclient.ErrDataHash,
			header.Height, len(txs), got, header.DataHash)
	}
	return nil
}

// checkResults compares the Merkle root of code, data, gas wanted and gas used
// of all results; nothing else of a result is committed to. Error:
// ErrResultsHash.
func checkResults(results []*abci.ExecTxResult, next *types.Header) error {
	for i, result := range results {
		if result == nil {
			return fmt.Errorf("%w: result %d is missing", lightclient.ErrMalformed, i)
		}
	}
	if got := types.NewResults(results).Hash(); !bytes.Equal(got, next.LastResultsHash) {
		return fmt.Errorf("%w: height %d: %d results hash to %X, want %X", lightclient.ErrResultsHash,
			next.Height-1, len(results), got, next.LastResultsHash)
	}
	return nil
}

// joinTxs pairs transactions with results, both verified. A chain whose header
// commits to another number of results than transactions is broken itself.
func joinTxs(txs types.Txs, results []*abci.ExecTxResult) ([]lightclient.Tx, error) {
	if len(txs) != len(results) {
		return nil, fmt.Errorf("%w: %d results for %d transactions", lightclient.ErrResultsHash, len(results), len(txs))
	}
	joined := make([]lightclient.Tx, len(txs))
	for i, tx := range txs {
		joined[i] = lightclient.Tx{
			Hash: sha256.Sum256(tx), Bytes: tx,
			Code: results[i].Code, GasWanted: results[i].GasWanted, GasUsed: results[i].GasUsed,
		}
	}
	return joined, nil
}

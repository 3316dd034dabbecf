package cometbft

import (
	"context"
	"errors"
	"fmt"

	"github.com/stafiprotocol/stafid/lightclient"
)

// Unanswered is a question that following a chain asks and that a source did not answer.
type Unanswered struct {
	// Question in words, with its height.
	Question string
	Err      error
}

// Survey asks a source of one height whatever following the chain asks of a block: header, commit
// and all pages of the validators, headers of a range, transactions, their results, and a proof of
// a key of the state after it. It proves nothing; a height should be two below the tip at least,
// for the results and the state of a block are signed by the next one.
func Survey(ctx context.Context, source Source, height int64, path string, key []byte) []Unanswered {
	var open []Unanswered
	ask := func(question string, answer func() error) {
		if err := answer(); err != nil {
			open = append(open, Unanswered{Question: fmt.Sprintf("%s at height %d", question, height), Err: err})
		}
	}
	ask("header, commit and validators", func() error {
		_, err := source.LightBlock(ctx, height)
		return err
	})
	ask("headers of a range", func() error {
		_, err := source.Headers(ctx, height, height+1)
		return err
	})
	ask("transactions", func() error {
		_, err := source.Block(ctx, height)
		return err
	})
	ask("results of transactions", func() error {
		_, err := source.BlockResults(ctx, height)
		return err
	})
	ask("state with proof", func() error {
		value, err := source.ABCIQuery(ctx, path, key, height)
		if err == nil && (value.Proof == nil || len(value.Proof.Ops) == 0) {
			err = fmt.Errorf("%w: no proof", lightclient.ErrMalformed)
		}
		return err
	})
	return open
}

// Advice says how whoever runs the source can make it answer, and is empty where nothing is known.
func (u Unanswered) Advice() string {
	switch {
	case errors.Is(u.Err, lightclient.ErrNotKept):
		return "set discard_abci_responses = false in [storage] of its config.toml; it answers for blocks made after that. Or take another source"
	case errors.Is(u.Err, lightclient.ErrHeightUnavailable):
		return "keep more: pruning and min-retain-blocks in its app.toml; or start from a snapshot that is older, or take another source"
	}
	return "take another source if this lasts"
}

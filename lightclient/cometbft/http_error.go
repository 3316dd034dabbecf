package cometbft

import (
	"errors"
	"fmt"
	"strings"

	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"

	"github.com/stafiprotocol/stafid/lightclient"
)

// nameRPCError gives a name to what a CometBFT node says only in prose. The
// text is the remote's: a wrong guess costs a retry elsewhere, nothing more.
func nameRPCError(err error) error {
	var rpcErr *rpctypes.RPCError
	if !errors.As(err, &rpcErr) {
		return err
	}
	text := rpcErr.Message + " " + rpcErr.Data
	switch {
	case strings.Contains(text, "must be less than or equal to the current blockchain height"),
		strings.Contains(text, "can't be greater than max height"):
		return fmt.Errorf("%w: %w", lightclient.ErrSourceLagging, err)
	case strings.Contains(text, "not persisting finalize block responses"),
		strings.Contains(text, "not persisting abci responses"): // CometBFT 0.38 and later; before
		return fmt.Errorf("%w: results of blocks (discard_abci_responses): %w", lightclient.ErrNotKept, err)
	case strings.Contains(text, "lowest height is"),
		strings.Contains(text, "height is not available"),
		strings.Contains(text, "could not find"):
		return fmt.Errorf("%w: %w", lightclient.ErrHeightUnavailable, err)
	}
	return err
}

// isInMempool tells whether a broadcast failed only because the node has the
// transaction already.
func isInMempool(err error) bool {
	var rpcErr *rpctypes.RPCError
	return errors.As(err, &rpcErr) && strings.Contains(rpcErr.Message+rpcErr.Data, "tx already exists in cache")
}

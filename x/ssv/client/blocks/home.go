package blocks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	dbm "github.com/cometbft/cometbft-db"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtcfg "github.com/cometbft/cometbft/config"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	cmttypes "github.com/cometbft/cometbft/types"
)

// ErrHome says that the home holds no stores of a node, or a running node holds them.
var ErrHome = errors.New("stores of the node can't be opened")

// Names of CometBFT's databases.
const (
	blockStoreName = "blockstore"
	stateStoreName = "state"
)

// Home is the stores of a node that does not run. No state of the application is needed.
type Home struct {
	blocks  *store.BlockStore
	results sm.Store
	close   []func() error
}

// OpenHome opens the block store, and the store with the results of transactions if there is one, as a node's configuration names them.
// Error: ErrHome.
func OpenHome(cfg *cmtcfg.Config) (*Home, error) {
	home := &Home{}
	blocks, err := home.open(cfg, blockStoreName)
	if err != nil {
		return nil, err
	}
	home.blocks = store.NewBlockStore(blocks)
	results, err := home.open(cfg, stateStoreName)
	if errors.Is(err, os.ErrNotExist) {
		return home, nil
	}
	if err != nil {
		return nil, errors.Join(err, home.Close())
	}
	home.results = sm.NewStore(results, sm.StoreOptions{DiscardABCIResponses: cfg.Storage.DiscardABCIResponses})
	return home, nil
}

// open opens a database that must be there: opening another would make one.
func (h *Home) open(cfg *cmtcfg.Config, name string) (dbm.DB, error) {
	path := filepath.Join(cfg.DBDir(), name+".db")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHome, err)
	}
	db, err := cmtcfg.DefaultDBProvider(&cmtcfg.DBContext{ID: name, Config: cfg})
	if err != nil {
		return nil, fmt.Errorf("%w: %s, is the node running? Stop it, or ask it with --node: %w", ErrHome, path, err)
	}
	h.close = append(h.close, db.Close)
	return db, nil
}

// Close closes the stores.
func (h *Home) Close() error {
	errs := make([]error, 0, len(h.close))
	for _, closing := range h.close {
		errs = append(errs, closing())
	}
	return errors.Join(errs...)
}

// Head implements Source.
func (h *Home) Head(context.Context) (int64, error) { return h.blocks.Height(), nil }

// Block implements Source. What the store can't read, over which it panics, is ErrHome.
func (h *Home) Block(_ context.Context, height int64) (block *cmttypes.Block, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			block, err = nil, fmt.Errorf("%w: block %d: %v", ErrHome, height, reason)
		}
	}()
	block = h.blocks.LoadBlock(height)
	if block == nil {
		return nil, fmt.Errorf("%w: %d; the store has %d to %d", ErrNoBlock, height, h.blocks.Base(), h.blocks.Height())
	}
	return block, nil
}

// Results implements Source.
func (h *Home) Results(_ context.Context, height int64) ([]*abci.ExecTxResult, error) {
	if h.results == nil {
		return nil, fmt.Errorf("%w: %d: there is no %s store", ErrNoResults, height, stateStoreName)
	}
	response, err := h.results.LoadFinalizeBlockResponse(height)
	if err != nil {
		return nil, fmt.Errorf("%w: %d: %w", ErrNoResults, height, err)
	}
	return response.TxResults, nil
}

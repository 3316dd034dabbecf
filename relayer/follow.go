package relayer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/cometbft"
	"github.com/stafiprotocol/stafid/lightclient/store"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
)

// OpenClient opens the light client of an original chain; the contract names its trusting period.
type OpenClient func(cfg ChainConfig, dataDir string, contract stafi.Contract, logger log.Logger) (lightclient.Client, error)

// Open opens the light client of an original chain of any kind that is served. Errors: ErrConfig where the contract's chain is of another kind.
func Open(cfg ChainConfig, dataDir string, contract stafi.Contract, logger log.Logger) (lightclient.Client, error) {
	if kind := kindOf(contract); kind != "" && kind != cfg.Kind {
		return nil, fmt.Errorf("%w: kind of %s is %q, contract %d says %q", ErrConfig, cfg.ChainID, cfg.Kind, contract.Id, kind)
	}
	if cfg.Kind == KindEthereum {
		return openEthereum(cfg, dataDir, contract, logger)
	}
	return openCometBFT(cfg, dataDir, contract, logger)
}

// kindOf is a contract's kind as a configuration names it, empty for one that is not served.
func kindOf(contract stafi.Contract) string {
	switch {
	case contract.Cosmos != nil:
		return KindCosmos
	case contract.Ethereum != nil:
		return KindEthereum
	}
	return ""
}

// openCometBFT opens the light client of a Cosmos chain over HTTP sources.
func openCometBFT(cfg ChainConfig, dataDir string, contract stafi.Contract, logger log.Logger) (lightclient.Client, error) {
	sources := make([]cometbft.Source, len(cfg.Sources))
	for i, address := range cfg.Sources {
		source, err := cometbft.NewHTTPSource(address, 0)
		if err != nil {
			return nil, err
		}
		sources[i] = source
	}
	pool, err := cometbft.NewPool(sources, cometbft.PoolConfig{OnFailure: reportSource(logger)})
	if err != nil {
		return nil, err
	}
	db, err := openStore(cfg, dataDir, "cometbft")
	if err != nil {
		return nil, err
	}
	client, err := cometbft.New(cometbft.Config{ChainID: cfg.ChainID, TrustingPeriod: cfg.trustingPeriod(contract)}, pool, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return client, nil
}

func openStore(cfg ChainConfig, dataDir, kind string) (*store.Store, error) {
	return store.Open(filepath.Join(dataDir, "lightclient", cfg.ChainID), kind, cfg.ChainID)
}

// reportSource logs what sources do wrong: a lie is for the operator to see, a failure is common.
func reportSource(logger log.Logger) func(source string, err error) {
	return func(source string, err error) {
		if lightclient.IsLie(err) {
			logger.Error("source lied", "source", source, "err", err)
			return
		}
		logger.Debug("source failed", "source", source, "err", err)
	}
}

func (c ChainConfig) trustingPeriod(contract stafi.Contract) time.Duration {
	if c.TrustingPeriod > 0 {
		return time.Duration(c.TrustingPeriod)
	}
	return contract.TrustPeriod()
}

// checkpoints are where the light client may be rooted, in the order tried: the operator's own,
// the contract's, and, where a block of the chain itself can root it, the newest that the
// contract's observers have agreed on. Of a block that was observed in part only there is no hash,
// and no checkpoint.
func checkpoints(cfg ChainConfig, contract stafi.Contract) ([]lightclient.Checkpoint, error) {
	var found []lightclient.Checkpoint
	add := func(height uint64, hash []byte) {
		if height > 0 && len(hash) == 32 {
			found = append(found, lightclient.Checkpoint{Height: int64(height), Hash: [32]byte(hash)})
		}
	}
	height, digits := cfg.checkpoint()
	hash, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%w: checkpoint of %s: %w", ErrConfig, cfg.ChainID, err)
	}
	add(height, hash)
	if contract.Ethereum != nil {
		add(contract.Ethereum.CheckpointSlot, contract.Ethereum.CheckpointRoot)
		return found, nil
	}
	add(contract.CheckpointBlock())
	if at, _ := contract.CheckpointBlock(); contract.State.ObservedHeight != at {
		add(contract.State.ObservedHeight, contract.State.ObservedHash)
	}
	return found, nil
}

// checkpoint is the operator's own: a height and its header's hash, on Ethereum a slot and its beacon block's root; 0 for none.
func (c ChainConfig) checkpoint() (height uint64, hash string) {
	if c.Ethereum != nil {
		return c.Ethereum.CheckpointSlot, strings.TrimPrefix(c.Ethereum.CheckpointRoot, "0x")
	}
	return c.CheckpointHeight, c.CheckpointHash
}

// root makes sure that the light client stands on a checkpoint.
func root(ctx context.Context, client lightclient.Client, cfg ChainConfig, contract stafi.Contract) error {
	_, err := client.Head()
	expired := client.Status().State == lightclient.Expired
	if err == nil && !expired {
		return nil
	}
	if err != nil && !errors.Is(err, lightclient.ErrNotBootstrapped) {
		return err
	}
	candidates, err := checkpoints(cfg, contract)
	if err != nil {
		return err
	}
	errs := []error{fmt.Errorf("none of %d checkpoints serves", len(candidates))}
	for _, checkpoint := range candidates {
		err := client.Bootstrap(ctx, checkpoint)
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("checkpoint %d: %w", checkpoint.Height, err))
	}
	return errors.Join(errs...)
}

// chainStatus tells the board what a light client is at, and raises or clears its alarms.
func chainStatus(board *status.Board, client lightclient.Client) {
	found := client.Status()
	chain := status.Chain{ChainID: found.ChainID, State: string(found.State), Expires: found.Expires}
	if found.Head.Height > 0 {
		chain.Head, chain.Time, chain.Hash = found.Head.Height, found.Head.Time, fmt.Sprintf("%X", found.Head.Hash[:])
	}
	for _, source := range found.Sources {
		chain.Sources = append(chain.Sources, status.Source{
			Name: source.Name, Score: source.Score, Height: source.Height, Successes: source.Successes, Failures: source.Failures,
			Lies: source.Lies, LastLie: text(source.LastLie), LastError: text(source.LastError),
		})
	}
	board.Chain(chain)
	scope := "/" + found.ChainID
	board.AlarmIf(found.State == lightclient.Frozen, "frozen"+scope,
		"two conflicting, validly signed headers of "+found.ChainID+" were seen; nothing of it is attested or signed until a person has looked")
	board.AlarmIf(found.State == lightclient.Expired, "expired"+scope,
		"the light client of "+found.ChainID+" is outside its trusting period; set the checkpoint in the config to a recent one")
	board.AlarmIf(found.State == lightclient.Stalled, "stalled"+scope,
		"no source of "+found.ChainID+" offers a recent header; is the chain halted, or are all sources down?")
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

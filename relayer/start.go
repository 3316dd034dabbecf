package relayer

import (
	"context"
	"errors"
	"io"
	"os"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// Start runs the relayer that is configured under a home, until the context ends. Passphrases are read from input. Errors:
// ErrNoConfig, ErrConfig, ErrKey, journal.ErrOwner, and those of the disk and the status listener.
func Start(ctx context.Context, home string, input io.Reader, logger log.Logger) error {
	cfg, err := ReadConfig(home)
	if err != nil {
		return err
	}
	keys, err := OpenKeys(home, cfg, input)
	if err != nil {
		return err
	}
	dataDir := cfg.dataDir(home)
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return err
	}
	memory, err := journal.Open(dataDir, journal.Owner{ChainID: cfg.ChainID, Submitter: keys.Submitter.Address().String()})
	if err != nil {
		return err
	}
	node, err := stafi.Dial(cfg.ChainID, cfg.Node.RPC, cfg.Node.GRPC)
	if err != nil {
		return errors.Join(err, memory.Close())
	}
	r, err := New(Parts{
		Config: cfg, Keys: keys, Node: node, Journal: memory, Beacon: OpenBeaconKeys(home, cfg), Log: logger, DataDir: dataDir, OpenClient: Open, OpenNodes: DialNodes,
		Hints: func(ctx context.Context, wake func()) { stafi.Hints(ctx, cfg.Node.RPC, wake) },
	})
	if err == nil {
		logger.Info("relayer starts", "version", Version(), "chain", cfg.ChainID, "submitter", keys.Submitter.Address().String())
		err = r.Run(ctx)
		logger.Info("relayer has stopped")
	}
	return errors.Join(err, node.Close(), memory.Close())
}

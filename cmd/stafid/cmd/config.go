package cmd

import (
	cmtcfg "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/stafiprotocol/stafid/app"
)

const (
	// snapshotInterval in blocks between state-sync snapshots; 0 turns them off.
	snapshotInterval = 1000
	// snapshotsKept is how many a node serves.
	snapshotsKept = 2
	// mempoolTxs bounds the transactions that wait for a block, of all senders.
	mempoolTxs = 5000
)

// defaultAppConfig returns the template and the values of a new node's app.toml.
func defaultAppConfig() (template string, values any) {
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = app.DefaultMinGasPrices
	config.StateSync.SnapshotInterval = snapshotInterval
	config.StateSync.SnapshotKeepRecent = snapshotsKept
	config.Mempool.MaxTxs = mempoolTxs
	return serverconfig.DefaultConfigTemplate, config
}

// defaultCometConfig returns the values of a new node's config.toml.
func defaultCometConfig() *cmtcfg.Config {
	return cmtcfg.DefaultConfig()
}

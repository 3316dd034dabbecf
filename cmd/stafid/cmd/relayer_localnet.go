package cmd

import (
	"fmt"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
	"github.com/stafiprotocol/stafid/relayer"
)

// writeLocalnetRelayer configures the relayer of a generated network's validator and makes its beacon key; original chains are added by whoever knows them.
func writeLocalnetRelayer(manifest localnet.Manifest, index int) error {
	generated := manifest.Relayers[index]
	cfg := relayer.DefaultConfig()
	cfg.ChainID = manifest.ChainID
	cfg.Node.RPC, cfg.Node.GRPC = manifest.RPC(index), manifest.GRPC(index)
	cfg.Keyring.Backend = manifest.KeyringBackend
	cfg.Submitter.Key, cfg.Submitter.GasPrice = generated.Submitter.Name, app.DefaultMinGasPrices
	cfg.Status.Listen = fmt.Sprintf("127.0.0.1:%d", generated.Ports.Metrics)
	cfg.RPC.Listen = fmt.Sprintf("127.0.0.1:%d", generated.Ports.Service)
	if err := relayer.WriteConfig(generated.Home, cfg); err != nil {
		return err
	}
	_, err := relayer.CreateBeaconKey(cfg.BeaconKeyPath(generated.Home))
	return err
}

package relayer

import (
	"bytes"
	"errors"
	"fmt"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/lightclient"
	lcethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// ErrNetwork: the network that the configuration names is not the contract's.
var ErrNetwork = errors.New("another Ethereum network")

// openEthereum opens the light client of an Ethereum network over HTTP sources. Errors: ErrNetwork, lcethereum.ErrNetwork.
func openEthereum(cfg ChainConfig, dataDir string, contract stafi.Contract, logger log.Logger) (lightclient.Client, error) {
	network, err := networkOf(cfg, contract)
	if err != nil {
		return nil, err
	}
	beacons, blocks, err := ethereumSources(cfg, network)
	if err != nil {
		return nil, err
	}
	watched := pool.Config{OnFailure: reportSource(logger)}
	beaconPool, err := lcethereum.NewBeaconPool(asSources[lcethereum.BeaconSource](beacons), watched)
	if err != nil {
		return nil, err
	}
	executionPool, err := lcethereum.NewExecutionPool(asSources[lcethereum.ExecutionSource](blocks), watched)
	if err != nil {
		return nil, err
	}
	db, err := openStore(cfg, dataDir, "ethereum")
	if err != nil {
		return nil, err
	}
	client, err := lcethereum.New(lcethereum.Config{
		ChainID: cfg.ChainID, Network: network.Consensus, WeakSubjectivity: cfg.trustingPeriod(contract), Quorum: cfg.Ethereum.BeaconQuorum,
	}, beaconPool, executionPool, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return client, nil
}

// networkOf finds the network that is configured and compares it with the chain's id and, where there is a contract, with its root of the
// genesis: two networks may share a number. Error: ErrNetwork.
func networkOf(cfg ChainConfig, contract stafi.Contract) (lcethereum.Network, error) {
	network, err := lcethereum.FindNetwork(cfg.Ethereum.Network)
	if err != nil {
		return network, err
	}
	if found := vaultethereum.ChainID(network.ChainID); found != cfg.ChainID {
		return network, fmt.Errorf("%w: %s is %s, want %s", ErrNetwork, cfg.Ethereum.Network, found, cfg.ChainID)
	}
	if contract.Ethereum == nil {
		return network, nil
	}
	root := network.Consensus.GenesisValidatorsRoot
	if !bytes.Equal(root[:], contract.Ethereum.GenesisValidatorsRoot) {
		return network, fmt.Errorf("%w: genesis_validators_root of %s is %s, contract %d wants %X",
			ErrNetwork, cfg.Ethereum.Network, root, contract.Id, contract.Ethereum.GenesisValidatorsRoot)
	}
	return network, nil
}

func ethereumSources(cfg ChainConfig, network lcethereum.Network) ([]*lcethereum.HTTPBeacon, []*lcethereum.HTTPExecution, error) {
	var beacons []*lcethereum.HTTPBeacon
	for _, address := range cfg.Ethereum.BeaconSources {
		source, err := lcethereum.NewHTTPBeacon(address, network.Consensus, 0)
		if err != nil {
			return nil, nil, err
		}
		beacons = append(beacons, source)
	}
	var blocks []*lcethereum.HTTPExecution
	for _, address := range cfg.Sources {
		source, err := lcethereum.NewHTTPExecution(address, 0)
		if err != nil {
			return nil, nil, err
		}
		blocks = append(blocks, source)
	}
	return beacons, blocks, nil
}

// asSources are the same sources by what they are used for.
func asSources[I any, S any](sources []S) []I {
	converted := make([]I, len(sources))
	for i, source := range sources {
		converted[i] = any(source).(I)
	}
	return converted
}

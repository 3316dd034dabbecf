package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cmtcfg "github.com/cometbft/cometbft/config"

	"cosmossdk.io/math"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
)

const (
	// operatorFunds is what an operator keeps in hand after bonding, in ufis.
	operatorFunds = 10_000_000_000
	// snapshotInterval in blocks: a local network should have something to state-sync from within minutes.
	snapshotInterval = 100
)

// addNode makes the keys of a validator, funds it and writes its genesis transaction.
func (g *generator) addNode(index int) error {
	name := fmt.Sprintf("node%d", index)
	home := filepath.Join(g.dir, name)
	if err := os.MkdirAll(filepath.Join(home, "config"), 0o750); err != nil {
		return err
	}
	id, consensusKey, err := genutil.InitializeNodeValidatorFiles(cometHome(home))
	if err != nil {
		return err
	}
	ring, err := openKeyring(home, g.chain.Encoding().Codec)
	if err != nil {
		return err
	}
	key, err := newKey(ring, operatorName)
	if err != nil {
		return err
	}
	account, err := sdk.AccAddressFromBech32(key.Address)
	if err != nil {
		return err
	}
	node := Node{
		Name: name, Home: name, ID: id, Operator: sdk.ValAddress(account).String(), OperatorKey: key,
		ConsAddress: sdk.ConsAddress(consensusKey.Address()).String(), Ports: nodePorts(g.BasePort, index),
	}
	g.manifest.Nodes = append(g.manifest.Nodes, node)
	g.funded = append(g.funded, funded{key.Address, sdk.NewCoins(g.Stake.AddAmount(math.NewInt(operatorFunds)))})
	gentx, err := g.gentx(node, consensusKey, ring)
	g.gentxs = append(g.gentxs, gentx)
	return err
}

// gentx is the signed transaction by which the validator bonds its stake at genesis.
func (g *generator) gentx(node Node, consensusKey cryptotypes.PubKey, ring keyring.Keyring) (json.RawMessage, error) {
	create, err := stakingtypes.NewMsgCreateValidator(
		node.Operator, consensusKey, g.Stake, stakingtypes.Description{Moniker: node.Name},
		stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(5, 2), math.LegacyNewDecWithPrec(20, 2), math.LegacyNewDecWithPrec(1, 2)),
		math.OneInt(),
	)
	if err != nil {
		return nil, err
	}
	config := g.chain.Encoding().TxConfig
	builder := config.NewTxBuilder()
	if err := builder.SetMsgs(create); err != nil {
		return nil, err
	}
	factory := clienttx.Factory{}.
		WithChainID(g.ChainID).
		WithKeybase(ring).
		WithTxConfig(config).
		WithSignMode(signing.SignMode_SIGN_MODE_DIRECT)
	if err := clienttx.Sign(context.Background(), factory, operatorName, builder, true); err != nil {
		return nil, err
	}
	return config.TxJSONEncoder()(builder.GetTx())
}

// configureNode writes genesis.json, config.toml, app.toml and client.toml.
func (g *generator) configureNode(index int, genesis *genutiltypes.AppGenesis) error {
	node := g.manifest.Nodes[index]
	home := filepath.Join(g.dir, node.Home)
	comet := g.cometConfig(index, home)
	if err := genesis.SaveAs(comet.GenesisFile()); err != nil {
		return err
	}
	cmtcfg.WriteConfigFile(filepath.Join(home, "config", "config.toml"), comet)
	serverconfig.SetConfigTemplate(serverconfig.DefaultConfigTemplate)
	serverconfig.WriteConfigFile(filepath.Join(home, "config", "app.toml"), appConfig(node.Ports))
	return g.writeClientConfig(home, node)
}

func cometHome(home string) *cmtcfg.Config {
	config := cmtcfg.DefaultConfig()
	config.SetRoot(home)
	return config
}

func (g *generator) cometConfig(index int, home string) *cmtcfg.Config {
	node, config := g.manifest.Nodes[index], cometHome(home)
	config.Moniker = node.Name
	config.RPC.ListenAddress = tcp(node.Ports.RPC)
	config.RPC.PprofListenAddress = ""
	config.P2P.ListenAddress = tcp(node.Ports.P2P)
	config.P2P.PersistentPeers = g.peers(index)
	config.P2P.AddrBookStrict = false
	config.P2P.AllowDuplicateIP = true
	config.P2P.PexReactor = false
	config.Consensus.TimeoutCommit = g.BlockTime - gossipTime
	// Where blocks are slow because the machine is, so are proposals and votes.
	config.Consensus.TimeoutPropose = max(config.Consensus.TimeoutPropose, 3*g.BlockTime)
	config.Consensus.TimeoutPrevote = max(config.Consensus.TimeoutPrevote, g.BlockTime)
	config.Consensus.TimeoutPrecommit = max(config.Consensus.TimeoutPrecommit, g.BlockTime)
	config.Instrumentation.Prometheus = true
	config.Instrumentation.PrometheusListenAddr = loopback(node.Ports.Metrics)
	return config
}

// peers lists every other node as id@host:port.
func (g *generator) peers(index int) string {
	var peers []string
	for i, node := range g.manifest.Nodes {
		if i != index {
			peers = append(peers, node.ID+"@"+loopback(node.Ports.P2P))
		}
	}
	return strings.Join(peers, ",")
}

func appConfig(ports NodePorts) *serverconfig.Config {
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = app.DefaultMinGasPrices
	config.API.Enable = true
	config.API.Swagger = true
	config.API.Address = tcp(ports.REST)
	config.GRPC.Address = loopback(ports.GRPC)
	config.StateSync.SnapshotInterval = snapshotInterval
	config.Mempool.MaxTxs = 5000
	config.IAVLCacheSize = 10_000
	return config
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	stafiPrefix   = "stafi"
	stafiDenom    = "ufis"
	stafiGasPrice = "0.002"
	// validators of the network: a committee of four, as many who rest, two who may be banned for what they did, and two who stand by.
	validators = 12
	// portsPerValidator is what `stafid localnet` hands out.
	portsPerValidator = 10
	// blockTime of the network at pace 1.
	blockTime = time.Second
	// smallEraBlocks are an era of the small network, of at least a minute.
	smallEraBlocks = 60
	// startLimit is far above what all nodes together take to their first block.
	startLimit = 10 * time.Minute
	// stafiUserFunds is what each user of StaFi has from genesis, for fees.
	stafiUserFunds = 1_000_000_000
)

// Network is a StaFi network of validators and relayers, made by `stafid localnet`.
type Network struct {
	Chain
	Dir       string
	Operators []*Operator
	Users     map[string]Account
	// Pace that the network was made for, and BlockTime that is wanted of it.
	Pace      Pace
	BlockTime time.Duration

	supervisor *Supervisor
	// deciding is held while proposals are numbered and voted on.
	deciding sync.Mutex
}

// Operator is a validator, its relayer and their keys.
type Operator struct {
	Index int
	// Address is the stafivaloper address.
	Address string
	// Key is the operator's cold account, Submitter the relayer's hot one, Signer the original-chain key.
	Key, Submitter, Signer Account
	NodeHome, RelayerHome  string
	NodeRPC, NodeGRPC      string
	// Endpoint is the URL of the relayer's service to stakers.
	Endpoint string
	// ConsAddress is the 20-byte consensus address in bech32.
	ConsAddress string
	Node        *Process
	Relayer     *Relayer
}

// manifest is the part of localnet's manifest.json that is used here.
type manifest struct {
	ChainID      string `json:"chain_id"`
	AccountsHome string `json:"accounts_home"`
	Nodes        []struct {
		Home        string      `json:"home"`
		Operator    string      `json:"operator"`
		OperatorKey manifestKey `json:"operator_key"`
		ConsAddress string      `json:"cons_address"`
		Ports       struct {
			RPC  int `json:"rpc"`
			GRPC int `json:"grpc"`
		} `json:"ports"`
	} `json:"nodes"`
	Relayers []struct {
		Home      string      `json:"home"`
		Submitter manifestKey `json:"submitter"`
		Signer    manifestKey `json:"signer"`
		Ports     struct {
			Service int `json:"service"`
		} `json:"ports"`
	} `json:"relayers"`
	Accounts []manifestKey `json:"accounts"`
}

type manifestKey struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func (k manifestKey) in(home string) Account {
	return Account{Name: k.Name, Home: home, Address: k.Address}
}

// NetworkConfig says what network to make.
type NetworkConfig struct {
	// Binary is stafid; Dir gets the homes.
	Binary, Dir string
	// Validators, each with a relayer.
	Validators int
	// Users have funds for fees from genesis.
	Users []string
	// Pace of the network; BlockTime at pace 1, a second if it is 0.
	Pace      Pace
	BlockTime time.Duration
	// Age of genesis, by which the first era is shorter, and the first contract's committee that it
	// names, as stafid localnet takes it; empty for none.
	Age       time.Duration
	Committee string
}

// CreateNetwork lets `stafid localnet` write a network. It starts nothing.
func CreateNetwork(ctx context.Context, supervisor *Supervisor, config NetworkConfig) (*Network, error) {
	base, err := FreeRange(config.Validators * portsPerValidator)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(config.Dir, "stafi")
	block := config.blockTime()
	args := []string{
		"localnet", "--dir", home, "--validators", fmt.Sprint(config.Validators), "--base-port", fmt.Sprint(base),
		"--preset", "small", "--block-time", block.String(), "--voting-period", (votingBlocks * block).String(),
		"--age", config.Age.String(), "--committee", config.Committee,
	}
	for _, user := range config.Users {
		args = append(args, "--account", fmt.Sprintf("%s=%d%s", user, stafiUserFunds, stafiDenom))
	}
	if _, err := Run(ctx, config.Binary, args...); err != nil {
		return nil, err
	}
	network, err := openNetwork(supervisor, config.Binary, home, config.Dir)
	if err == nil {
		network.Pace, network.BlockTime = config.Pace, block
	}
	return network, err
}

func (c NetworkConfig) blockTime() time.Duration {
	if c.BlockTime == 0 {
		return c.Pace.Of(blockTime)
	}
	return c.Pace.Of(c.BlockTime)
}

// Watch has waits measured by this network's blocks.
func (n *Network) Watch() *Watch {
	return &Watch{Chain: &n.Chain, Pace: n.Pace, BlockTime: n.BlockTime, Logs: n.supervisor.dir}
}

func openNetwork(supervisor *Supervisor, binary, home, scratch string) (*Network, error) {
	raw, err := os.ReadFile(filepath.Join(home, "manifest.json"))
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	network := &Network{
		Chain: Chain{
			Name: "StaFi", Binary: binary, ID: m.ChainID, Prefix: stafiPrefix, Denom: stafiDenom, GasPrice: stafiGasPrice + stafiDenom,
		},
		Dir: home, Users: map[string]Account{}, supervisor: supervisor,
	}
	for i := range m.Nodes {
		network.Operators = append(network.Operators, m.operator(i, home))
	}
	for _, key := range m.Accounts {
		network.Users[key.Name] = key.in(filepath.Join(home, m.AccountsHome))
	}
	first := network.Operators[0]
	return network, network.Connect(Endpoint{RPC: first.NodeRPC, GRPC: first.NodeGRPC}, scratch)
}

func (m manifest) operator(i int, dir string) *Operator {
	node, relayer := m.Nodes[i], m.Relayers[i]
	nodeHome, relayerHome := filepath.Join(dir, node.Home), filepath.Join(dir, relayer.Home)
	return &Operator{
		Index: i, Address: node.Operator, Key: node.OperatorKey.in(nodeHome),
		Submitter: relayer.Submitter.in(relayerHome), Signer: relayer.Signer.in(relayerHome),
		NodeHome: nodeHome, RelayerHome: relayerHome,
		NodeRPC: loopback(node.Ports.RPC), NodeGRPC: loopback(node.Ports.GRPC), ConsAddress: node.ConsAddress,
		Endpoint: "http://" + loopback(relayer.Ports.Service),
	}
}

// Start runs the validators and waits for the first blocks.
func (n *Network) Start(ctx context.Context) error {
	for _, operator := range n.Operators {
		if err := n.StartNode(operator); err != nil {
			return err
		}
	}
	return n.awaitStart(ctx)
}

// StartNode runs an operator's validator, for the first time or again after it was killed.
func (n *Network) StartNode(operator *Operator) (err error) {
	name := fmt.Sprintf("node%d", operator.Index)
	operator.Node, err = n.supervisor.Start(name, n.Binary, "start", "--home", operator.NodeHome, "--log_no_color")
	return err
}

// raw is the operator's 20-byte address, empty if its text is none.
func (o *Operator) raw() []byte {
	_, raw, _ := decodeBech32(o.Address)
	return raw
}

// Operator with a stafivaloper address.
func (n *Network) Operator(address string) (*Operator, error) {
	for _, operator := range n.Operators {
		if operator.Address == address {
			return operator, nil
		}
	}
	return nil, fmt.Errorf("no operator %s in the network", address)
}

// Names shows operators by their validators' numbers.
func (n *Network) Names(addresses []string) string {
	names := make([]string, len(addresses))
	for i, address := range addresses {
		names[i] = address
		if operator, err := n.Operator(address); err == nil {
			names[i] = fmt.Sprintf("validator%d", operator.Index)
		}
	}
	return strings.Join(names, ", ")
}

// Producers are the consensus addresses of CometBFT's validator set, as its own RPC says.
func (n *Network) Producers(ctx context.Context) (map[string]bool, error) {
	perPage := 100
	answer, err := n.RPC.Validators(ctx, nil, nil, &perPage)
	if err != nil {
		return nil, err
	}
	producers := map[string]bool{}
	for _, validator := range answer.Validators {
		address, err := sdk.Bech32ifyAddressBytes(stafiPrefix+"valcons", validator.Address)
		if err != nil {
			return nil, err
		}
		producers[address] = true
	}
	return producers, nil
}

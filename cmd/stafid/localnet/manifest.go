package localnet

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// ManifestFile is the manifest's name in a network's directory.
const ManifestFile = "manifest.json"

// Manifest says where everything of a generated network is. Homes are relative to its directory in the file, and absolute
// once loaded.
type Manifest struct {
	ChainID string `json:"chain_id"`
	// KeyringBackend of all keyrings; keys have no password.
	KeyringBackend string `json:"keyring_backend"`
	// AccountsHome holds the keyring of the extra accounts.
	AccountsHome string    `json:"accounts_home"`
	Nodes        []Node    `json:"nodes"`
	Relayers     []Relayer `json:"relayers"`
	Accounts     []Key     `json:"accounts"`

	dir string
}

// Node is a validator.
type Node struct {
	Name string `json:"name"`
	Home string `json:"home"`
	// ID is the p2p id, 20 bytes in hex.
	ID string `json:"id"`
	// Operator is the stafivaloper address, and OperatorKey the same key's account and its name in the node's keyring.
	Operator    string `json:"operator"`
	OperatorKey Key    `json:"operator_key"`
	// ConsAddress is the stafivalcons address.
	ConsAddress string    `json:"cons_address"`
	Ports       NodePorts `json:"ports"`
}

// Relayer belongs to the validator of the same index.
type Relayer struct {
	Home     string `json:"home"`
	Operator string `json:"operator"`
	// Submitter is the hot account that sends duty transactions.
	Submitter Key `json:"submitter"`
	// Signer is the original-chain key.
	Signer Key          `json:"signer"`
	Ports  RelayerPorts `json:"ports"`
}

// Key is a key in a keyring. PublicKey is the 33-byte compressed secp256k1 key in hex.
type Key struct {
	Name      string `json:"name"`
	Address   string `json:"address"`
	PublicKey string `json:"public_key"`
}

// Load reads the manifest of the network in dir.
func Load(dir string) (Manifest, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Manifest{}, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return Manifest{}, fmt.Errorf("no network in %s: %w", dir, err)
	}
	manifest := Manifest{}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", filepath.Join(dir, ManifestFile), err)
	}
	return manifest.in(dir), nil
}

// Dir is the absolute directory of the network.
func (m Manifest) Dir() string { return m.dir }

// RPC is the URL of the index-th node's CometBFT RPC.
func (m Manifest) RPC(index int) string { return tcp(m.Nodes[index].Ports.RPC) }

// GRPC is the host and port of the index-th node's gRPC service.
func (m Manifest) GRPC(index int) string { return loopback(m.Nodes[index].Ports.GRPC) }

// REST is the URL of the index-th node's REST gateway.
func (m Manifest) REST(index int) string { return "http://" + loopback(m.Nodes[index].Ports.REST) }

// in returns m with homes below dir.
func (m Manifest) in(dir string) Manifest {
	m.dir, m.AccountsHome = dir, filepath.Join(dir, m.AccountsHome)
	m.Nodes = append([]Node(nil), m.Nodes...)
	for i := range m.Nodes {
		m.Nodes[i].Home = filepath.Join(dir, m.Nodes[i].Home)
	}
	m.Relayers = append([]Relayer(nil), m.Relayers...)
	for i := range m.Relayers {
		m.Relayers[i].Home = filepath.Join(dir, m.Relayers[i].Home)
	}
	return m
}

func (m Manifest) save(dir string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ManifestFile), append(raw, '\n'), 0o600)
}

package relayer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/rpc"
)

var (
	// ErrConfig: the configuration has a value that can't be worked with.
	ErrConfig = errors.New("invalid relayer config")
	// ErrNoConfig: there is no configuration yet.
	ErrNoConfig = errors.New("no relayer config")
)

// Kinds of chains that a relayer can serve.
const (
	KindCosmos   = "cosmos"
	KindEthereum = "ethereum"
)

// Config is the content of config.toml.
type Config struct {
	// ChainID of this chain.
	ChainID string `toml:"chain_id"`
	// DataDir holds the journal and the light clients' stores; relative to the relayer's directory.
	DataDir string `toml:"data_dir"`
	// BeaconKeyFile holds the secret of the registered beacon key; FormerBeaconKeyFiles those of keys that it replaced, until the era
	// after the change has ended. Relative to the relayer's directory.
	BeaconKeyFile        string   `toml:"beacon_key_file"`
	FormerBeaconKeyFiles []string `toml:"former_beacon_key_files"`
	// LogLevel is debug, info, warn or error.
	LogLevel  string          `toml:"log_level"`
	Node      NodeConfig      `toml:"node"`
	Keyring   KeyringConfig   `toml:"keyring"`
	Submitter SubmitterConfig `toml:"submitter"`
	Status    StatusConfig    `toml:"status"`
	RPC       rpc.Config      `toml:"rpc"`
	Chains    []ChainConfig   `toml:"chain"`
}

// NodeConfig is the operator's own node of this chain, which is trusted.
type NodeConfig struct {
	// RPC is the CometBFT address, a URL; GRPC is host:port, with https:// before it for TLS.
	RPC  string `toml:"rpc"`
	GRPC string `toml:"grpc"`
	// PollInterval between looks at the node's height when no event announces a block.
	PollInterval Duration `toml:"poll_interval"`
}

// KeyringConfig is the SDK keyring that holds every key named here.
type KeyringConfig struct {
	// Backend is os, file, test or memory.
	Backend string `toml:"backend"`
	// Dir is relative to the relayer's directory; empty is the home of stafid.
	Dir string `toml:"dir"`
}

// SubmitterConfig is the account that sends duty transactions.
type SubmitterConfig struct {
	Key string `toml:"key"`
	// GasPrice such as 0.001ufis.
	GasPrice string `toml:"gas_price"`
	// MinBalance below which an alarm is raised, such as 1000000ufis.
	MinBalance string `toml:"min_balance"`
}

// StatusConfig is the listener of status and metrics.
type StatusConfig struct {
	// Listen is host:port; empty switches it off.
	Listen string `toml:"listen"`
}

// ChainConfig is one original chain that the operator serves.
type ChainConfig struct {
	ChainID string `toml:"chain_id"`
	// Kind is cosmos or ethereum.
	Kind string `toml:"kind"`
	// SignerKey is the registered signer; FormerSignerKeys are keys that older vaults still hold.
	SignerKey        string   `toml:"signer_key"`
	FormerSignerKeys []string `toml:"former_signer_keys"`
	// FunderKey pays for creating vaults' accounts, on Ethereum for every transaction; empty is the signer key's own account, which Ethereum
	// does not allow.
	FunderKey string `toml:"funder_key"`
	// Sources are RPC addresses, on Ethereum those of execution nodes; nothing that they say is believed without proof.
	Sources []string `toml:"sources"`
	// GasPrice on a Cosmos chain, such as 0.025uatom, and AccountGas: the gas of creating an account.
	GasPrice   string `toml:"gas_price"`
	AccountGas uint64 `toml:"account_gas"`
	// PollInterval between looks for a new block.
	PollInterval Duration `toml:"poll_interval"`
	// CheckpointHeight and CheckpointHash (hex) override the contract's checkpoint on a Cosmos chain; TrustingPeriod its trusting period.
	CheckpointHeight uint64   `toml:"checkpoint_height"`
	CheckpointHash   string   `toml:"checkpoint_hash"`
	TrustingPeriod   Duration `toml:"trusting_period"`
	// Ethereum is set where, and only where, the kind is ethereum.
	Ethereum *EthereumConfig `toml:"ethereum"`
}

// Duration is written as text: 250ms, 72h.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the duration as text.
func (d Duration) String() string { return time.Duration(d).String() }

// DefaultConfig is complete but for the chain ids and the original chains.
func DefaultConfig() Config {
	return Config{
		DataDir:       "data",
		BeaconKeyFile: "beacon_key.json",
		LogLevel:      "info",
		Node: NodeConfig{
			RPC: "http://127.0.0.1:26657", GRPC: "127.0.0.1:9090", PollInterval: Duration(time.Second),
		},
		Keyring:   KeyringConfig{Backend: "file"},
		Submitter: SubmitterConfig{Key: "submitter", GasPrice: "0.001ufis", MinBalance: "1000000ufis"},
		Status:    StatusConfig{Listen: "127.0.0.1:26680"},
		RPC:       rpc.DefaultConfig(),
	}
}

// DefaultChain is complete but for a Cosmos chain's id, sources and gas price.
func DefaultChain() ChainConfig {
	return ChainConfig{
		Kind: KindCosmos, SignerKey: "signer", AccountGas: 200_000, PollInterval: Duration(250 * time.Millisecond),
	}
}

const (
	minPoll = 50 * time.Millisecond
	maxPoll = time.Minute
)

// Validate returns ErrConfig naming every value that can't be worked with, what was found and what is wanted.
func (c Config) Validate() error {
	errs := []error{
		want(c.ChainID != "", "chain_id", c.ChainID, "the id of this chain"),
		want(c.DataDir != "", "data_dir", c.DataDir, "a directory"),
		want(c.BeaconKeyFile != "", "beacon_key_file", c.BeaconKeyFile, "a file"),
		oneOf("log_level", c.LogLevel, "debug", "info", "warn", "error"),
		isURL("node.rpc", c.Node.RPC),
		isAddress("node.grpc", strings.TrimPrefix(strings.TrimPrefix(c.Node.GRPC, "https://"), "http://")),
		isPoll("node.poll_interval", c.Node.PollInterval),
		oneOf("keyring.backend", c.Keyring.Backend, "os", "file", "test", "memory", "kwallet", "pass"),
		want(c.Submitter.Key != "", "submitter.key", c.Submitter.Key, "the name of a key"),
		isPrice("submitter.gas_price", c.Submitter.GasPrice),
		isCoin("submitter.min_balance", c.Submitter.MinBalance),
	}
	files := map[string]bool{c.BeaconKeyFile: true}
	for i, file := range c.FormerBeaconKeyFiles {
		errs = append(errs, want(file != "" && !files[file], fmt.Sprintf("former_beacon_key_files[%d]", i), file, "each file once"))
		files[file] = true
	}
	if c.Status.Listen != "" {
		errs = append(errs, isAddress("status.listen", c.Status.Listen))
	}
	for _, err := range c.RPC.Validate() {
		errs = append(errs, fmt.Errorf("%w: %w", ErrConfig, err))
	}
	seen := map[string]bool{}
	for i, chain := range c.Chains {
		name := fmt.Sprintf("chain[%d].", i)
		errs = append(errs, chain.validate(name)...)
		errs = append(errs, want(!seen[chain.ChainID], name+"chain_id", chain.ChainID, "each chain once"))
		seen[chain.ChainID] = true
	}
	return errors.Join(errs...)
}

func (c ChainConfig) validate(name string) []error {
	errs := []error{
		want(c.ChainID != "", name+"chain_id", c.ChainID, "the id of the original chain"),
		oneOf(name+"kind", c.Kind, KindCosmos, KindEthereum),
		want(c.SignerKey != "", name+"signer_key", c.SignerKey, "the name of a key"),
		isPoll(name+"poll_interval", c.PollInterval),
		want(c.TrustingPeriod >= 0, name+"trusting_period", c.TrustingPeriod.String(), "0 (the contract's) or more"),
	}
	errs = append(errs, areSources(name+"sources", c.Sources)...)
	if c.Kind == KindEthereum {
		return append(errs, c.validateEthereum(name)...)
	}
	return append(errs, c.validateCosmos(name)...)
}

func (c ChainConfig) validateCosmos(name string) []error {
	errs := []error{
		isPrice(name+"gas_price", c.GasPrice),
		want(c.AccountGas > 0, name+"account_gas", "0", "more than 0"),
		want(c.Ethereum == nil, name+"ethereum", "set", "none where kind is "+KindCosmos),
	}
	if c.CheckpointHeight != 0 || c.CheckpointHash != "" {
		errs = append(errs, want(isHash(c.CheckpointHash) && c.CheckpointHeight > 0, name+"checkpoint",
			fmt.Sprintf("height %d, hash %q", c.CheckpointHeight, c.CheckpointHash), "a height and its header's hash, 64 hex digits"))
	}
	return errs
}

func isHash(digits string) bool {
	hash, err := hex.DecodeString(digits)
	return err == nil && len(hash) == 32
}

// areSources wants at least one address, each once.
func areSources(name string, sources []string) []error {
	errs := []error{want(len(sources) > 0, name, "none", "at least one address; several are safer")}
	seen := map[string]bool{}
	for i, source := range sources {
		key := fmt.Sprintf("%s[%d]", name, i)
		errs = append(errs, isURL(key, source), want(!seen[source], key, source, "each source once"))
		seen[source] = true
	}
	return errs
}

// Paths of a relayer under the home of stafid.

// Dir is the relayer's directory.
func Dir(home string) string { return filepath.Join(home, "relayer") }

// ConfigPath is the relayer's configuration file.
func ConfigPath(home string) string { return filepath.Join(Dir(home), "config.toml") }

// BeaconKeyPath is the file of the registered beacon key.
func (c Config) BeaconKeyPath(home string) string { return under(Dir(home), c.BeaconKeyFile) }

func (c Config) dataDir(home string) string { return under(Dir(home), c.DataDir) }

func (c Config) keyringDir(home string) string {
	if c.Keyring.Dir == "" {
		return home
	}
	return under(Dir(home), c.Keyring.Dir)
}

func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func want(ok bool, key, found, wanted string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: %s is %q, want %s", ErrConfig, key, found, wanted)
}

func oneOf(key, found string, allowed ...string) error {
	for _, value := range allowed {
		if found == value {
			return nil
		}
	}
	return want(false, key, found, "one of "+strings.Join(allowed, ", "))
}

func isURL(key, found string) error {
	parsed, err := url.Parse(found)
	ok := err == nil && parsed.Host != "" && (parsed.Scheme == "http" || parsed.Scheme == "https" || parsed.Scheme == "tcp")
	return want(ok, key, found, "a URL such as http://127.0.0.1:26657")
}

func isAddress(key, found string) error {
	_, port, err := net.SplitHostPort(found)
	return want(err == nil && port != "", key, found, "host:port")
}

func isPoll(key string, found Duration) error {
	ok := time.Duration(found) >= minPoll && time.Duration(found) <= maxPoll
	return want(ok, key, found.String(), fmt.Sprintf("from %s to %s", minPoll, maxPoll))
}

func isPrice(key, found string) error {
	price, err := sdk.ParseDecCoin(found)
	return want(err == nil && !price.IsNegative(), key, found, "a price such as 0.001ufis")
}

func isCoin(key, found string) error {
	_, err := sdk.ParseCoinNormalized(found)
	return want(err == nil, key, found, "an amount such as 1000000ufis")
}

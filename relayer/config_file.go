package relayer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

// ReadConfig reads and validates the configuration under the home of stafid. Keys that are not known are refused. Errors:
// ErrNoConfig, ErrConfig.
func ReadConfig(home string) (Config, error) {
	path := ConfigPath(home)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("%w at %s: write one with stafid relayer init", ErrNoConfig, path)
	}
	if err != nil {
		return Config{}, err
	}
	cfg, err := ParseConfig(raw)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return cfg.located(home), nil
}

// ParseConfig reads and validates a configuration; what it leaves out takes its default. Error: ErrConfig.
func ParseConfig(raw []byte) (Config, error) {
	cfg := DefaultConfig()
	decoder := toml.NewDecoder(bytes.NewReader(raw)).DisallowUnknownFields()
	if err := decoder.Decode(&cfg); err != nil {
		return Config{}, fmt.Errorf("%w: %s", ErrConfig, explain(err))
	}
	for i := range cfg.Chains {
		cfg.Chains[i] = cfg.Chains[i].withDefaults()
	}
	return cfg, cfg.Validate()
}

func (c ChainConfig) withDefaults() ChainConfig {
	defaults := DefaultChain()
	if c.Kind == KindEthereum {
		defaults, c.Ethereum = DefaultEthereumChain(), c.Ethereum.withDefaults()
	}
	if c.Kind == "" {
		c.Kind = defaults.Kind
	}
	if c.PollInterval == 0 {
		c.PollInterval = defaults.PollInterval
	}
	if c.AccountGas == 0 {
		c.AccountGas = defaults.AccountGas
	}
	return c
}

// explain names every unknown key, or the place of a syntax error.
func explain(err error) string {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) {
		keys := make([]string, len(missing.Errors))
		for i, unknown := range missing.Errors {
			row, _ := unknown.Position()
			keys[i] = fmt.Sprintf("%q in line %d", strings.Join(unknown.Key(), "."), row)
		}
		return "unknown keys: " + strings.Join(keys, ", ")
	}
	var broken *toml.DecodeError
	if errors.As(err, &broken) {
		row, column := broken.Position()
		return fmt.Sprintf("line %d, column %d: %v", row, column, broken)
	}
	return err.Error()
}

// WriteConfig validates a configuration and writes it, with comments, under the home of stafid. Error: ErrConfig.
func WriteConfig(home string, cfg Config) error {
	var text bytes.Buffer
	if err := configTemplate().Execute(&text, cfg); err != nil {
		return err
	}
	if _, err := ParseConfig(text.Bytes()); err != nil {
		return err
	}
	if err := os.MkdirAll(Dir(home), 0o700); err != nil {
		return err
	}
	return os.WriteFile(ConfigPath(home), text.Bytes(), 0o600)
}

var configTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("config").Funcs(template.FuncMap{"quote": quote}).Parse(configText))
})

// quote writes a TOML basic string.
func quote(value any) (string, error) {
	raw, err := toml.Marshal(map[string]string{"v": fmt.Sprint(value)})
	return strings.TrimSpace(strings.TrimPrefix(string(raw), "v = ")), err
}

const configText = `# Relayer of an operator: see relayer/README.md. Keys that are not known are refused.

# Id of this chain.
chain_id = {{quote .ChainID}}

# Journal and light clients' stores; relative to this file's directory. Never shared by two relayers.
data_dir = {{quote .DataDir}}

# Secret of the registered beacon key, with which this relayer deals for the seed; stafid relayer init makes it. Back it up: it is in no
# keyring. Relative to this file's directory.
beacon_key_file = {{quote .BeaconKeyFile}}
# Files of beacon keys that it replaced: a new key deals only in the era after the one in which it was registered.
former_beacon_key_files = [{{range $i, $file := .FormerBeaconKeyFiles}}{{if $i}}, {{end}}{{quote $file}}{{end}}]

# debug, info, warn or error.
log_level = {{quote .LogLevel}}

[node]
# The operator's own node: it is trusted. Never point this at somebody else's.
rpc = {{quote .Node.RPC}}
# host:port; https://host:port for TLS.
grpc = {{quote .Node.GRPC}}
# How often to look for a block when no event announces one.
poll_interval = {{quote .Node.PollInterval}}

[keyring]
# os, file or test. With file, the passphrase is asked for at the start.
backend = {{quote .Keyring.Backend}}
# Relative to this file's directory; empty: the home of stafid.
dir = {{quote .Keyring.Dir}}

[submitter]
# The hot account that the candidate registered for duty transactions. It needs some ufis.
key = {{quote .Submitter.Key}}
gas_price = {{quote .Submitter.GasPrice}}
# An alarm is raised below this balance.
min_balance = {{quote .Submitter.MinBalance}}

[status]
# /status, /healthz and /metrics (Prometheus). Empty: off. It shows no secrets, but need not be public.
listen = {{quote .Status.Listen}}

[rpc]
# The service to stakers, gRPC and HTTP, at the endpoint that the candidate registered: host:port. Empty: off.
listen = {{quote .RPC.Listen}}
# PEM files; empty: no TLS, for use behind a proxy that has it. They are read again when they change.
tls_cert_file = {{quote .RPC.TLSCertFile}}
tls_key_file = {{quote .RPC.TLSKeyFile}}
# Web origins whose pages may call by HTTP; ["*"] is every one.
allow_origins = [{{range $i, $origin := .RPC.AllowOrigins}}{{if $i}}, {{end}}{{quote $origin}}{{end}}]
# Calls a second: of one address without receipt, of one client with receipt, of all together; and seconds' worth of them in a burst.
rate = {{printf "%g" .RPC.Rate}}
client_rate = {{printf "%g" .RPC.ClientRate}}
total_rate = {{printf "%g" .RPC.TotalRate}}
burst = {{printf "%g" .RPC.Burst}}
# Clients whose receipts are kept in an era; connections at once; seconds that one call may take.
max_clients = {{.RPC.MaxClients}}
max_connections = {{.RPC.MaxConnections}}
timeout_seconds = {{.RPC.TimeoutSeconds}}
{{range .Chains}}
# One block for each original chain that the candidate registered a signer for.
[[chain]]
chain_id = {{quote .ChainID}}
kind = {{quote .Kind}}
# The registered signer, and keys that older vaults still hold (kept until those vaults are closed).
signer_key = {{quote .SignerKey}}
former_signer_keys = [{{range $i, $key := .FormerSignerKeys}}{{if $i}}, {{end}}{{quote $key}}{{end}}]
{{if .Ethereum}}# Pays for transactions on this chain and is refunded by the vault, up to the contract's price. Another key than any signer: that one signs for
# vaults and nothing else.
funder_key = {{quote .FunderKey}}
# JSON-RPC addresses of execution nodes, several and of different people. They are not trusted.
sources = [{{range $i, $source := .Sources}}{{if $i}}, {{end}}{{quote $source}}{{end}}]
# How often to look for a new block.
poll_interval = {{quote .PollInterval}}
# Zero: the contract's.
trusting_period = {{quote .TrustingPeriod}}

[chain.ethereum]
# mainnet, sepolia, hoodi, or the file of another network's definition; relative to this file's directory.
network = {{quote .Ethereum.Network}}
# REST addresses of beacon nodes, of different people: beacon_quorum of them must show the same finalized block before it is believed.
beacon_sources = [{{range $i, $source := .Ethereum.BeaconSources}}{{if $i}}, {{end}}{{quote $source}}{{end}}]
beacon_quorum = {{.Ethereum.BeaconQuorum}}
# No transaction ever pays more per gas; above it, payments wait and an alarm is raised. In wei, gwei or ether.
max_fee_per_gas = {{quote .Ethereum.MaxFeePerGas}}
# Offered to block producers at first; it grows by an eighth while a transaction waits.
priority_fee = {{quote .Ethereum.PriorityFee}}
# An alarm is raised below this balance of the funder.
min_balance = {{quote .Ethereum.MinBalance}}
# Only where the contract's checkpoint is too old: a recent finalized slot and the root of its beacon block (hex), from people you
# trust. 0 and empty: the contract's.
checkpoint_slot = {{.Ethereum.CheckpointSlot}}
checkpoint_root = {{quote .Ethereum.CheckpointRoot}}
{{else}}# Pays for creating vaults' accounts on this chain; empty: the signer's own account there.
funder_key = {{quote .FunderKey}}
# CometBFT RPC addresses, several and of different people. They are not trusted.
sources = [{{range $i, $source := .Sources}}{{if $i}}, {{end}}{{quote $source}}{{end}}]
# What creating an account may cost there.
gas_price = {{quote .GasPrice}}
account_gas = {{.AccountGas}}
# How often to look for a new block.
poll_interval = {{quote .PollInterval}}
# Only where the contract's checkpoint is outside its trusting period: a recent height and its header's hash (hex), from people
# you trust. 0 and empty: the contract's.
checkpoint_height = {{.CheckpointHeight}}
checkpoint_hash = {{quote .CheckpointHash}}
# Zero: the contract's.
trusting_period = {{quote .TrustingPeriod}}
{{end}}{{end}}{{if not .Chains}}
# One block for each original chain that the candidate registered a signer for:
#
# [[chain]]
# chain_id = "cosmoshub-4"
# kind = "cosmos"
# signer_key = "signer"
# former_signer_keys = []
# funder_key = ""
# sources = ["https://rpc.one.example:443", "https://rpc.two.example:443"]
# gas_price = "0.025uatom"
# account_gas = 200000
# poll_interval = "250ms"
# checkpoint_height = 0
# checkpoint_hash = ""
# trusting_period = "0s"
#
# [[chain]]
# chain_id = "eip155-1"
# kind = "ethereum"
# signer_key = "signer"
# former_signer_keys = []
# funder_key = "funder"   # another key than any signer
# sources = ["https://execution.one.example", "https://execution.two.example"]
# poll_interval = "4s"
# trusting_period = "0s"
#
# [chain.ethereum]
# network = "mainnet"     # or sepolia, hoodi, or a file
# beacon_sources = ["https://beacon.one.example", "https://beacon.two.example"]
# beacon_quorum = 2
# max_fee_per_gas = "100gwei"
# priority_fee = "1gwei"
# min_balance = "0.2ether"
# checkpoint_slot = 0
# checkpoint_root = ""
{{end}}`

package relayer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func goodConfig() Config {
	cfg := DefaultConfig()
	cfg.ChainID = "stafi-1"
	chain := DefaultChain()
	chain.ChainID, chain.Sources, chain.GasPrice = "origin-1", []string{"https://rpc.one.example:443"}, "0.025uorig"
	cfg.Chains = []ChainConfig{chain}
	return cfg
}

func goodEthereum() ChainConfig {
	chain := DefaultEthereumChain()
	chain.ChainID, chain.Sources, chain.FunderKey = "eip155-1", []string{"https://execution.one.example"}, "funder"
	chain.Ethereum.Network = "mainnet"
	chain.Ethereum.BeaconSources = []string{"https://beacon.one.example", "https://beacon.two.example"}
	return chain
}

func TestAConfigThatIsWrittenReadsBackAsItWas(t *testing.T) {
	home := t.TempDir()
	want := goodConfig()
	want.Chains[0].FormerSignerKeys = []string{"old", `with "quotes"`}
	want.FormerBeaconKeyFiles = []string{"old.json", "/elsewhere/older.json"}
	want.RPC.AllowOrigins = []string{"https://app.one.example"}
	want.Chains[0].CheckpointHeight, want.Chains[0].CheckpointHash = 7, strings.Repeat("AB", 32)
	ethereum := goodEthereum()
	ethereum.FormerSignerKeys = []string{"older"}
	ethereum.Ethereum.CheckpointSlot, ethereum.Ethereum.CheckpointRoot = 32, "0x"+strings.Repeat("cd", 32)
	ethereum.Ethereum.BeaconQuorum, ethereum.Ethereum.MaxFeePerGas = 1, "12.5gwei"
	other := goodEthereum()
	other.ChainID, other.Ethereum.Network, other.FormerSignerKeys = "eip155-2", "/elsewhere/network.json", []string{}
	cosmos := want.Chains[0]
	cosmos.ChainID = "origin-2"
	want.Chains = append(want.Chains, ethereum, other, cosmos)
	require.NoError(t, WriteConfig(home, want))
	got, err := ReadConfig(home)
	require.NoError(t, err)
	require.Equal(t, want, got)
	raw, err := os.ReadFile(ConfigPath(home))
	require.NoError(t, err)
	require.Contains(t, string(raw), "# The operator's own node: it is trusted.")
}

func TestAChainThatLeavesThingsOutHasTheDefaultsOfItsKind(t *testing.T) {
	ethereum := ChainConfig{Kind: KindEthereum}.withDefaults()
	require.Equal(t, DefaultEthereumChain().PollInterval, ethereum.PollInterval)
	require.Equal(t, DefaultEthereumChain().Ethereum, ethereum.Ethereum)
	require.Zero(t, ethereum.AccountGas)
	cosmos := ChainConfig{}.withDefaults()
	require.Equal(t, DefaultChain().PollInterval, cosmos.PollInterval)
	require.Equal(t, DefaultChain().AccountGas, cosmos.AccountGas)
	require.Nil(t, cosmos.Ethereum)
}

func TestAConfigWithoutChainsShowsHowToAddOne(t *testing.T) {
	home := t.TempDir()
	cfg := goodConfig()
	cfg.Chains = nil
	require.NoError(t, WriteConfig(home, cfg))
	raw, err := os.ReadFile(ConfigPath(home))
	require.NoError(t, err)
	require.Contains(t, string(raw), "# [[chain]]")
	added := string(raw) + "\n[[chain]]\nchain_id = \"origin-1\"\nsigner_key = \"signer\"\nsources = [\"http://127.0.0.1:1\"]\ngas_price = \"0.1uorig\"\n"
	got, err := ParseConfig([]byte(added))
	require.NoError(t, err)
	require.Equal(t, DefaultChain().PollInterval, got.Chains[0].PollInterval)
}

func TestAMissingConfigSaysHowToWriteOne(t *testing.T) {
	_, err := ReadConfig(t.TempDir())
	require.ErrorIs(t, err, ErrNoConfig)
	require.ErrorContains(t, err, "stafid relayer init")
}

func TestEveryBadValueIsNamedWithWhatIsWanted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"no chain id":          {func(c *Config) { c.ChainID = "" }, "chain_id"},
		"no data dir":          {func(c *Config) { c.DataDir = "" }, "data_dir"},
		"no beacon key":        {func(c *Config) { c.BeaconKeyFile = "" }, "beacon_key_file"},
		"a beacon key twice":   {func(c *Config) { c.FormerBeaconKeyFiles = []string{c.BeaconKeyFile} }, "former_beacon_key_files[0]"},
		"log level":            {func(c *Config) { c.LogLevel = "loud" }, `log_level is "loud", want one of debug`},
		"node rpc":             {func(c *Config) { c.Node.RPC = "127.0.0.1:26657" }, "node.rpc"},
		"node grpc":            {func(c *Config) { c.Node.GRPC = "localhost" }, "node.grpc"},
		"poll too fast":        {func(c *Config) { c.Node.PollInterval = 1 }, "node.poll_interval"},
		"keyring backend":      {func(c *Config) { c.Keyring.Backend = "paper" }, "keyring.backend"},
		"no submitter":         {func(c *Config) { c.Submitter.Key = "" }, "submitter.key"},
		"gas price":            {func(c *Config) { c.Submitter.GasPrice = "much" }, "submitter.gas_price"},
		"min balance":          {func(c *Config) { c.Submitter.MinBalance = "-1" }, "submitter.min_balance"},
		"listener":             {func(c *Config) { c.Status.Listen = "everywhere" }, "status.listen"},
		"kind":                 {func(c *Config) { c.Chains[0].Kind = "dogecoin" }, `chain[0].kind is "dogecoin", want one of cosmos`},
		"no signer":            {func(c *Config) { c.Chains[0].SignerKey = "" }, "chain[0].signer_key"},
		"no sources":           {func(c *Config) { c.Chains[0].Sources = nil }, "chain[0].sources"},
		"bad source":           {func(c *Config) { c.Chains[0].Sources = []string{"ftp://x"} }, "chain[0].sources[0]"},
		"a source twice":       {func(c *Config) { c.Chains[0].Sources = []string{"http://x", "http://x"} }, "each source once"},
		"a chain twice":        {func(c *Config) { c.Chains = append(c.Chains, c.Chains[0]) }, "each chain once"},
		"short checkpoint":     {func(c *Config) { c.Chains[0].CheckpointHash = "AB" }, "chain[0].checkpoint"},
		"checkpoint no hash":   {func(c *Config) { c.Chains[0].CheckpointHeight = 5 }, "chain[0].checkpoint"},
		"origin gas price":     {func(c *Config) { c.Chains[0].GasPrice = "" }, "chain[0].gas_price"},
		"no gas":               {func(c *Config) { c.Chains[0].AccountGas = 0 }, "chain[0].account_gas"},
		"negative trust":       {func(c *Config) { c.Chains[0].TrustingPeriod = -1 }, "chain[0].trusting_period"},
		"origin poll too slow": {func(c *Config) { c.Chains[0].PollInterval = Duration(maxPoll + 1) }, "chain[0].poll_interval"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := goodConfig()
			require.NoError(t, cfg.Validate())
			c.change(&cfg)
			err := cfg.Validate()
			require.ErrorIs(t, err, ErrConfig)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestEveryBadValueOfAnEthereumChainIsNamedWithWhatIsWanted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ChainConfig)
		says   string
	}{
		"chain id":               {func(c *ChainConfig) { c.ChainID = "ethereum" }, `chain[0].chain_id is "ethereum", want eip155-`},
		"gas price of the other": {func(c *ChainConfig) { c.GasPrice = "1wei" }, "see max_fee_per_gas"},
		"gas of the other":       {func(c *ChainConfig) { c.AccountGas = 1 }, "chain[0].account_gas"},
		"checkpoint of theirs":   {func(c *ChainConfig) { c.CheckpointHeight = 1 }, "see checkpoint_slot"},
		"no funder":              {func(c *ChainConfig) { c.FunderKey = "" }, "chain[0].funder_key"},
		"signer as funder":       {func(c *ChainConfig) { c.FunderKey = c.SignerKey }, "a key that is no signer"},
		"former one as funder":   {func(c *ChainConfig) { c.FormerSignerKeys = []string{c.FunderKey} }, "a key that is no signer"},
		"no table":               {func(c *ChainConfig) { c.Ethereum = nil }, "a table [chain.ethereum]"},
		"no network":             {func(c *ChainConfig) { c.Ethereum.Network = "" }, "chain[0].ethereum.network"},
		"one beacon source":      {func(c *ChainConfig) { c.Ethereum.BeaconSources = c.Ethereum.BeaconSources[:1] }, `beacon_quorum is "2", want from 1 to the number of beacon_sources, 1`},
		"a beacon source twice": {func(c *ChainConfig) {
			c.Ethereum.BeaconSources[1] = c.Ethereum.BeaconSources[0]
		}, "chain[0].ethereum.beacon_sources[1]"},
		"fee without a unit":  {func(c *ChainConfig) { c.Ethereum.MaxFeePerGas = "100" }, `max_fee_per_gas is "100", want an amount such as 1.5gwei`},
		"fee below a wei":     {func(c *ChainConfig) { c.Ethereum.MaxFeePerGas = "0.5wei" }, "chain[0].ethereum.max_fee_per_gas"},
		"negative fee":        {func(c *ChainConfig) { c.Ethereum.MaxFeePerGas = "-1gwei" }, "chain[0].ethereum.max_fee_per_gas"},
		"tip above the fee":   {func(c *ChainConfig) { c.Ethereum.PriorityFee = "101gwei" }, "at most max_fee_per_gas, 100gwei"},
		"no tip":              {func(c *ChainConfig) { c.Ethereum.PriorityFee = "0gwei" }, "chain[0].ethereum.priority_fee"},
		"balance":             {func(c *ChainConfig) { c.Ethereum.MinBalance = "some" }, "chain[0].ethereum.min_balance"},
		"slot without a root": {func(c *ChainConfig) { c.Ethereum.CheckpointSlot = 5 }, "chain[0].ethereum.checkpoint_slot"},
		"root without a slot": {func(c *ChainConfig) { c.Ethereum.CheckpointRoot = strings.Repeat("ab", 32) }, "chain[0].ethereum.checkpoint_slot"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := goodConfig()
			cfg.Chains = []ChainConfig{goodEthereum()}
			require.NoError(t, cfg.Validate())
			c.change(&cfg.Chains[0])
			err := cfg.Validate()
			require.ErrorIs(t, err, ErrConfig)
			require.ErrorContains(t, err, c.says)
		})
	}
	cosmos := goodConfig()
	cosmos.Chains[0].Ethereum = goodEthereum().Ethereum
	require.ErrorContains(t, cosmos.Validate(), "none where kind is cosmos")
}

func TestANetworksFileIsLookedForBesideTheConfig(t *testing.T) {
	home := t.TempDir()
	cfg := goodConfig()
	cfg.Chains = []ChainConfig{goodEthereum()}
	cfg.Chains[0].Ethereum.Network = "network.json"
	require.NoError(t, WriteConfig(home, cfg))
	got, err := ReadConfig(home)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(Dir(home), "network.json"), got.Chains[0].Ethereum.Network)
}

func TestUnknownKeysAreRefusedByNameAndLine(t *testing.T) {
	_, err := ParseConfig([]byte("chain_id = \"stafi-1\"\n[node]\nrcp = \"http://127.0.0.1:26657\"\n"))
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, `"node.rcp" in line 3`)
}

func TestASyntaxErrorNamesItsPlace(t *testing.T) {
	_, err := ParseConfig([]byte("chain_id = \n"))
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, "line 1")
}

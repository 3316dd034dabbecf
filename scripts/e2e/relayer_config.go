package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// relayerChain is what an operator adds to its relayer's configuration for an original chain.
const relayerChain = `
[[chain]]
chain_id = %q
kind = "cosmos"
signer_key = "signer"
sources = [%s]
gas_price = %q
poll_interval = %q
`

// relayerPoll is how often relayers look for a block of the original chain, at pace 1.
const relayerPoll = 200 * time.Millisecond

// configureRelayer adds the original chain with its sources, best first, to the configuration that localnet wrote.
func (l *Life) configureRelayer(operator *Operator, sources ...string) error {
	return operator.AddChain(fmt.Sprintf(relayerChain, l.original.ID, quoted(sources), l.original.GasPrice, l.measure.Pace.Of(relayerPoll)))
}

// AddChain adds a chain's block of TOML to the configuration that localnet wrote for the operator's relayer.
func (o *Operator) AddChain(block string) error {
	path := relayerConfig(o)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, block...), 0o600) //nolint:gosec // a path of the network made here
}

// setSources replaces the sources of the original chain in a relayer's configuration.
func setSources(operator *Operator, sources ...string) error {
	path := relayerConfig(operator)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(`(?m)^sources = \[.*\]$`)
	if !line.Match(content) {
		return fmt.Errorf("%s has no line of sources", path)
	}
	return os.WriteFile(path, line.ReplaceAll(content, []byte("sources = ["+quoted(sources)+"]")), 0o600) //nolint:gosec // a path of the network made here
}

func relayerConfig(operator *Operator) string {
	return filepath.Join(operator.RelayerHome, "relayer", "config.toml")
}

func quoted(sources []string) string {
	urls := make([]string, len(sources))
	for i, source := range sources {
		urls[i] = fmt.Sprintf("%q", "http://"+source)
	}
	return strings.Join(urls, ", ")
}

package ethereumlife

import (
	"fmt"
	"strings"
	"time"
)

// relayerPoll is how often relayers look for a block, at pace 1.
const relayerPoll = 300 * time.Millisecond

// relayerChain is what an operator adds to its relayer's configuration. Two names of one node stand for two operators' nodes.
func (l *Life) relayerChain(definition string) string {
	gate := l.gate.URLs()
	return fmt.Sprintf(`
[[chain]]
chain_id = %q
kind = "ethereum"
signer_key = "signer"
funder_key = %q
sources = [%q, %q]
poll_interval = %q

[chain.ethereum]
network = %q
beacon_sources = [%q, %q]
beacon_quorum = 2
max_fee_per_gas = "20gwei"
priority_fee = "1gwei"
min_balance = "0.2ether"
`, chainID(), funderKey, gate[0], gate[1], l.measure.Pace.Of(relayerPoll), definition, l.peers.Beacon, strings.Replace(l.peers.Beacon, "127.0.0.1", "localhost", 1))
}

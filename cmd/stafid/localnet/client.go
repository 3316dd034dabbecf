package localnet

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
)

// clientConfig is a client.toml: commands with --home need neither chain id, node nor keyring backend then.
const clientConfig = `chain-id = %q
keyring-backend = %q
keyring-default-keyname = ""
output = "text"
node = %q
broadcast-mode = "sync"
`

func (g *generator) writeClientConfig(home string, node Node) error {
	text := fmt.Sprintf(clientConfig, g.ChainID, keyring.BackendTest, tcp(node.Ports.RPC))
	return os.WriteFile(filepath.Join(home, "config", "client.toml"), []byte(text), 0o600)
}

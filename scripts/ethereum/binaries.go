package ethereum

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binaries are the two clients and what runs the second of them.
type Binaries struct {
	Geth     string
	Node     string // Node.js
	Lodestar string // directory with node_modules and the polyfill
}

// FindBinaries finds what make ethereum-peers builds under a checkout, unless
// GETH_BIN and CONSENSUS_CLIENT_DIR name others. It fails, naming all that is missing. (Lodestar takes any LODESTAR_… of the environment for an argument.)
func FindBinaries(root string) (Binaries, error) {
	root, err := filepath.Abs(root) // Lodestar is started elsewhere
	if err != nil {
		return Binaries{}, err
	}
	b := Binaries{
		Geth:     fromEnvironment("GETH_BIN", filepath.Join(root, "build", "geth")),
		Lodestar: fromEnvironment("CONSENSUS_CLIENT_DIR", filepath.Join(root, "build", "lodestar")),
	}
	var missing []error
	node, err := exec.LookPath("node")
	if err != nil {
		missing = append(missing, errors.New("Lodestar needs Node.js 18 or later: no node in PATH"))
	}
	b.Node = node
	for _, path := range []string{b.Geth, b.entry(), b.polyfill()} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("build it with make ethereum-peers: %w", err))
		}
	}
	return b, errors.Join(missing...)
}

// entry is Lodestar's command line.
func (b Binaries) entry() string {
	return filepath.Join(b.Lodestar, "node_modules", "@chainsafe", "lodestar", "lib", "index.js")
}

// polyfill gives older Node.js what Lodestar's dependencies want.
func (b Binaries) polyfill() string { return filepath.Join(b.Lodestar, "polyfill.cjs") }

func fromEnvironment(variable, otherwise string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	return otherwise
}

//go:build e2e

package ethereumlife

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
)

func TestTheWholeLifeOnEthereumAddsUp(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	peers, err := ethereum.FindBinaries(root)
	require.NoError(t, err, "without geth, Lodestar and Node.js nothing is shown")
	dir := t.TempDir()
	config := Config{Peers: peers, Dir: dir, Out: t.Output()}
	config.Pace, err = e2e.ParsePace(os.Getenv("PACE"))
	require.NoError(t, err)
	config.Stafid, _ = e2e.DefaultBinaries(root)
	require.FileExists(t, config.Stafid, "build it with make build")
	if err := Live(t.Context(), config); err != nil {
		for _, pattern := range []string{"logs", filepath.Join("ethereum", "logs")} {
			logs, _ := filepath.Glob(filepath.Join(dir, pattern, "*.log"))
			for _, log := range logs {
				t.Logf("end of %s:\n%s", filepath.Base(log), e2e.Tail(log, 1500))
			}
		}
		t.Fatal(err)
	}
	require.NoError(t, os.RemoveAll(dir))
}

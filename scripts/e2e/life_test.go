//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWholeLifeAddsUp(t *testing.T) {
	dir := t.TempDir()
	config := Config{Dir: dir, Out: t.Output()}
	var err error
	config.Pace, err = ParsePace(os.Getenv("PACE"))
	require.NoError(t, err)
	config.Stafid, config.Wasmd = DefaultBinaries(filepath.Join("..", ".."))
	for _, path := range []string{config.Stafid, config.Wasmd} {
		require.FileExists(t, path, "build it with make build counterparty")
	}
	if err := Live(t.Context(), config); err != nil {
		logs, _ := filepath.Glob(filepath.Join(dir, "logs", "*.log"))
		for _, log := range logs {
			t.Logf("end of %s:\n%s", filepath.Base(log), Tail(log, 1500))
		}
		t.Fatal(err)
	}
	require.NoError(t, os.RemoveAll(dir))
}

func TestTheQuickstartGoesFromADepositToAPayout(t *testing.T) {
	config := Config{Dir: t.TempDir(), Out: t.Output()}
	config.Stafid, config.Wasmd = DefaultBinaries(filepath.Join("..", ".."))
	var err error
	config.Pace, err = ParsePace(os.Getenv("PACE"))
	require.NoError(t, err)
	require.NoError(t, Quickstart(t.Context(), config))
}

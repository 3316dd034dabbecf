package beacon

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/golang/snappy"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// fixtureDir is a directory of recorded data of other projects and chains, in
// STAFID_FIXTURES or beside the repository.
func fixtureDir(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("STAFID_FIXTURES")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "fixtures")
	}
	dir := filepath.Join(append([]string{root, "ethereum"}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("recorded light client data is absent (STAFID_FIXTURES): %v", err)
	}
	return dir
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return raw
}

func readJSON(t testing.TB, into any, path ...string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(readFile(t, path...), into))
}

func readYAML(t testing.TB, into any, path ...string) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal(readFile(t, path...), into))
}

func readSnappy(t testing.TB, path ...string) []byte {
	t.Helper()
	raw, err := snappy.Decode(nil, readFile(t, path...))
	require.NoError(t, err)
	return raw
}

func root(t testing.TB, text string) (r Root) {
	t.Helper()
	require.NoError(t, r.UnmarshalText([]byte(text)))
	return r
}

// apiResponse is the beacon API's envelope.
type apiResponse struct {
	Version string          `json:"version"`
	Data    json.RawMessage `json:"data"`
}

// mainnet is the recorded mainnet data, Capella.
type mainnet struct {
	network   Network
	bootstrap *Bootstrap
	updates   []*Update
	finality  *Update
}

func loadMainnet(t testing.TB) mainnet {
	t.Helper()
	dir := fixtureDir(t, "mainnet_capella_helios")
	m := mainnet{network: MainnetNetwork()}
	var one apiResponse
	var many []apiResponse
	var err error
	readJSON(t, &one, dir, "bootstrap.json")
	m.bootstrap, err = m.network.ParseBootstrap(one.Data)
	require.NoError(t, err)
	readJSON(t, &many, dir, "updates.json")
	for _, response := range many {
		u, err := m.network.ParseUpdate(response.Data)
		require.NoError(t, err)
		m.updates = append(m.updates, u)
	}
	readJSON(t, &one, dir, "finality.json")
	m.finality, err = m.network.ParseUpdate(one.Data)
	require.NoError(t, err)
	return m
}

// store is the recorded bootstrap's.
func (m *mainnet) store(t testing.TB) *Store {
	t.Helper()
	s, err := m.network.NewStore(m.bootstrap.Header.Beacon.Root(), m.bootstrap)
	require.NoError(t, err)
	return s
}

package localnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/stafiprotocol/stafid/app"
)

const (
	accountsHome  = "accounts"
	operatorName  = "operator"
	submitterName = "submitter"
	signerName    = "signer"
)

// Generate writes the network's homes, genesis and manifest. It starts nothing.
func Generate(o Options) (Manifest, error) {
	if err := o.validate(); err != nil {
		return Manifest{}, err
	}
	dir, err := emptyDir(o.Dir)
	if err != nil {
		return Manifest{}, err
	}
	chain, err := app.Describe()
	if err != nil {
		return Manifest{}, err
	}
	g := &generator{
		Options: o,
		dir:     dir,
		chain:   chain,
		start:   time.Now().UTC().Add(-o.Age),
		manifest: Manifest{
			ChainID:        o.ChainID,
			KeyringBackend: keyring.BackendTest,
			AccountsHome:   accountsHome,
		},
	}
	if err := g.run(); err != nil {
		return Manifest{}, err
	}
	return g.manifest.in(dir), nil
}

type generator struct {
	Options
	dir      string
	chain    app.Description
	start    time.Time
	manifest Manifest
	funded   []funded
	gentxs   []json.RawMessage
}

func (g *generator) run() error {
	for index := range g.Validators {
		if err := g.addNode(index); err != nil {
			return fmt.Errorf("validator %d: %w", index, err)
		}
		if err := g.addRelayer(index); err != nil {
			return fmt.Errorf("relayer %d: %w", index, err)
		}
	}
	if err := g.addAccounts(); err != nil {
		return err
	}
	genesis, err := g.genesis()
	if err != nil {
		return err
	}
	for index := range g.manifest.Nodes {
		if err := g.configureNode(index, genesis); err != nil {
			return fmt.Errorf("validator %d: %w", index, err)
		}
	}
	if err := g.manifest.save(g.dir); err != nil {
		return err
	}
	return g.configureRelayers()
}

// addAccounts makes the keys of the extra accounts.
func (g *generator) addAccounts() error {
	ring, err := openKeyring(filepath.Join(g.dir, accountsHome), g.chain.Encoding().Codec)
	if err != nil {
		return err
	}
	for _, account := range g.Accounts {
		key, err := newKey(ring, account.Name)
		if err != nil {
			return err
		}
		g.manifest.Accounts = append(g.manifest.Accounts, key)
		g.funded = append(g.funded, funded{key.Address, account.Coins})
	}
	return nil
}

// emptyDir creates dir where it is missing and refuses one with anything in it.
func emptyDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("localnet: %s is not empty", dir)
	}
	return dir, os.MkdirAll(dir, 0o750)
}

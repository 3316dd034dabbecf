package localnet

import (
	"fmt"
	"path/filepath"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
)

// submitterFunds pay for duty transactions, in ufis.
const submitterFunds = 1_000_000_000

// addRelayer makes the home and the keys of the relayer of the index-th validator.
func (g *generator) addRelayer(index int) error {
	home := fmt.Sprintf("relayer%d", index)
	ring, err := openKeyring(filepath.Join(g.dir, home), g.chain.Encoding().Codec)
	if err != nil {
		return err
	}
	submitter, err := newKey(ring, submitterName)
	if err != nil {
		return err
	}
	signer, err := newKey(ring, signerName)
	if err != nil {
		return err
	}
	g.manifest.Relayers = append(g.manifest.Relayers, Relayer{
		Home: home, Operator: g.manifest.Nodes[index].Operator,
		Submitter: submitter, Signer: signer, Ports: relayerPorts(g.BasePort, index),
	})
	g.funded = append(g.funded, funded{submitter.Address, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, submitterFunds))})
	return nil
}

// configureRelayers lets the relayer's own package write its configuration.
func (g *generator) configureRelayers() error {
	if g.WriteRelayer == nil {
		return nil
	}
	manifest := g.manifest.in(g.dir)
	for index := range manifest.Relayers {
		if err := g.WriteRelayer(manifest, index); err != nil {
			return fmt.Errorf("relayer %d: %w", index, err)
		}
	}
	return nil
}

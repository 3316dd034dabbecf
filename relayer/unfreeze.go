package relayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// restartTrust only lets a light client be opened to be unfrozen; nothing is verified with it.
const restartTrust = 100 * 365 * 24 * time.Hour

// ErrNotFrozen: there is nothing to clear.
var ErrNotFrozen = errors.New("light client is not frozen")

// Unfreeze clears the light client of an original chain that was frozen by a conflict, while the relayer does not run, and returns the
// conflicts it has seen. The evidence is kept. Errors: ErrNoConfig, ErrConfig for a chain that is not configured, ErrNotFrozen, those of
// the store (a running relayer holds it).
func Unfreeze(ctx context.Context, home, chainID string, open OpenClient, logger log.Logger) ([]lightclient.Misbehaviour, error) {
	cfg, err := ReadConfig(home)
	if err != nil {
		return nil, err
	}
	index := slices.IndexFunc(cfg.Chains, func(c ChainConfig) bool { return c.ChainID == chainID })
	if index < 0 {
		return nil, fmt.Errorf("%w: chain %q, want one that is configured", ErrConfig, chainID)
	}
	chain := cfg.Chains[index]
	chain.TrustingPeriod = Duration(restartTrust)
	client, err := open(chain, cfg.dataDir(home), stafi.Contract{}, logger)
	if err != nil {
		return nil, err
	}
	seen, err := unfreeze(ctx, client)
	return seen, errors.Join(err, client.Close())
}

func unfreeze(ctx context.Context, client lightclient.Client) ([]lightclient.Misbehaviour, error) {
	if state := client.Status().State; state != lightclient.Frozen {
		return nil, fmt.Errorf("%w: %s", ErrNotFrozen, state)
	}
	seen, err := client.Misbehaviour()
	if err != nil {
		return nil, err
	}
	return seen, client.Unfreeze(ctx)
}

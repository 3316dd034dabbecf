package relayer

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// frozenClient is a light client that two conflicting headers have frozen.
type frozenClient struct {
	fakeClient
	state  lightclient.State
	closed bool
}

func (c *frozenClient) Status() lightclient.Status { return lightclient.Status{State: c.state} }

func (c *frozenClient) Misbehaviour() ([]lightclient.Misbehaviour, error) {
	return []lightclient.Misbehaviour{{ChainID: originChain, Height: 7, Source: "liar"}}, nil
}

func (c *frozenClient) Unfreeze(context.Context) error {
	c.state = lightclient.Active
	return nil
}

func (c *frozenClient) Close() error {
	c.closed = true
	return nil
}

func TestOnlyAFrozenLightClientIsUnfrozenAndItsConflictsAreNamed(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, WriteConfig(home, goodConfig()))
	client := &frozenClient{state: lightclient.Frozen}
	open := func(ChainConfig, string, stafi.Contract, log.Logger) (lightclient.Client, error) { return client, nil }

	_, err := Unfreeze(t.Context(), home, "another-chain", open, log.NewNopLogger())
	require.ErrorIs(t, err, ErrConfig)
	require.Equal(t, lightclient.Frozen, client.state)

	seen, err := Unfreeze(t.Context(), home, goodConfig().Chains[0].ChainID, open, log.NewNopLogger())
	require.NoError(t, err)
	require.Equal(t, "liar", seen[0].Source)
	require.Equal(t, lightclient.Active, client.state)
	require.True(t, client.closed)

	_, err = Unfreeze(t.Context(), home, goodConfig().Chains[0].ChainID, open, log.NewNopLogger())
	require.ErrorIs(t, err, ErrNotFrozen)
}

//go:build ethereum

package ethereum

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/pool"
	"github.com/stafiprotocol/stafid/lightclient/store"
	"github.com/stafiprotocol/stafid/scripts/e2e"
)

const chainName = "stafi-test"

// open starts a client on the run's store, with sources at the addresses given.
func (r *run) open(executionAddress string, beaconAddresses ...string) *lightethereum.Client {
	r.Helper()
	var sources []lightethereum.BeaconSource
	for _, address := range beaconAddresses {
		source, err := lightethereum.NewHTTPBeacon(address, r.peers.Network, 0)
		require.NoError(r, err)
		sources = append(sources, source)
	}
	beacons, err := lightethereum.NewBeaconPool(sources, pool.Config{})
	require.NoError(r, err)
	source, err := lightethereum.NewHTTPExecution(executionAddress, 0)
	require.NoError(r, err)
	blocks, err := lightethereum.NewExecutionPool([]lightethereum.ExecutionSource{source}, pool.Config{})
	require.NoError(r, err)
	db, err := store.Open(r.dir, lightethereum.Kind, chainName)
	require.NoError(r, err)
	client, err := lightethereum.New(lightethereum.Config{ChainID: chainName, Network: r.peers.Network}, beacons, blocks, db)
	require.NoError(r, err)
	return client
}

// checkNetworks writes the network's definition, reads it back and holds all sources against it and against another.
func (r *run) checkNetworks() {
	r.Helper()
	path := r.dir + ".json"
	require.NoError(r, r.peers.Definition().WriteFile(path))
	network, err := lightethereum.FindNetwork(path)
	require.NoError(r, err)
	mainnet, err := lightethereum.FindNetwork("mainnet")
	require.NoError(r, err)
	execution, err := lightethereum.NewHTTPExecution(r.peers.Execution, 0)
	require.NoError(r, err)
	checked := []lightethereum.Checked{execution}
	for _, address := range r.peers.Beacons {
		source, err := lightethereum.NewHTTPBeacon(address, network.Consensus, 0)
		require.NoError(r, err)
		checked = append(checked, source)
	}
	for _, source := range checked {
		require.NoError(r, source.CheckNetwork(r.ctx, network))
		require.ErrorIs(r, source.CheckNetwork(r.ctx, mainnet), lightethereum.ErrForeignNetwork)
	}
}

// followUntil syncs until the head is as wanted.
func (r *run) followUntil(what string, limit time.Duration, reached func(lightclient.Header) bool) lightclient.Header {
	r.Helper()
	head, err := e2e.AwaitFor(r.ctx, what, limit, func(ctx context.Context) (lightclient.Header, bool, error) {
		head, err := r.client.Sync(ctx)
		return head, err == nil && reached(head), err
	})
	require.NoError(r, err)
	return head
}

// timeUpdates verifies the updates of all committee periods again, from the
// checkpoint, and prints how long each took.
func (r *run) timeUpdates(checkpoint lightclient.Checkpoint) {
	r.Helper()
	network := r.peers.Network
	source, err := lightethereum.NewHTTPBeacon(r.peers.Beacon, network, 0)
	require.NoError(r, err)
	bootstrap, err := source.Bootstrap(r.ctx, checkpoint.Hash)
	require.NoError(r, err)
	verified, err := network.NewStore(checkpoint.Hash, bootstrap)
	require.NoError(r, err)
	first := network.Period(uint64(checkpoint.Height))
	updates, err := source.Updates(r.ctx, first, 2)
	require.NoError(r, err)
	require.Len(r, updates, 2)
	for i, update := range updates {
		began := time.Now()
		verified, err = network.Apply(verified, update, network.SlotAt(time.Now()))
		require.NoError(r, err)
		r.Logf("update of period %d, %d keys, verified in %s", first+uint64(i), network.SyncCommitteeSize, time.Since(began))
	}
	require.NotNil(r, verified.Next)
	update, err := source.FinalityUpdate(r.ctx)
	require.NoError(r, err)
	began := time.Now()
	_, err = network.Apply(verified, update, network.SlotAt(time.Now()))
	require.NoError(r, err)
	r.Logf("finality update at slot %d verified in %s", update.Finalized.Beacon.Slot, time.Since(began))
}

// restart opens the store again, with sources that count what they are asked.
func (r *run) restart(head lightclient.Header) {
	r.Helper()
	require.NoError(r, r.client.Close())
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		http.Error(w, "nothing here", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	began := time.Now()
	client := r.open(server.URL, server.URL+"/a", server.URL+"/b")
	defer func() { require.NoError(r, client.Close()) }()
	found, err := client.Head()
	require.NoError(r, err)
	r.Logf("restart: head %d proven again in %s", found.Height, time.Since(began))
	require.Equal(r, head, found)
	require.Zero(r, requests.Load())
}

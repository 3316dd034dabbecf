//go:build ethereum

package ethereum

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
)

const (
	finalityLimit = 4 * time.Minute // 47 s on a quiet machine
	periodLimit   = 6 * time.Minute // a period is 64 s
)

// run is one life of the network with the client under test.
type run struct {
	*testing.T
	ctx    context.Context // ends, with the reason, when a client does
	peers  *Peers
	dir    string
	client *lightethereum.Client
}

func TestTheLightClientFollowsANetworkThatIsNotOurs(t *testing.T) {
	binaries, err := FindBinaries(filepath.Join("..", ".."))
	require.NoError(t, err)
	dir := t.TempDir()
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	peers, err := Start(ctx, Config{Dir: dir, Binaries: binaries, Failed: fail, Beacons: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, peers.Stop()) })
	r := &run{T: t, ctx: ctx, peers: peers, dir: filepath.Join(dir, "client")}

	checkpoint, err := peers.Checkpoint(ctx, finalityLimit)
	require.NoError(t, err)
	t.Logf("first finality: slot %d, %.0f s after the clients' start, %.0f s after genesis", checkpoint.Height,
		time.Since(peers.Started).Seconds(), time.Since(peers.Network.GenesisTime).Seconds())

	r.checkNetworks()
	r.client = r.open(peers.Execution, peers.Beacons...)
	require.ErrorIs(t, r.client.Bootstrap(ctx, lightclient.Checkpoint{Height: checkpoint.Height, Hash: [32]byte{1}}), lightclient.ErrNoSource)
	require.NoError(t, r.client.Bootstrap(ctx, checkpoint))

	paid := r.pay()
	r.followUntil("the deposit's block is final", finalityLimit, func(head lightclient.Header) bool { return uint64(head.Height) >= paid.block })
	r.proveDeposit(paid)
	r.proveBalance(paid)

	period := peers.Network.Period(uint64(checkpoint.Height)) + 2
	head := r.followUntil("finality two periods later", periodLimit, func(head lightclient.Header) bool {
		return peers.Network.Period(peers.Network.SlotAt(head.Time)) >= period
	})
	t.Logf("head %d, %.0f s after genesis: signed by committees of three periods", head.Height, time.Since(peers.Network.GenesisTime).Seconds())
	r.timeUpdates(checkpoint)
	r.restart(head)
}

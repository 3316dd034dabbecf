package stafi_test

import (
	"context"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/p2p"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/relayer/stafi"
)

// storedAhead is a node whose block store is one block ahead of its application.
type storedAhead struct {
	stafi.RPC
	stored, committed int64
}

var genesisTime = time.Unix(1_700_000_000, 0).UTC()

func blockTime(height int64) time.Time { return genesisTime.Add(time.Duration(height) * time.Second) }

func (s storedAhead) Status(context.Context) (*ctypes.ResultStatus, error) {
	return &ctypes.ResultStatus{
		NodeInfo: p2p.DefaultNodeInfo{Network: "stafi-test"},
		SyncInfo: ctypes.SyncInfo{LatestBlockHeight: s.stored, LatestBlockTime: blockTime(s.stored)},
	}, nil
}

func (s storedAhead) ABCIInfo(context.Context) (*ctypes.ResultABCIInfo, error) {
	return &ctypes.ResultABCIInfo{Response: abci.ResponseInfo{LastBlockHeight: s.committed}}, nil
}

func (s storedAhead) Block(_ context.Context, height *int64) (*ctypes.ResultBlock, error) {
	block := &cmttypes.Block{}
	block.Time = blockTime(*height)
	return &ctypes.ResultBlock{Block: block}, nil
}

func TestNowIsTheNewestBlockWhoseStateCanBeQueried(t *testing.T) {
	for _, c := range []struct{ stored, committed, want int64 }{{9, 9, 9}, {9, 8, 8}, {8, 9, 8}} {
		now, err := stafi.NewNode("stafi-test", storedAhead{stored: c.stored, committed: c.committed}, nil).Now(t.Context())
		require.NoError(t, err)
		require.Equal(t, stafi.Moment{Height: c.want, Time: blockTime(c.want)}, now)
	}
}

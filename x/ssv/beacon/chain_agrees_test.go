package beacon_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// recorder writes the messages of rounds that reach the real module into blocks, with the code of their results.
type recorder struct {
	types.MsgServer
	txs   map[int64][][]byte
	codes map[int64][]uint32
	t     *testing.T
}

func (r *recorder) record(ctx context.Context, msg proto.Message, err error) {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	code := uint32(0)
	if err != nil {
		code = 1
	}
	r.txs[height] = append(r.txs[height], transaction(r.t, msg))
	r.codes[height] = append(r.codes[height], code)
}

func (r *recorder) Deal(ctx context.Context, msg *types.MsgDeal) (*types.MsgDealResponse, error) {
	answer, err := r.MsgServer.Deal(ctx, msg)
	r.record(ctx, msg, err)
	return answer, err
}

func (r *recorder) Open(ctx context.Context, msg *types.MsgOpen) (*types.MsgOpenResponse, error) {
	answer, err := r.MsgServer.Open(ctx, msg)
	r.record(ctx, msg, err)
	return answer, err
}

func (r *recorder) Decrypt(ctx context.Context, msg *types.MsgDecrypt) (*types.MsgDecryptResponse, error) {
	answer, err := r.MsgServer.Decrypt(ctx, msg)
	r.record(ctx, msg, err)
	return answer, err
}

// block of a height, with the results of its transactions or without.
func (r *recorder) block(height int64, results bool) beacon.Block {
	block := beacon.Block{ChainID: testutil.ChainID, Height: height, LastHash: testutil.BlockHash(height - 1), Txs: r.txs[height]}
	if results {
		block.Codes = append([]uint32{}, r.codes[height]...)
	}
	return block
}

// verify gives the verifier the recorded blocks of a record's span.
func (r *recorder) verify(record beacon.Record, head int64, results bool) (beacon.Report, error) {
	from, to := beacon.Span(record, head)
	return beacon.Verify(record, func(yield func(beacon.Block, error) bool) {
		for height := from; height <= to; height++ {
			if !yield(r.block(height, results), nil) {
				return
			}
		}
	}, head)
}

// garble makes a dealing invalid.
func garble(dealing []byte) []byte {
	garbled := slices.Clone(dealing)
	garbled[len(garbled)-1] ^= 1
	return garbled
}

// TestWhatTheChainSaysOfItsRoundsIsAlwaysBorneOutByItsBlocks runs the real module with dealers that do all kinds of things, and blocks that have
// room for few verifications, through eras that cut rounds off.
func TestWhatTheChainSaysOfItsRoundsIsAlwaysBorneOutByItsBlocks(t *testing.T) {
	outcomes := map[types.RoundStatus]int{}
	how := map[types.DealerStatus]int{}
	rapid.Check(t, func(rt *rapid.T) {
		params := testutil.Params()
		params.BeaconSize = 8
		params.DealBlocks = rapid.Uint32Range(1, 3).Draw(rt, "deal blocks")
		params.RevealBlocks = rapid.Uint32Range(2, 5).Draw(rt, "reveal blocks")
		params.MaxDealingsPerBlock = rapid.Uint32Range((params.BeaconSize+params.DealBlocks-1)/params.DealBlocks, 8).Draw(rt, "per block")
		params.BeaconWindow = 30 * time.Second
		stakes := make([]int64, 8)
		for i := range stakes {
			stakes[i] = rapid.Int64Range(10, 20).Draw(rt, "stake") * 1_000_000
		}
		c := testutil.New(t, params, stakes...)
		recording := &recorder{MsgServer: c.Msgs, txs: map[int64][][]byte{}, codes: map[int64][]uint32{}, t: t}
		c.Msgs = recording
		for i := range stakes {
			c.Register(i, "origin-1")
			c.Heartbeat(i)
		}
		for era := range uint64(2) {
			for i := range stakes {
				c.Conducts[i] = conduct(rt)
			}
			c.RunToEra(era + 2)
		}
		for era := range uint64(2) {
			answer, err := c.Queries.Seed(c.Ctx, &types.QuerySeedRequest{Era: era + 1})
			if err != nil {
				continue
			}
			outcomes[answer.Round.Status]++
			for _, dealer := range answer.Dealers {
				how[dealer.Status]++
			}
			report, err := recording.verify(*answer, c.Ctx.BlockHeight(), rapid.Bool().Draw(rt, "results"))
			require.NoError(rt, err, "%v", answer.Round)
			require.Empty(rt, report.Differences, "%v", answer)
			if answer.Round.Status == types.ROUND_STATUS_DONE {
				require.Equal(rt, answer.Round.Seed, report.Seed)
			}
		}
	})
	require.Positive(t, outcomes[types.ROUND_STATUS_DONE])
	require.Positive(t, outcomes[types.ROUND_STATUS_FAILED])
	for _, status := range []types.DealerStatus{
		types.DEALER_STATUS_AWAITED, types.DEALER_STATUS_DEALT, types.DEALER_STATUS_OPENED, types.DEALER_STATUS_REBUILT,
	} {
		require.Positive(t, how[status], "%s", status)
	}
}

func conduct(rt *rapid.T) testutil.Conduct {
	var drawn testutil.Conduct
	switch rapid.IntRange(0, 9).Draw(rt, "conduct") {
	case 0:
		drawn.Silent = true
	case 1, 2:
		drawn.Sealed = true
	case 3:
		drawn.Dealing = garble
	case 4:
		drawn.Idle = true
	case 5:
		drawn.Sealed, drawn.Idle = true, true
	}
	return drawn
}

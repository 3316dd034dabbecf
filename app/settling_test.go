package app_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// settled counts sessions of a committee's vault in the accounts of its members, as they are when their time is over: the first three members
// sign none of them, so that there is something to slash.
func (c *chain) settled(ctx sdk.Context, sessions int) {
	c.t.Helper()
	committee := c.committee()
	s := ssvkeeper.SettledSession{
		Contract: firstContract, Vault: 1, VaultEra: committee.Era, Size: uint32(len(committee.Members)), Threshold: committee.Threshold,
		Signatures: uint32(len(committee.Members) - 3), Blames: true, Proven: true,
	}
	for i, member := range committee.Members {
		s.Duties = append(s.Duties, ssvkeeper.SessionDuty{Operator: member.Operator, Signed: i >= 3})
	}
	for i := range sessions {
		s.Session = uint64(i + 1)
		require.NoError(c.t, c.app.SSV.RecordSettled(ctx, s))
	}
}

// countedReads is a gas config by which a meter counts what stores are asked for: reads, and the steps of iterators.
func countedReads() storetypes.GasConfig {
	return storetypes.GasConfig{HasCost: 1, ReadCostFlat: 1, IterNextCostFlat: 1}
}

// settlingReads ends the present era in a copy of the state, after so many sessions settled and so many calls were counted in it, and returns
// how often x/ssv and all that it calls read a store until everybody was judged, slashed and paid.
func (c *chain) settlingReads(sessions int, calls uint64) uint64 {
	c.t.Helper()
	ctx, _ := c.context().CacheContext()
	c.settled(ctx, sessions)
	era, err := c.app.SSV.CurrentEra(ctx)
	require.NoError(c.t, err)
	for _, member := range c.committee().Members {
		for range calls {
			require.NoError(c.t, c.app.SSV.RecordCalls(ctx, firstContract, member.Operator, 1, 1))
		}
	}
	meter := storetypes.NewInfiniteGasMeter()
	ctx = ctx.WithBlockHeight(c.height + 1).WithBlockTime(era.EndTime).WithGasMeter(meter).WithKVGasConfig(countedReads())
	for range 10 {
		_, err := c.app.SSV.EndBlock(ctx)
		require.NoError(c.t, err)
		if reward, err := c.app.SSV.EraRewards.Get(ctx, era.Number); err == nil && reward.Status == ssvtypes.REWARD_STATUS_PAID {
			settlement, err := c.app.SSV.Settlements.Get(ctx, collections.Join(era.Number, uint64(1)))
			require.NoError(c.t, err)
			require.Equal(c.t, uint64(sessions), settlement.Members[0].Required)
			return meter.GasConsumed()
		}
		ctx = ctx.WithBlockHeight(ctx.BlockHeight() + 1)
	}
	require.Fail(c.t, "the era is not settled")
	return 0
}

func TestSettlingAnEraReadsCountersAndNoSessionOrReceiptAgain(t *testing.T) {
	c := serving(t)
	few := c.settlingReads(10, 10)
	require.Positive(t, few)
	require.Equal(t, few, c.settlingReads(1_000, 1_000))
}

// benchmarkClients of every member sign receipts, which the members hand in by so many batches.
const (
	benchmarkClients = 1_000
	benchmarkBatches = 100
)

// settling is a chain of 56 operators, 21 of whom serve, on a disk store, with clients that hold rTokens since the era before.
type settling struct {
	*chain
	clients []*secp256k1.PrivKey
}

func newSettling(b *testing.B) *settling {
	b.Helper()
	db, err := dbm.NewGoLevelDB("application", b.TempDir(), nil)
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	wired := app.New(log.NewNopLogger(), db, true, app.NoOptions{}, baseapp.SetChainID(testChainID))
	s := &settling{chain: newChainOf(b, wired, eraOperators, smallNetwork, eraParams, eraStakes)}
	s.candidates()
	s.deployContract(eraContract())
	ctx := s.app.NewUncachedContext(false, s.context().BlockHeader())
	held := sdk.NewCoins(sdk.NewInt64Coin(eraContract().RtokenDenom, clientBalance))
	for i := range benchmarkClients {
		key := secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "client %d", i))
		s.clients = append(s.clients, key)
		require.NoError(b, s.app.Bank.MintCoins(ctx, stakingcontracttypes.ModuleName, held))
		require.NoError(b, s.app.Bank.SendCoinsFromModuleToAccount(ctx, stakingcontracttypes.ModuleName, account(key), held))
	}
	s.liveUntil(eraSeconds + 3)
	return s
}

// liveUntil makes blocks up to a height, in which candidates beat as often as they have to.
func (s *settling) liveUntil(height int64) {
	s.t.Helper()
	for s.height < height {
		if s.height%eraInterval != 0 {
			s.block()
			continue
		}
		txs := make([][]byte, len(s.submitters))
		for i, key := range s.submitters {
			txs[i] = s.sign(key, beat(key))
		}
		s.accepted(txs...)
	}
}

// batch is a transaction of a member with a receipt of every client.
func (s *settling) batch(member ssvtypes.Member, calls uint64) []byte {
	s.t.Helper()
	raw, err := sdk.ValAddressFromBech32(member.Operator)
	require.NoError(s.t, err)
	era, err := s.app.SSV.CurrentEra(s.context())
	require.NoError(s.t, err)
	submitter := s.submitters[0]
	for i, key := range s.operators {
		if operator(key) == member.Operator {
			submitter = s.submitters[i]
		}
	}
	msg := &stakingcontracttypes.MsgSubmitRPCReceipts{Submitter: account(submitter).String(), Contract: firstContract, Era: era.Number}
	body := receipt.Body{ChainID: testChainID, Contract: firstContract, Era: era.Number, Operator: raw, Calls: calls}
	for _, client := range s.clients {
		signed, err := receipt.Sign(body, client.PubKey().Bytes(), client.Sign)
		require.NoError(s.t, err)
		msg.Receipts = append(msg.Receipts, stakingcontracttypes.Receipt{Client: signed.Client, Calls: calls, Signature: signed.Signature})
	}
	sender := s.app.Account.GetAccount(s.context(), account(submitter))
	tx, err := simtestutil.GenSignedMockTx(
		rand.New(rand.NewSource(1)), s.app.Encoding().TxConfig, []sdk.Msg{msg}, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, fee)), 20_000_000,
		testChainID, []uint64{sender.GetAccountNumber()}, []uint64{sender.GetSequence()}, submitter,
	)
	require.NoError(s.t, err)
	encoded, err := s.app.Encoding().TxConfig.TxEncoder()(tx)
	require.NoError(s.t, err)
	return encoded
}

// timed makes a block and returns how long finalizing and committing it took.
func (s *settling) timed(txs ...[]byte) time.Duration {
	s.t.Helper()
	began := time.Now()
	for i, result := range s.block(txs...).TxResults {
		require.Zero(s.t, result.Code, "transaction %d: %s", i, result.Log)
	}
	return time.Since(began)
}

// BenchmarkSettlingAnEra measures the blocks that end an era of 21 members: an idle block for comparison, the block that settles, judges,
// slashes, rewards, elects and seats, those after it until all is paid, and their sum. Each pass makes a chain of its own.
func BenchmarkSettlingAnEra(b *testing.B) {
	for _, size := range []struct{ sessions, batches int }{{10, 0}, {10_000, benchmarkBatches}} {
		b.Run(fmt.Sprintf("%d sessions and %d receipts", size.sessions, size.batches*benchmarkClients), func(b *testing.B) {
			for b.Loop() {
				measureSettling(b, size.sessions, size.batches)
			}
		})
	}
}

func measureSettling(b *testing.B, sessions, batches int) {
	b.Helper()
	s := newSettling(b)
	recording := time.Now()
	s.settled(s.app.NewUncachedContext(false, s.context().BlockHeader()), sessions)
	b.ReportMetric(float64(time.Since(recording).Microseconds())/float64(sessions), "µs/session-counted")
	members, receipts, worstReceipts := s.committee().Members, time.Duration(0), time.Duration(0)
	for i := range batches {
		took := s.timed(s.batch(members[i%len(members)], uint64(i/len(members)+1)))
		receipts, worstReceipts = receipts+took, max(worstReceipts, took)
	}
	if batches > 0 {
		b.ReportMetric(float64(receipts.Milliseconds())/float64(batches), "ms/block-of-receipts")
		b.ReportMetric(float64(worstReceipts.Milliseconds()), "ms/worst-block-of-receipts")
	}
	ended := s.committee().Era
	s.liveUntil(2*eraSeconds - 2)
	worst := time.Duration(0)
	for s.eraNow() == ended { // what is left is of the last block, that which ends the era
		worst = s.timed()
	}
	sum, blocks := worst, 1
	for {
		reward, err := s.app.SSV.EraRewards.Get(s.context(), ended)
		if err == nil && reward.Status == ssvtypes.REWARD_STATUS_PAID {
			break
		}
		took := s.timed()
		worst, sum, blocks = max(worst, took), sum+took, blocks+1
	}
	b.ReportMetric(float64(s.timed().Microseconds())/1000, "ms/idle-block")
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms/worst-settling-block")
	b.ReportMetric(float64(sum.Microseconds())/1000, "ms/settling")
	b.ReportMetric(float64(blocks), "settling-blocks")
}

// eraNow is the era that the chain is in.
func (s *settling) eraNow() uint64 {
	s.t.Helper()
	era, err := s.app.SSV.CurrentEra(s.context())
	require.NoError(s.t, err)
	return era.Number
}

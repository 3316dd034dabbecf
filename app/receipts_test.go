package app_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/app"
	contractkeeper "github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// callers is a serving chain with clients that hold rTokens since before the era, a member's submitter and its operator.
type callers struct {
	*chain
	clients  []*secp256k1.PrivKey
	member   cryptotypes.PrivKey
	operator sdk.ValAddress
}

func newCallers(t testing.TB, count int) *callers {
	t.Helper()
	c := &callers{chain: serving(t)}
	ctx := c.app.NewUncachedContext(false, c.context().BlockHeader())
	contract := testContract()
	contract.Id, contract.Limits.MinClientBalance = firstContract, math.NewInt(1_000)
	_, err := contractkeeper.NewMsgServer(c.app.StakingContract).UpdateContract(ctx, &contracttypes.MsgUpdateContract{
		Authority: app.Authority(), Contract: contract,
	})
	require.NoError(t, err)
	held := sdk.NewCoins(sdk.NewCoin(contract.RtokenDenom, contract.Limits.MinClientBalance))
	for i := range count {
		key := secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "client %d", i))
		c.clients = append(c.clients, key)
		require.NoError(t, c.app.Bank.MintCoins(ctx, contracttypes.ModuleName, held))
		require.NoError(t, c.app.Bank.SendCoinsFromModuleToAccount(ctx, contracttypes.ModuleName, account(key), held))
	}
	c.blocks(eraBlocks)
	committee := c.committee()
	for i, key := range c.operators {
		if committee.MemberIndex(operator(key)) >= 0 {
			c.member, c.operator = c.submitters[i], sdk.ValAddress(account(key))
		}
	}
	return c
}

// handIn is a member's message with one receipt of each client.
func (c *callers) handIn(calls uint64) *contracttypes.MsgSubmitRPCReceipts {
	c.t.Helper()
	era, err := c.app.SSV.CurrentEra(c.context())
	require.NoError(c.t, err)
	msg := &contracttypes.MsgSubmitRPCReceipts{Submitter: account(c.member).String(), Contract: firstContract, Era: era.Number}
	body := receipt.Body{ChainID: testChainID, Contract: firstContract, Era: era.Number, Operator: c.operator, Calls: calls}
	for _, client := range c.clients {
		signed, err := receipt.Sign(body, client.PubKey().Bytes(), client.Sign)
		require.NoError(c.t, err)
		msg.Receipts = append(msg.Receipts, contracttypes.Receipt{Client: signed.Client, Calls: calls, Signature: signed.Signature})
	}
	return msg
}

// signWith signs with a gas limit of its own.
func (c *callers) signWith(gas uint64, msg sdk.Msg) []byte {
	c.t.Helper()
	sender := c.app.Account.GetAccount(c.context(), account(c.member))
	tx, err := simtestutil.GenSignedMockTx(
		rand.New(rand.NewSource(1)), c.app.Encoding().TxConfig, []sdk.Msg{msg}, sdk.NewCoins(sdk.NewInt64Coin(app.BondDenom, 1000)), gas,
		testChainID, []uint64{sender.GetAccountNumber()}, []uint64{sender.GetSequence()}, c.member,
	)
	require.NoError(c.t, err)
	raw, err := c.app.Encoding().TxConfig.TxEncoder()(tx)
	require.NoError(c.t, err)
	return raw
}

func TestAMembersReceiptsAreCountedByTheAppAndNotRefunded(t *testing.T) {
	c := newCallers(t, 3)
	before := c.ufis(c.member)
	c.accepted(c.signWith(1_000_000, c.handIn(7)))
	accounts, err := c.app.SSV.CallsOf(c.context(), c.handIn(7).Era, c.operator)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	require.Equal(t, uint64(21), accounts[0].Calls)
	require.Equal(t, uint64(3), accounts[0].Clients)
	require.Equal(t, int64(fee), before-c.ufis(c.member))
	again := c.block(c.signWith(1_000_000, c.handIn(7))).TxResults[0]
	require.Equal(t, contracttypes.ErrLowerCount.ABCICode(), again.Code, again.Log)
}

// BenchmarkABlockWithAThousandReceipts is all that a node does in FinalizeBlock for a transaction of 1,000 receipts: decoding, fee, signature,
// receipts, the block's begin and end.
func BenchmarkABlockWithAThousandReceipts(b *testing.B) {
	c := newCallers(b, 1000)
	calls, gas, size := uint64(0), int64(0), 0
	for b.Loop() {
		b.StopTimer()
		calls++
		tx := c.signWith(20_000_000, c.handIn(calls))
		b.StartTimer()
		result := c.block(tx).TxResults[0]
		require.Zero(b, result.Code, result.Log)
		gas, size = result.GasUsed, len(tx)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/receipt")
	b.ReportMetric(float64(gas)/1000, "gas/receipt")
	b.ReportMetric(float64(size)/1000, "bytes/receipt")
}

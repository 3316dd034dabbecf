package ethereumlife

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/bech32"
)

// somebody is an address that can receive rTokens; misspelt is none.
var (
	somebody = func() string {
		text, err := bech32.ConvertAndEncode("stafi", make([]byte, 20))
		if err != nil {
			panic(err)
		}
		return text
	}()
	misspelt = somebody[:len(somebody)-1] + "b"
)

func TestInflowsAreBookedByWhatTheSenderWrote(t *testing.T) {
	books := NewBooks()
	claimed := common.Hash{7}
	books.Claim(claimed, 0, somebody)
	books.Force(big.NewInt(3))
	ether := milliether(1000)
	e := books.Expect(Scan{Inflows: []Inflow{
		{TxHash: common.Hash{1}, Index: 1, Recipient: reserveRecipient, Amount: ether},
		{TxHash: common.Hash{2}, Index: 1, Recipient: somebody, Amount: ether},
		{TxHash: common.Hash{3}, Index: 1, Recipient: misspelt, Amount: ether},
		{TxHash: common.Hash{4}, Index: 1, Recipient: somebody, Amount: dustDeposit},
		{TxHash: claimed, Amount: ether},
		{TxHash: claimed, Index: 1, Amount: ether},
	}})
	require.Equal(t, sum(ether, ether), e.Holders[somebody])
	require.Equal(t, sum(ether, ether), e.Supply)
	require.Equal(t, sum(ether, ether), e.Unminted)
	require.Equal(t, sum(ether, dustDeposit, big.NewInt(3)), e.Reserve)
	require.Equal(t, e.Safe, sum(e.Supply, e.Unminted, e.Reserve))
}

func TestARefusedRedemptionBurnsTheRefundsOfThePayoutsThatItMadeFail(t *testing.T) {
	good, bad, sender := common.Address{1}, common.Address{2}, common.Address{3}
	books := NewBooks()
	books.Redeem(Redeemed{ID: 1, Holder: somebody, Recipient: good, Amount: milliether(20)})
	books.Redeem(Redeemed{ID: 2, Holder: somebody, Recipient: bad, Amount: milliether(30), Refused: true})
	e := books.Expect(Scan{
		Inflows: []Inflow{{Recipient: somebody, Amount: milliether(100)}, {Recipient: reserveRecipient, Amount: milliether(500)}},
		Executions: []Execution{
			{Sender: sender, Recipients: []common.Address{good, bad}, Refund: big.NewInt(50)},
			{Sender: sender, Recipients: []common.Address{good}, Success: true, Refund: big.NewInt(40)},
			{Sender: sender, Recipients: []common.Address{bad}, Refund: big.NewInt(30)},
		},
	})
	require.Equal(t, new(big.Int).Sub(milliether(80), big.NewInt(80)), e.Holders[somebody])
	require.Equal(t, new(big.Int).Sub(milliether(20), redemptionFee), e.Payouts[good])
	require.NotContains(t, e.Payouts, bad)
	require.Equal(t, big.NewInt(120), e.Refunded[sender])
	require.Equal(t, new(big.Int).Sub(sum(milliether(500), redemptionFee), big.NewInt(40)), e.Reserve)
	require.Equal(t, e.Safe, sum(e.Supply, e.Unminted, e.Reserve))
}

func TestAnExecutionIsReadFromItsCalldata(t *testing.T) {
	safe, one, two := common.Address{0x5a}, common.Address{1}, common.Address{2}
	exec := func(to common.Address, data []byte) *types.Transaction {
		zero := new(big.Int)
		return types.NewTx(&types.DynamicFeeTx{To: &safe, Data: pack("execTransaction", to, big.NewInt(5), data, uint8(0), zero, zero, zero,
			common.Address{}, common.Address{}, []byte{})})
	}
	require.Nil(t, asExecution(types.NewTx(&types.DynamicFeeTx{To: &safe}), safe))
	require.Nil(t, asExecution(exec(one, nil), one))

	alone := asExecution(exec(one, nil), safe)
	require.False(t, alone.handover)
	require.Equal(t, []common.Address{one}, alone.recipients())

	several := asExecution(exec(multiSend, pack("multiSend", append(callFor(one, big.NewInt(1), nil), callFor(two, big.NewInt(2), []byte{1, 2})...))), safe)
	require.False(t, several.handover)
	require.Equal(t, []common.Address{one, two}, several.recipients())

	require.True(t, asExecution(exec(safe, nil), safe).handover)
	require.True(t, asExecution(exec(multiSend, pack("multiSend", callFor(safe, new(big.Int), []byte{1}))), safe).handover)
}

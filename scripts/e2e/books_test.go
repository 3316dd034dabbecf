package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

var (
	original  = Chain{Prefix: counterpartyPrefix}
	stafi     = Chain{Prefix: stafiPrefix}
	vaultOne  = multisigtypes.Vault{Id: 1, Address: original.Fresh("vault one")}
	vaultTwo  = multisigtypes.Vault{Id: 2, Address: original.Fresh("vault two")}
	discarded = multisigtypes.Vault{Id: 3, Address: original.Fresh("vault three")}
	alice     = stafi.Fresh("alice")
	payer     = original.Fresh("payer")
	receiver  = original.Fresh("receiver")
	module    = original.Fresh("module account")
)

func inflow(hash string, index int, amount int64, memo, to string) Transfer {
	return Transfer{TxHash: hash, Index: index, From: payer, To: to, Amount: math.NewInt(amount), Memo: memo}
}

func expectOf(books *Books, scan Scan) Expected {
	return books.Expect(scan, []multisigtypes.Vault{vaultOne, vaultTwo, discarded}, map[uint64]bool{discarded.Id: true})
}

func TestDepositsAreMintedHeldOrGivenToTheReserveByTheirMemoAndAmount(t *testing.T) {
	books := NewBooks(math.NewInt(100), stafiPrefix)
	books.Claim("C", 0, alice)
	expected := expectOf(books, Scan{Transfers: []Transfer{
		inflow("A", 0, 500, alice, vaultOne.Address),
		inflow("B", 0, 300, "", vaultOne.Address),
		inflow("C", 0, 200, alice[:10], vaultOne.Address),
		inflow("D", 0, 99, alice, vaultOne.Address),
		inflow("E", 0, 1000, reserveMemo, vaultOne.Address),
		inflow("F", -1, 400, alice, vaultOne.Address),
		inflow("G", 0, 700, alice, discarded.Address),
	}})
	require.EqualValues(t, 700, expected.Supply.Int64())
	require.EqualValues(t, 700, expected.Holders[alice].Int64())
	require.EqualValues(t, 300, expected.Unminted.Int64())
	require.EqualValues(t, 99+1000+400, expected.Reserve.Int64())
	require.EqualValues(t, 2499, expected.Vaults[vaultOne.Id].Int64())
	require.EqualValues(t, 700, expected.Vaults[discarded.Id].Int64())
}

func TestAHandoverMovesFundsAndCostsTheReserveItsFee(t *testing.T) {
	expected := expectOf(NewBooks(math.NewInt(100), stafiPrefix), Scan{
		Transfers: []Transfer{
			inflow("A", 0, 1000, reserveMemo, vaultOne.Address),
			{TxHash: "H", From: vaultOne.Address, To: vaultTwo.Address, Amount: math.NewInt(990)},
		},
		Executions: []Execution{{TxHash: "H", Sender: vaultOne.Address, Fee: math.NewInt(10), Recipients: []string{vaultTwo.Address}}},
	})
	require.EqualValues(t, 0, expected.Vaults[vaultOne.Id].Int64())
	require.EqualValues(t, 990, expected.Vaults[vaultTwo.Id].Int64())
	require.EqualValues(t, 990, expected.Reserve.Int64())
	require.EqualValues(t, 10, expected.VaultFees.Int64())
}

func TestARefusedRedemptionBurnsTheFeesOfThePaymentsThatItMadeFail(t *testing.T) {
	books := NewBooks(math.NewInt(100), stafiPrefix)
	books.Redeem(
		Redeemed{ID: 1, Holder: alice, Recipient: module, Amount: math.NewInt(200), Fee: math.NewInt(5), Refused: true},
		Redeemed{ID: 2, Holder: alice, Recipient: receiver, Amount: math.NewInt(300), Fee: math.NewInt(5)},
	)
	expected := expectOf(books, Scan{
		Transfers: []Transfer{
			inflow("A", 0, 1000, alice, vaultOne.Address),
			{TxHash: "P", From: vaultOne.Address, To: receiver, Amount: math.NewInt(295)},
		},
		Executions: []Execution{
			{TxHash: "X", Sender: vaultOne.Address, Code: 4, Fee: math.NewInt(11), Recipients: []string{module, receiver}},
			{TxHash: "Y", Sender: vaultOne.Address, Code: 4, Fee: math.NewInt(10), Recipients: []string{module}},
			{TxHash: "P", Sender: vaultOne.Address, Fee: math.NewInt(10), Recipients: []string{receiver}},
		},
	})
	require.EqualValues(t, 1000-300-21, expected.Holders[alice].Int64())
	require.EqualValues(t, 1000-300-21, expected.Supply.Int64())
	require.EqualValues(t, 295, expected.Payouts[receiver].Int64())
	require.EqualValues(t, 5+21-31, expected.Reserve.Int64())
	surplus := expected.Vaults[vaultOne.Id].Sub(expected.Reserve).Sub(expected.Supply).Sub(expected.Unminted)
	require.True(t, surplus.IsZero(), surplus)
}

package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestWhoPaidWithoutARecipientOnEthereumClaimsItByAnotherPayment(t *testing.T) {
	f := runningSafe(t)
	lost, more := f.safe.pays("carol", 20*milli), f.safe.deposits("carol", "nonsense", 30*milli)
	f.observe()
	f.requireDeposit(lost, types.DEPOSIT_STATUS_UNMATCHED)

	f.safe.deposits("mallory", types.ClaimMemo+userText("mallory"), 15*milli)
	f.safe.deposits("carol", types.ClaimMemo+"nobody", 11*milli)
	f.observe()
	f.blocks(2)
	f.requireDeposit(lost, types.DEPOSIT_STATUS_UNMATCHED)
	require.Equal(t, int64(15*milli), f.held("mallory"), "it has what it sent itself")
	require.Zero(t, f.held("carol"))
	f.roundTrip()

	f.safe.deposits("carol", types.ClaimMemo+userText("bob"), 13*milli)
	f.safe.deposits("carol", types.ClaimMemo+userText("carol"), 14*milli)
	f.observe()
	f.blocks(2)
	f.requireDeposit(lost, types.DEPOSIT_STATUS_MINTED)
	f.requireDeposit(more, types.DEPOSIT_STATUS_MINTED)
	require.Equal(t, int64((20+30+11+13)*milli), f.held("bob"), "the first claim has all")
	require.Equal(t, int64(14*milli), f.held("carol"))
	f.books()
	f.roundTrip()
}

func TestOnePaymentClaimsTwentyDepositsAndTheNextTheRest(t *testing.T) {
	f := runningSafe(t)
	for range 23 {
		f.safe.pays("carol", 10*milli)
	}
	f.observe()
	for _, want := range []int64{21 * 10 * milli, 25 * 10 * milli} {
		f.safe.deposits("carol", types.ClaimMemo+userText("carol"), 10*milli)
		f.observe()
		f.blocks(2)
		require.Equal(t, want, f.held("carol"))
	}
	f.books()
}

func TestAClaimWhileDepositsAreClosedMintsWhenTheyAreOpen(t *testing.T) {
	f := runningSafe(t)
	lost := f.safe.pays("carol", 20*milli)
	f.observe()
	f.halt(types.Halts{Deposits: true, Reason: "a test"})
	f.safe.deposits("carol", types.ClaimMemo+userText("carol"), 10*milli)
	f.observe()
	f.blocks(2)
	f.requireDeposit(lost, types.DEPOSIT_STATUS_HELD)
	require.Zero(t, f.held("carol"))
	f.roundTrip()
	f.halt(types.Halts{})
	f.blocks(2)
	require.Equal(t, int64(30*milli), f.held("carol"))
	f.books()
}

func TestOnACosmosChainAMemoClaimsNothingForAccountsAreSharedThere(t *testing.T) {
	f := running(t)
	lost := f.chain.deposit(f.state().ActiveVault, staker("exchange"), "", 5_000)
	f.observe()
	theft := f.chain.deposit(f.state().ActiveVault, staker("exchange"), types.ClaimMemo+userText("mallory"), 5_000)
	f.observe()
	f.blocks(2)
	require.Equal(t, types.DEPOSIT_STATUS_UNMATCHED, f.deposit(lost, 0).Status)
	require.Equal(t, types.DEPOSIT_STATUS_UNMATCHED, f.deposit(theft, 0).Status)
	require.Zero(t, f.held("mallory"))
	f.books()
}

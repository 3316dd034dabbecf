package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// givenUp is a contract whose second Safe is ACTIVE, because its first was given up before its first use.
func givenUp(t *testing.T) *fixture {
	t.Helper()
	f := seatedSafe(t, 4, 3)
	f.seat(f.candidates(8, 4), f.candidates(36, 4), 3)
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(1).Status)
	f.safe.deploy(2)
	f.safe.prove(2)
	f.observe()
	require.EqualValues(t, 2, f.state().ActiveVault)
	return f
}

func TestWhatTheOwnersOfASafeThatWasGivenUpReturnIsReportedAndHaltsNothing(t *testing.T) {
	f := givenUp(t)
	f.safe.emit(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: 1, TxHash: make([]byte, 32), Sender: wallet("alice").Hex(), Memo: userText("alice"), Amount: atom(3 * milli),
	}}})
	f.observe()
	require.Equal(t, atom(3*milli).String(), f.ledger(1).Balance.String())
	f.safe.mine(1)
	o := f.safe.report()
	o.Events = []types.Event{{Height: o.To, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
		Vault: 1, Amount: atom(2 * milli), TxHash: make([]byte, 32),
	}}}}
	f.accept(o)
	f.blocks(2)
	require.Equal(t, atom(milli).String(), f.ledger(1).Balance.String())
	require.False(t, f.state().Halts.Payouts, "it backs nothing")
	f.books()

	f.safe.mine(1)
	o = f.safe.report()
	o.Events = []types.Event{{Height: o.To, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: 1, Amount: atom(5)}}}}
	f.accept(o)
	f.blocks(2)
	require.Equal(t, atom(milli+5).String(), f.ledger(1).Balance.String())
	f.books()
}

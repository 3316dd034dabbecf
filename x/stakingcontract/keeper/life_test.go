package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestADepositIsMintedAndARedemptionIsPaidAndBurned(t *testing.T) {
	f := running(t)
	vault := f.state().ActiveVault
	hash := f.chain.deposit(vault, staker("alice"), userText("alice"), 500_000)
	f.observe()
	f.books()
	require.Equal(t, int64(500_000), f.held("alice"))
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(hash, 0).Status)

	id, err := f.redeem("alice", 200_000, staker("bob"))
	require.NoError(t, err)
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status)
	f.block()
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, f.redemption(id).Redemption.Status)
	session := f.latest(vault)
	f.signAll(session)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNED, f.redemption(id).Redemption.Status)
	_, err = f.chain.execute(session.Id, result{})
	require.NoError(t, err)
	f.observe()
	f.books()
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, info.Redemption.Status)
	require.Len(t, info.History, 3)
	require.Equal(t, int64(199_900), f.chain.received(staker("bob")))
	require.Equal(t, int64(300_000), f.held("alice"))
	_, tally, err := f.multisig.Session(f.ctx, session.Id)
	require.NoError(t, err)
	require.Equal(t, multisigtypes.SESSION_STATUS_PROVEN, tally.Status)
}

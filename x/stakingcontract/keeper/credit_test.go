package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func (f *fixture) credit(recipient string, amount int64, hash []byte) error {
	_, err := f.msg.Credit(f.ctx, &types.MsgCredit{Authority: authority(), Contract: 1, Recipient: recipient, Amount: math.NewInt(amount), TxHash: hash})
	return err
}

func TestGovernanceGivesBackWhatCameToTheReserveByMistakeOnce(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	f.chain.surplus(f.state().ActiveVault, 7_000)
	f.observe()
	before, hash := f.state().Reserve, sum("a contract's payment")
	require.NoError(t, f.credit(userText("bob"), 7_000, hash))
	require.Equal(t, int64(7_000), f.held("bob"))
	require.Equal(t, int64(7_000), before.Sub(f.state().Reserve).Int64())
	f.books()
	f.roundTrip()
	require.ErrorContains(t, f.credit(userText("bob"), 7_000, hash), "was credited before")
	require.Equal(t, int64(7_000), f.held("bob"))
}

func TestWhatGovernanceCantGiveIsRefusedByName(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.MaxAssets = atom(2_000_000) })
	f.fund("alice", 100_000)
	_, err := f.redeem("alice", 50_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	committed := f.state().FeesCommitted
	require.True(t, committed.IsPositive())
	left := f.state().Reserve.Sub(committed).Int64()
	for name, c := range map[string]struct {
		recipient string
		amount    int64
		hash      []byte
		says      string
	}{
		"a module":              {bech(prefix, authtypes.NewModuleAddress(types.ModuleName)), 1, sum("1"), "a module's account"},
		"no address":            {"cosmos1nobody", 1, sum("1"), "no address of this chain"},
		"nothing":               {userText("bob"), 0, sum("1"), "amount is 0, wanted more than 0"},
		"a short hash":          {userText("bob"), 1, sum("1")[:31], "tx_hash has 31 bytes, wanted 32"},
		"what a handover needs": {userText("bob"), left, sum("1"), "beside fees committed and one of a handover"},
		"more than max_assets":  {userText("bob"), 1_950_000, sum("1"), "more than the bound"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "more than max_assets" {
				f.chain.surplus(f.state().ActiveVault, 3_000_000)
				f.observe()
			}
			require.ErrorContains(t, f.credit(c.recipient, c.amount, c.hash), c.says)
			require.Zero(t, f.held("bob"))
			f.books()
		})
	}
	_, err = f.msg.Credit(f.ctx, &types.MsgCredit{Authority: userText("mallory"), Contract: 1, Recipient: userText("mallory"), Amount: math.NewInt(1), TxHash: sum("1")})
	require.Error(t, err)
}

package keeper_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestEveryOutcomeOfADeposit(t *testing.T) {
	f := running(t)
	vault := f.state().ActiveVault
	for _, c := range []struct {
		name, memo string
		amount     int64
		status     types.DepositStatus
		reason     string
		minted     int64
		reserve    int64
	}{
		{"an address of this chain", userText("alice"), 1_000, types.DEPOSIT_STATUS_MINTED, "", 1_000, 0},
		{"an address between blanks", " " + userText("alice") + "\n", 1_000, types.DEPOSIT_STATUS_MINTED, "", 1_000, 0},
		{"no memo", "", 1_000, types.DEPOSIT_STATUS_UNMATCHED, "no memo", 0, 0},
		{"a broken address", userText("alice")[:20], 1_000, types.DEPOSIT_STATUS_UNMATCHED, "no address of this chain", 0, 0},
		{"an address of another chain", staker("alice"), 1_000, types.DEPOSIT_STATUS_UNMATCHED, "expected 'stafi' got 'cosmos'", 0, 0},
		{"a module's account", bech(prefix, authtypes.NewModuleAddress(types.ModuleName)), 1_000, types.DEPOSIT_STATUS_UNMATCHED, "module's account", 0, 0},
		{"a top-up of the reserve", types.ReserveMemo, 1_005, types.DEPOSIT_STATUS_RESERVE, "top-up", 0, 1_005},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t = t
			held, reserve, unminted := f.held("alice"), f.state().Reserve, f.state().Unminted
			hash := f.chain.deposit(vault, staker("sender"), c.memo, c.amount)
			f.observe()
			d := f.deposit(hash, 0)
			require.Equal(t, c.status, d.Status)
			require.Contains(t, d.Reason, c.reason)
			require.Equal(t, c.minted, f.held("alice")-held)
			require.Equal(t, c.reserve, f.state().Reserve.Sub(reserve).Int64())
			require.Equal(t, c.status.Waiting(), f.state().Unminted.GT(unminted))
			f.books()
		})
	}
}

func TestSeveralDepositsInOneTransactionAreCreditedOnceEach(t *testing.T) {
	f := running(t)
	hash := f.chain.deposits(f.state().ActiveVault, staker("alice"), userText("alice"), 2_000, 3_000, 4_000)
	f.observe()
	require.Equal(t, int64(9_000), f.held("alice"))
	for i, amount := range []int64{2_000, 3_000, 4_000} {
		require.Equal(t, amount, f.deposit(hash, uint32(i)).Amount.Int64())
	}
}

func TestAnUnmatchedDepositIsClaimedByTheSendingKeyOnly(t *testing.T) {
	f := running(t)
	hash := f.chain.deposit(f.state().ActiveVault, staker("alice"), "", 5_000)
	f.observe()
	d := f.deposit(hash, 0)
	_, err := f.claim(d, "mallory", userText("mallory"))
	require.ErrorIs(t, err, types.ErrInvalidClaim)
	require.ErrorContains(t, err, "wanted the sender "+staker("alice"))
	_, err = f.claim(d, "alice", staker("alice"))
	require.ErrorIs(t, err, types.ErrInvalidRecipient)
	text, err := f.query.ClaimText(f.ctx, &types.QueryClaimTextRequest{Contract: 1, TxHash: hex.EncodeToString(hash), Index: 0, Recipient: userText("bob")})
	require.NoError(t, err)
	require.Equal(t, staker("alice"), text.Signer)
	signature, err := stakerKey("alice").Sign([]byte(text.SignDocument))
	require.NoError(t, err)
	claim := types.MsgClaimDeposit{
		Claimer: userText("anyone"), Contract: 1, TxHash: hash, Recipient: userText("mallory"), PublicKey: stakerKey("alice").PubKey().Bytes(), Signature: signature,
	}
	_, err = f.msg.ClaimDeposit(f.ctx, &claim)
	require.ErrorIs(t, err, types.ErrInvalidClaim, "the signature names another recipient")
	require.Equal(t, d, f.deposit(hash, 0), "nothing changed")
	claim.Recipient = userText("bob")
	response, err := f.msg.ClaimDeposit(f.ctx, &claim)
	require.NoError(t, err)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, response.Status)
	require.Equal(t, int64(5_000), f.held("bob"))
	f.books()
	_, err = f.msg.ClaimDeposit(f.ctx, &claim)
	require.ErrorIs(t, err, types.ErrNotClaimable)
	claim.Index = 1
	_, err = f.msg.ClaimDeposit(f.ctx, &claim)
	require.ErrorIs(t, err, types.ErrDepositNotFound)
}

func TestDepositsThatAreClosedHoldAndMintWhenTheyOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		close  func(*fixture)
		open   func(*fixture)
		reason string
	}{
		{"halted", func(f *fixture) { f.halt(types.Halts{Deposits: true, Reason: "a test"}) }, func(f *fixture) { f.halt(types.Halts{}) }, "halted: a test"},
		{
			"reserve too low", func(f *fixture) { f.update(func(c *types.Contract) { c.Limits.ReserveMin = atom(2_000_000) }) },
			func(f *fixture) { f.update(func(c *types.Contract) { c.Limits.ReserveMin = atom(0) }) }, "fee reserve is 1000000, wanted at least 2000000",
		},
		{
			"assets at their bound", func(f *fixture) { f.update(func(c *types.Contract) { c.Limits.MaxAssets = atom(10_000) }) },
			func(f *fixture) { f.update(func(c *types.Contract) { c.Limits.MaxAssets = atom(17_000) }) }, "assets are 10000, with 7000 more than the bound of 10000",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := running(t)
			f.fund("alice", 10_000)
			c.close(f)
			hash := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 7_000)
			f.observe()
			require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(hash, 0).Status)
			require.Contains(t, f.deposit(hash, 0).Reason, c.reason)
			require.Equal(t, int64(7_000), f.state().Unminted.Int64())
			f.blocks(2)
			require.Zero(t, f.held("bob"))
			f.books()
			c.open(f)
			f.block()
			require.Equal(t, int64(7_000), f.held("bob"))
			require.True(t, f.state().Unminted.IsZero())
			f.books()
		})
	}
}

func (f *fixture) halt(halts types.Halts) {
	_, err := f.msg.SetHalts(f.ctx, &types.MsgSetHalts{
		Authority: authority(), Contract: 1, Halts: halts, Lifts: f.state().HaltsNumber,
	})
	require.NoError(f.t, err)
}

func (f *fixture) update(change func(*types.Contract)) {
	f.t.Helper()
	c, err := f.keeper.Contract(f.ctx, 1)
	require.NoError(f.t, err)
	change(&c)
	_, err = f.msg.UpdateContract(f.ctx, &types.MsgUpdateContract{Authority: authority(), Contract: c})
	require.NoError(f.t, err)
}

func TestADepositToTheNextVaultCountsForNothingUntilItIsActive(t *testing.T) {
	f := newFixture(t)
	f.deploy(func(c *types.Contract) { c.Limits.ReserveMin = atom(0) })
	f.seat(f.candidates(0, 4), nil, 3)
	pending := f.state().PendingVault
	hash := f.chain.deposit(pending, staker("alice"), userText("alice"), 5_000)
	f.chain.surplus(pending, 77)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_PENDING_SWEEP, f.deposit(hash, 0).Status)
	require.True(t, f.state().Unminted.IsZero())
	require.True(t, f.state().Reserve.IsZero())
	f.books()
	f.openAccount()
	f.block()
	require.Equal(t, multisigtypes.VAULT_STATUS_ACTIVE, f.vault(pending).Status)
	require.Equal(t, int64(5_000), f.held("alice"))
	require.Equal(t, int64(78), f.state().Reserve.Int64(), "the surplus and the unit that made the account")
	f.books()
}

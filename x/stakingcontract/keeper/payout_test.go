package keeper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestARedemptionThatCantBeIsRefusedBeforeAnythingMoves(t *testing.T) {
	f := running(t)
	f.fund("alice", 10_000)
	vault := f.vault(f.state().ActiveVault).Address
	for _, c := range []struct {
		name, recipient string
		amount          int64
		wanted          error
		says            string
	}{
		{"a malformed address", "cosmos1nonsense", 5_000, types.ErrInvalidRecipient, "no bech32 address"},
		{"an address of this chain", userText("bob"), 5_000, types.ErrInvalidRecipient, `prefix "stafi", wanted "cosmos"`},
		{"an address of 19 bytes", bech("cosmos", user("bob")[:19]), 5_000, types.ErrInvalidRecipient, "has 19 bytes, wanted 20 or 32"},
		{"the vault itself", vault, 5_000, types.ErrInvalidRecipient, "is vault 1 of contract 1"},
		{"less than its failed payments would cost", staker("bob"), 629, types.ErrAmount, "629, wanted at least 630: more than the fee of 100"},
		{"a module's account", bech("cosmos", authtypes.NewModuleAddress("distribution")), 5_000, types.ErrInvalidRecipient, "the account of the module distribution"},
		{"an account that governance knows to be blocked", staker("blocked"), 5_000, types.ErrInvalidRecipient, "among the contract's blocked_addresses"},
		{"more than held", staker("bob"), 10_001, types.ErrInsufficient, "can spend 10000ruatom, wanted 10001ruatom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := f.redeem("alice", c.amount, c.recipient)
			require.ErrorIs(t, err, c.wanted)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, int64(10_000), f.held("alice"))
		})
	}
	f.halt(types.Halts{Redemptions: true, Reason: "a test"})
	_, err := f.redeem("alice", 5_000, staker("bob"))
	require.ErrorIs(t, err, types.ErrHalted)
	require.ErrorContains(t, err, "a test")
	f.halt(types.Halts{})
	f.params(func(p *types.Params) { p.MaxOpenRedemptions = 1 })
	_, err = f.redeem("alice", 5_000, staker("bob"))
	require.NoError(t, err)
	_, err = f.redeem("alice", 5_000, staker("bob"))
	require.ErrorIs(t, err, types.ErrTooManyRedemptions)
	_, err = f.msg.Redeem(f.ctx, &types.MsgRedeem{Redeemer: userText("alice"), Contract: 2, Amount: atom(1), Recipient: staker("bob")})
	require.ErrorIs(t, err, types.ErrContractNotFound)
}

func TestAQueuedRedemptionIsCancelledByItsRedeemerOnly(t *testing.T) {
	f := running(t)
	f.fund("alice", 10_000)
	f.halt(types.Halts{Payouts: true})
	id, err := f.redeem("alice", 6_000, staker("bob"))
	require.NoError(t, err)
	cancel := func(who string, id uint64) error {
		_, err := f.msg.CancelRedemption(f.ctx, &types.MsgCancelRedemption{Redeemer: userText(who), Redemption: id})
		return err
	}
	upper, err := f.msg.Redeem(f.ctx, &types.MsgRedeem{
		Redeemer: strings.ToUpper(userText("alice")), Contract: 1, Amount: atom(1_000), Recipient: staker("bob"),
	})
	require.NoError(t, err)
	require.Equal(t, userText("alice"), f.redemption(upper.Redemption).Redemption.Redeemer)
	require.NoError(t, cancel("alice", upper.Redemption), "the same account in another spelling")
	require.ErrorIs(t, cancel("bob", id), types.ErrNotRedeemer)
	require.ErrorIs(t, cancel("alice", id+9), types.ErrRedemptionNotFound)
	require.NoError(t, cancel("alice", id))
	require.Equal(t, int64(10_000), f.held("alice"))
	require.ErrorIs(t, cancel("alice", id), types.ErrNotCancellable)
	f.books()

	id, err = f.redeem("alice", 6_000, staker("bob"))
	require.NoError(t, err)
	f.halt(types.Halts{})
	f.block()
	require.ErrorIs(t, cancel("alice", id), types.ErrNotCancellable, "it is SIGNING")
}

// pay has the ACTIVE vault's session executed and proven, however it ends.
func (f *fixture) pay(how result) {
	f.t.Helper()
	session := f.latest(f.state().ActiveVault)
	require.NotNil(f.t, session, "a session to pay")
	_, err := f.chain.execute(session.Id, how)
	require.NoError(f.t, err)
	f.observe()
	f.books()
}

func TestHalvingFindsTheOneBadRecipientOfTenAndPaysTheNine(t *testing.T) {
	f := running(t)
	f.fund("alice", 1_000_000)
	f.chain.blocked[staker("r6")] = true
	for i := range 10 {
		_, err := f.redeem("alice", 50_000, staker(fmt.Sprintf("r%d", i)))
		require.NoError(t, err)
	}
	before := f.state().Reserve
	attempts, fees := 0, math.ZeroInt()
	f.block()
	for f.latest(f.state().ActiveVault) != nil {
		attempts++
		require.Less(t, attempts, 15)
		payload, err := f.multisigPayload(f.latest(f.state().ActiveVault).Id)
		require.NoError(t, err)
		fees = fees.Add(payload.Fee.Amount)
		f.pay(result{})
		f.block()
	}
	for i := range 10 {
		name, info := fmt.Sprintf("r%d", i), f.redemption(uint64(i+1))
		if i == 6 {
			continue
		}
		require.Equal(t, types.REDEMPTION_STATUS_PAID, info.Redemption.Status, name)
		require.Equal(t, int64(49_900), f.chain.received(staker(name)))
	}
	bad := f.redemption(7)
	require.Equal(t, types.REDEMPTION_STATUS_REFUSED, bad.Redemption.Status)
	require.Zero(t, f.chain.received(staker("r6")))
	// All fees that failed for it: of ten, five, two and then one.
	burned := int64(170 + 120 + 90 + 80)
	require.Equal(t, burned, bad.Redemption.FeesBurned.Int64())
	require.Equal(t, 1_000_000-500_000+50_000-burned, f.held("alice"))
	require.Equal(t, before.Sub(fees).AddRaw(9*100+burned).String(), f.state().Reserve.String())
	require.Contains(t, bad.Estimate, "refused")
	require.Zero(t, f.state().GasBoost)
}

func TestARedemptionAboveTheErasCapIsPaidInPartsOverErasAndNothingWaitsBehindIt(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.MaxOutflowPerEra = math.LegacyMustNewDecFromStr("0.25") })
	f.update(func(c *types.Contract) { c.Limits.MinOutflow = atom(100_000) })
	f.fund("alice", 1_000_000)
	f.nextEra()
	require.Equal(t, int64(250_000), f.state().OutflowCap.Int64())
	large, err := f.redeem("alice", 400_100, staker("large"))
	require.NoError(t, err)
	small, err := f.redeem("alice", 50_100, staker("small"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	info := f.redemption(large)
	require.Equal(t, types.REDEMPTION_STATUS_PARTIAL, info.Redemption.Status)
	require.Equal(t, int64(250_000), f.chain.received(staker("large")))
	require.Contains(t, info.Estimate, "outflow cap")
	f.blocks(3)
	require.Nil(t, f.latest(f.state().ActiveVault), "the cap is reached")

	f.nextEra()
	require.Equal(t, int64(187_500), f.state().OutflowCap.Int64(), "a quarter of what is left")
	f.block()
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(small).Redemption.Status, "it came before the rest")
	require.Equal(t, int64(250_000+137_500), f.chain.received(staker("large")))
	_, err = f.msg.CancelRedemption(f.ctx, &types.MsgCancelRedemption{Redeemer: userText("alice"), Redemption: large})
	require.ErrorIs(t, err, types.ErrNotCancellable)

	f.halt(types.Halts{WindDown: true})
	f.block()
	f.pay(result{})
	require.Equal(t, int64(400_000), f.chain.received(staker("large")), "wind-down knows no cap")
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(large).Redemption.Status)
	require.True(t, f.state().Outflow.LTE(f.state().OutflowCap.AddRaw(12_500)))
}

func TestAnExpiredAttemptExecutedLateIsProvenAndSettlesAll(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	id, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	vault := f.state().ActiveVault
	first := f.latest(vault)
	f.signBy(first, 2)
	f.blocks(7)
	second := f.latest(vault)
	require.Equal(t, uint32(2), second.Attempt, "two of four signatures: another attempt")
	require.Equal(t, first.Sequence, second.Sequence)
	_, tally, err := f.multisig.Session(f.ctx, first.Id)
	require.NoError(t, err)
	require.Equal(t, multisigtypes.SESSION_STATUS_EXPIRED, tally.Status)
	f.signAll(second)

	_, err = f.chain.execute(first.Id, result{})
	require.NoError(t, err, "the last signature was held back")
	_, err = f.chain.execute(second.Id, result{})
	require.ErrorContains(t, err, "sequence", "the chain itself refuses the second")
	f.observe()
	_, tally, err = f.multisig.Session(f.ctx, first.Id)
	require.NoError(t, err)
	require.Equal(t, multisigtypes.SESSION_STATUS_PROVEN, tally.Status)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.Equal(t, int64(49_900), f.chain.received(staker("bob")))
	require.Equal(t, types.Halts{}, f.state().Halts)
	f.books()
	o := f.chain.report()
	o.Events = []types.Event{{Height: o.From + 1, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{Vault: vault, Session: second.Id, TxHash: sum("x")}}}}
	_, err = f.propose(f.voters()[0], o)
	require.ErrorContains(t, err, "is finished", "an execution is credited once")
}

func TestATransactionThatRanOutOfGasGetsMoreAndBlamesNobody(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	id, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	vault := f.state().ActiveVault
	for boost := uint32(50); boost <= 300; boost += 50 {
		f.pay(result{outOfGas: true})
		require.Equal(t, boost, f.state().GasBoost)
		info := f.redemption(id)
		require.True(t, info.Redemption.FeesBurned.IsZero())
		require.Zero(t, info.Redemption.MaxBatch)
		payload, err := f.multisigPayload(f.latest(vault).Id)
		require.NoError(t, err)
		require.Equal(t, uint64(160_000*(100+boost)/100), payload.GasLimit)
	}
	f.pay(result{outOfGas: true})
	require.Equal(t, types.REDEMPTION_STATUS_REFUSED, f.redemption(id).Redemption.Status, "alone at four times the gas")
	require.Equal(t, int64(100_000), f.held("alice"), "all of it returned")
	f.update(func(c *types.Contract) { c.Cosmos.GasBase = 120_000 })
	require.Zero(t, f.state().GasBoost, "new figures supersede it")
}

func TestACodeThatMayMeanTheVaultIsTriedOnceMoreBeforeARedeemerIsBlamed(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	id, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	f.pay(result{code: 5})
	require.False(t, f.state().Halts.Payouts, "anybody could choose a recipient that fails with it")
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, info.Redemption.Status, "it is tried once more")
	require.Equal(t, int64(80), info.Redemption.FeesFailed.Int64())
	f.pay(result{code: 5})
	require.Equal(t, types.REDEMPTION_STATUS_REFUSED, f.redemption(id).Redemption.Status)
	require.Equal(t, int64(160), f.redemption(id).Redemption.FeesBurned.Int64(), "both payments that failed")
}

func TestAVaultThatWasRobbedOfWhatItWasToPayHaltsPayoutsAndBlamesNobody(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	id, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	vault := f.state().ActiveVault
	_, err = f.chain.execute(f.latest(vault).Id, result{code: 5})
	require.NoError(t, err)
	f.chain.steal(vault, 1_090_000)
	f.observe()
	require.True(t, f.state().Halts.Payouts)
	require.Contains(t, f.state().Halts.Reason, "insolvent by")
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, info.Redemption.Status)
	require.Contains(t, info.Estimate, "halted")
	f.blocks(3)
	require.Nil(t, f.latest(vault))
}

func TestPayoutsWaitForTheReserveAndKeepAHandoversFeeBack(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.ReserveMin = atom(0) })
	f.fund("alice", 3_000_000)
	f.update(func(c *types.Contract) {
		c.Cosmos.GasPrice, c.Limits.MaxOutputs = math.LegacyNewDec(4), 1
		c.Limits.RedemptionFee, c.Limits.MinSweep = atom(640_000), atom(640_000)
	})
	id, err := f.redeem("alice", 2_000_000, staker("bob"))
	require.NoError(t, err)
	f.blocks(3)
	require.Nil(t, f.latest(f.state().ActiveVault), "640,000 for the payment and as much for a handover are more than a million")
	require.Contains(t, f.redemption(id).Estimate, "reserve")
	f.chain.deposit(f.state().ActiveVault, staker("funder"), types.ReserveMemo, 280_000)
	f.observe()
	require.NotNil(t, f.latest(f.state().ActiveVault))
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, f.redemption(id).Redemption.Status)
}

func TestAPayloadThatPaysTooLittleIsMadeAnewWhenItIsDead(t *testing.T) {
	f := running(t)
	f.fund("alice", 100_000)
	_, err := f.redeem("alice", 50_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	vault := f.state().ActiveVault
	first := f.latest(vault)
	f.signAll(first)
	f.update(func(c *types.Contract) {
		c.Cosmos.GasPrice, c.Limits.RedemptionFee = math.LegacyMustNewDecFromStr("0.02"), atom(3_200)
	})
	f.blocks(10)
	require.Equal(t, first.Id, f.latest(vault).Id, "while it can execute it is only rebroadcast")
	f.chain.mine(first.TimeoutHeight - f.chain.height)
	f.observe()
	f.block()
	second := f.latest(vault)
	require.NotEqual(t, first.Root, second.Root)
	require.Equal(t, first.Sequence, second.Sequence)
	payload, err := f.multisigPayload(second.Id)
	require.NoError(t, err)
	require.Equal(t, int64(3_200), payload.Fee.Amount.Int64())
	f.pay(result{})
	require.Equal(t, int64(49_900), f.chain.received(staker("bob")))
}

func TestPayoutsComeEveryIntervalOrWhenABatchIsFull(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.PayoutInterval = 20 })
	f.fund("alice", 1_000_000)
	f.ctx = f.ctx.WithBlockHeight(100)
	_, err := f.redeem("alice", 10_000, staker("first"))
	require.NoError(t, err)
	f.block()
	require.NotNil(t, f.latest(f.state().ActiveVault))
	f.pay(result{})
	opened := f.state().LastPayout
	_, err = f.redeem("alice", 10_000, staker("second"))
	require.NoError(t, err)
	f.block()
	require.Nil(t, f.latest(f.state().ActiveVault))
	for i := range 9 {
		_, err = f.redeem("alice", 10_000, staker(fmt.Sprint(i)))
		require.NoError(t, err)
	}
	f.block()
	require.NotNil(t, f.latest(f.state().ActiveVault), "ten outputs are a full batch")
	f.pay(result{})
	_, err = f.redeem("alice", 10_000, staker("last"))
	require.NoError(t, err)
	for f.latest(f.state().ActiveVault) == nil {
		f.block()
	}
	require.GreaterOrEqual(t, f.state().LastPayout, opened+20)
}

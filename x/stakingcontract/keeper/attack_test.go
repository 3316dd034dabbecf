package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// closed is a running contract with half a million staked whose first vault was handed over and is CLOSED by now.
func closed(t *testing.T) (*fixture, uint64) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, _ := f.elect(4)
	f.block()
	f.handOver(outgoing)
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for range params.ClosingEras {
		f.nextEra()
	}
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(outgoing).Status)
	return f, outgoing
}

// Former members of a CLOSED vault deposit, take the coins out, and so on; a last sweep would mint them all.
func TestFormerMembersThatCycleCoinsThroughAClosedVaultMintNothing(t *testing.T) {
	for name, rounds := range map[string]int{"less than the reserve": 190, "more than the reserve": 400} {
		t.Run(name, func(t *testing.T) {
			f, old := closed(t)
			before := f.state()
			for range rounds {
				f.chain.deposit(old, staker("mallory"), userText("mallory"), 5_000)
				f.observe()
				f.chain.steal(old, 5_000)
				f.observe()
			}
			require.False(t, f.state().Halts.Payouts, "who held a CLOSED vault owes nothing, and can't halt the contract")
			require.Equal(t, int64(5_000*rounds), f.ledger(old).Loss.Int64())
			victim := f.chain.deposit(old, staker("mallory"), userText("mallory"), 80_000)
			f.observe()
			f.blocks(3)
			require.Nil(t, f.latest(old), "it is never swept")
			require.Zero(t, f.held("mallory"))
			require.Equal(t, types.DEPOSIT_STATUS_PENDING_SWEEP, f.deposit(victim, 0).Status)
			require.Equal(t, before.Reserve.String(), f.state().Reserve.String())
			f.books()
			f.roundTrip()
		})
	}
}

// A sweep that was signed before the coins left by an authorization, which uses no sequence of the vault, executes all the same.
func TestASweepThatExecutesAfterAClosedVaultLostCoinsIsTheReserves(t *testing.T) {
	f, old := closed(t)
	hash := f.chain.deposit(old, staker("mallory"), userText("mallory"), 50_000)
	f.observe()
	sweep := f.latest(old)
	require.Equal(t, multisigtypes.PURPOSE_SWEEP, sweep.Purpose)
	f.chain.steal(old, 50_000)
	f.chain.deposit(old, staker("mallory"), userText("mallory"), 50_000)
	f.observe()
	reserve := f.state().Reserve
	_, err := f.chain.execute(sweep.Id, result{})
	require.NoError(t, err)
	f.observe()
	f.blocks(3)
	require.Zero(t, f.held("mallory"))
	require.Equal(t, types.DEPOSIT_STATUS_PENDING_SWEEP, f.deposit(hash, 0).Status)
	require.Equal(t, int64(49_920), f.state().Reserve.Sub(reserve).Int64())
	f.books()
}

// The committee is elected again: its vault is PENDING, then ACTIVE, with what it lost.
func TestAVaultThatLostCoinsWhileItWasClosedBacksNothingMoreWhenItIsActiveAgain(t *testing.T) {
	f, old := closed(t)
	for range 20 {
		f.chain.deposit(old, staker("mallory"), userText("mallory"), 5_000)
		f.chain.steal(old, 5_000)
	}
	honest := f.chain.deposit(old, staker("bob"), userText("bob"), 4_000)
	f.observe()
	active := f.state().ActiveVault
	f.nextEra()
	f.seat(f.candidates(0, 4), f.candidates(20, 4), 3)
	require.Equal(t, old, f.state().PendingVault)
	f.block()
	f.observe()
	f.block()
	f.handOver(active)
	f.blocks(3)
	require.Equal(t, old, f.state().ActiveVault)
	require.Zero(t, f.held("mallory")+f.held("bob"))
	require.Equal(t, types.DEPOSIT_STATUS_DUST, f.deposit(honest, 0).Status)
	f.books()
	f.fund("carol", 9_000)
	require.Equal(t, int64(9_000), f.held("carol"), "from now on it is a vault like any other")
	f.roundTrip()
}

// Those who held it had it authorize others before: what goes by that is no transaction of the vault, so that nobody sees it. Then they are elected again.
func TestAVaultThatIsElectedAgainGetsNothingBeforeItIsProvenWhatItHolds(t *testing.T) {
	f, old := closed(t)
	f.chain.deposit(old, staker("mallory"), userText("mallory"), 4_000)
	f.observe()
	f.chain.add(old, -4_000)
	f.chain.hidden[old] -= 4_000
	active := f.state().ActiveVault
	f.nextEra()
	f.seat(f.candidates(0, 4), f.candidates(20, 4), 3)
	require.Equal(t, old, f.state().PendingVault)
	f.blocks(5)
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	require.Nil(t, f.latest(active))
	f.roundTrip()
	f.observe()
	require.Equal(t, int64(4_000), f.ledger(old).Loss.Int64())
	require.Zero(t, f.ledger(old).Readmitted)
	f.block()
	f.handOver(active)
	f.blocks(3)
	require.Equal(t, old, f.state().ActiveVault)
	require.Zero(t, f.held("mallory"))
	f.books()
}

// Whoever sends to a RETIRING vault again and again has it swept again and again.
func TestLateDepositsPayForTheirSweepsAndOneIsOpenedInAnInterval(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.SweepInterval = 50 })
	f.fund("alice", 500_000)
	outgoing, _ := f.elect(4)
	f.block()
	f.handOver(outgoing)
	before, sent, swept := f.state().Reserve, int64(0), []int64(nil)
	for range 120 {
		f.chain.deposit(outgoing, staker("mallory"), userText("mallory"), 6_600)
		sent += 6_600
		f.observe()
		f.block()
		sweep := f.latest(outgoing)
		if sweep == nil {
			continue
		}
		require.Equal(t, multisigtypes.PURPOSE_SWEEP, sweep.Purpose)
		swept = append(swept, sweep.Opened)
		f.signAll(sweep)
		_, err := f.chain.execute(sweep.Id, result{})
		require.NoError(t, err)
		f.observe()
		f.block()
	}
	require.Greater(t, len(swept), 2)
	for i := range swept[1:] {
		require.GreaterOrEqual(t, swept[i+1]-swept[i], int64(50))
	}
	require.Equal(t, before.String(), f.state().Reserve.String(), "not a unit of it")
	waiting := f.state().Unminted.Int64()
	require.Equal(t, sent-80*int64(len(swept)), f.held("mallory")+waiting)
	f.books()

	id, err := f.redeem("alice", 100_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
}

func TestTheFeeOfAHandoverIsKeptBackFromSweeps(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, _ := f.elect(4)
	f.block()
	f.handOver(outgoing)
	// A reserve of 159 covers the fee of a sweep, and not one of a handover beside it.
	f.chain.deposit(f.state().ActiveVault, staker("funder"), types.ReserveMemo, 10_000)
	f.observe()
	f.update(func(c *types.Contract) {
		price := math.LegacyNewDecFromInt(f.state().Reserve).QuoInt64(160_000).QuoInt64(2).MulInt64(101).QuoInt64(100)
		fee := price.MulInt64(160_000).Ceil().TruncateInt()
		c.Cosmos.GasPrice, c.Limits.RedemptionFee, c.Limits.MinSweep = price, fee, fee
	})
	f.chain.deposit(outgoing, staker("bob"), userText("bob"), 2_000_000)
	f.observe()
	f.blocks(3)
	require.Nil(t, f.latest(outgoing))
	f.chain.deposit(f.state().ActiveVault, staker("funder"), types.ReserveMemo, 50_000)
	f.observe()
	f.block()
	require.NotNil(t, f.latest(outgoing))
}

// Told before the coins are in the ledger, what is locked would be more than the vault has: insolvent by it.
func TestAnAccountWithMoreLockedThanItsLedgerHasByThenIsRefused(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.nextEra()
	f.seat(f.candidates(4, 4), f.candidates(20, 2), 3)
	f.chain.vesting(f.state().PendingVault, 700)
	f.block()
	f.chain.mine(1)
	o := f.chain.report()
	require.Len(t, o.Events, 2)
	o.Events[0], o.Events[1] = o.Events[1], o.Events[0]
	_, err := f.propose(f.voters()[0], o)
	require.ErrorContains(t, err, "has 700 locked, wanted at most its balance of 0 by then")
	o.Events[0], o.Events[1] = o.Events[1], o.Events[0]
	f.accept(o)
	f.books()
}

// Addresses of next vaults can be computed by anybody, and an account with a unit locked in it made at each.
func TestVestingAccountsAtEveryAddressKeepNobodyFromTakingOver(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing := f.state().ActiveVault
	f.nextEra()
	f.seat(f.candidates(4, 4), f.candidates(20, 2), 3)
	next := f.state().PendingVault
	f.chain.vesting(next, 700)
	f.observe()
	require.Equal(t, next, f.state().PendingVault, "nobody is exchanged")
	require.Contains(t, f.alarms[0], "PermanentLockedAccount with 700 locked")
	f.chain.deposit(next, staker("bob"), userText("bob"), 2_000)
	f.observe()
	f.block()
	f.handOver(outgoing)
	f.block()
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, int64(2_000), f.held("bob"))
	require.Equal(t, int64(700), f.ledger(next).Locked.Int64())
	f.books()

	_, err := f.redeem("alice", 100_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	require.Equal(t, int64(99_900), f.chain.received(staker("alice")))
	another, _ := f.elect(8)
	f.block()
	f.handOver(another)
	require.Equal(t, int64(700), f.chain.balance(another).Int64(), "what is locked stays there")
	f.books()
	f.roundTrip()
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for range params.ClosingEras {
		f.nextEra()
	}
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(another).Status, "and keeps no vault open")
	f.books()
}

func TestACommitteeThatCanNeverTakeOverIsNoticedWhileNoHandoverIsOpen(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing := f.state().ActiveVault
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for era := range int(params.MaxHandoverEras) + 1 {
		require.False(t, f.state().Halts.Deposits)
		f.nextEra()
		f.seat(f.candidates(4+4*(era%2), 4), f.candidates(20, 2), 3)
		for f.state().PendingVault != 0 {
			f.chain.used(f.state().PendingVault)
			f.observe()
		}
		require.Equal(t, outgoing, f.state().ActiveVault)
		require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	}
	require.True(t, f.state().Halts.Deposits && f.state().Halts.Payouts)
	require.Contains(t, f.state().Halts.Reason, "began in era 2")
}

// Redemptions that can't be paid stand in batches with others that can.
func TestRedemptionsThatCantBePaidPayForEveryBatchThatTheySpoil(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.fund("mallory", 50_000)
	f.chain.blocked[staker("unknown")] = true
	before, least := f.state().Reserve, int64(630)
	honest := 0
	for range 20 {
		for range 9 {
			_, err := f.redeem("alice", 1_000, staker("alice"))
			require.NoError(t, err)
			honest++
		}
		_, err := f.redeem("mallory", least, staker("unknown"))
		require.NoError(t, err)
		f.block()
		for f.latest(f.state().ActiveVault) != nil {
			f.pay(result{})
			f.block()
		}
	}
	require.Equal(t, int64(900*honest), f.chain.received(staker("alice")), "every honest one is paid in full")
	require.Equal(t, int64(500_000-1_000*honest), f.held("alice"))
	require.True(t, f.state().Reserve.GTE(before), "reserve %s -> %s", before, f.state().Reserve)
	f.books()
}

func TestSeveralThatCantBePaidInOneBatchEachPayForTheirOwn(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	for _, name := range []string{"b2", "b3", "b7"} {
		f.chain.blocked[staker(name)] = true
	}
	reserve, paid := f.state().Reserve, math.ZeroInt()
	names := []string{"a0", "a1", "b2", "b3", "a4", "a5", "a6", "b7", "a8", "a9"}
	for _, name := range names {
		_, err := f.redeem("alice", 630, staker(name))
		require.NoError(t, err)
	}
	f.block()
	for f.latest(f.state().ActiveVault) != nil {
		payload, err := f.multisigPayload(f.latest(f.state().ActiveVault).Id)
		require.NoError(t, err)
		paid = paid.Add(payload.Fee.Amount)
		f.pay(result{})
		f.roundTrip()
		f.block()
	}
	burned := math.ZeroInt()
	for i, name := range names {
		r := f.redemption(uint64(i + 1)).Redemption
		burned = burned.Add(r.FeesBurned)
		if f.chain.blocked[staker(name)] {
			require.Equal(t, types.REDEMPTION_STATUS_REFUSED, r.Status, name)
			continue
		}
		require.Equal(t, types.REDEMPTION_STATUS_PAID, r.Status, name)
		require.Equal(t, int64(530), f.chain.received(staker(name)))
	}
	require.Equal(t, reserve.Sub(paid).Add(burned).AddRaw(700).String(), f.state().Reserve.String())
	require.True(t, f.state().Reserve.GTE(reserve), "%s of fees, %s burned", paid, burned)
	f.books()
}

func TestBatchesAreWholeAgainOnceTheOneAtFaultIsFound(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.chain.blocked[staker("bad")] = true
	bad, err := f.redeem("alice", 5_000, staker("bad"))
	require.NoError(t, err)
	for range 9 {
		_, err := f.redeem("alice", 5_000, staker("good"))
		require.NoError(t, err)
	}
	f.block()
	sizes := []int(nil)
	for f.latest(f.state().ActiveVault) != nil {
		sizes = append(sizes, len(f.batch(f.latest(f.state().ActiveVault).Root).Items))
		f.pay(result{})
		f.block()
	}
	require.Equal(t, []int{10, 5, 2, 1, 9}, sizes)
	require.Equal(t, types.REDEMPTION_STATUS_REFUSED, f.redemption(bad).Redemption.Status)
	require.Equal(t, int64(460), f.redemption(bad).Redemption.FeesBurned.Int64())
}

func TestARedemptionThatStoodInAFailedBatchCantBeCancelledAndABystanderPaysNothing(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.chain.blocked[staker("bad")] = true
	bad, err := f.redeem("alice", 5_000, staker("bad"))
	require.NoError(t, err)
	good, err := f.redeem("alice", 5_000, staker("good"))
	require.NoError(t, err)
	f.block()
	session := f.latest(f.state().ActiveVault)
	f.params(func(p *types.Params) { p.PayoutInterval = 1_000 })
	_, err = f.chain.execute(session.Id, result{})
	require.NoError(t, err)
	f.observe()
	cancel := func(id uint64) error {
		_, err := f.msg.CancelRedemption(f.ctx, &types.MsgCancelRedemption{Redeemer: userText("alice"), Redemption: id})
		return err
	}
	for _, id := range []uint64{bad, good} {
		require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status)
		require.ErrorIs(t, cancel(id), types.ErrNotCancellable)
		require.ErrorContains(t, cancel(id), "stood in a payment that failed")
	}
	f.params(func(p *types.Params) { p.PayoutInterval = 1 })
	f.block()
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_REFUSED, f.redemption(bad).Redemption.Status)
	require.Equal(t, int64(5_000-90-80), f.held("alice")-490_000, "the one at fault pays for both payments")
	f.halt(types.Halts{Payouts: true})
	f.block()
	if f.redemption(good).Redemption.Status == types.REDEMPTION_STATUS_QUEUED {
		require.NoError(t, cancel(good))
		require.Equal(t, int64(495_000-170), f.held("alice"))
	}
	f.books()
}

func TestRedemptionsOneByOneCostTheReserveNothing(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	before := f.state().Reserve
	for range 100 {
		_, err := f.redeem("alice", 630, staker("alice"))
		require.NoError(t, err)
		f.block()
		f.pay(result{})
	}
	require.True(t, f.state().Reserve.GTE(before))
	f.pay0(result{outOfGas: true})
	_, err := f.redeem("alice", 5_000, staker("alice"))
	require.NoError(t, err)
	require.Equal(t, int64(120), f.redemption(102).Redemption.Fee.Int64(), "with half as much gas again")
}

// pay0 opens a payment and has it end in some way.
func (f *fixture) pay0(how result) {
	f.t.Helper()
	_, err := f.redeem("alice", 5_000, staker("alice"))
	require.NoError(f.t, err)
	f.block()
	f.pay(how)
}

// A whole committee that is next gives no sign of life.
func TestNothingIsMovedToACommitteeThatIsSilent(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing := f.state().ActiveVault
	for _, m := range f.candidates(4, 4) {
		f.silent = append(f.silent, m.Operator)
	}
	f.nextEra()
	f.seat(f.candidates(4, 4), nil, 3)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover, "it is given up")
	require.Contains(t, f.alarms[0], "0 of the 4 members of vault 2, which is next, give signs of life, wanted 3")
	demands, err := f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Len(t, demands, 1, "and another committee is elected")
	id, err := f.redeem("alice", 10_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status, "the present committee goes on")
	require.Equal(t, outgoing, f.state().ActiveVault)
	require.EqualValues(t, 2, f.state().HandoverEra, "counted from the first try")
	_, next := f.elect(8)
	f.block()
	f.handOver(outgoing)
	require.Equal(t, next, f.state().ActiveVault)
	require.Zero(t, f.state().HandoverEra)
}

func TestSilentMembersOfTheNextCommitteeGiveWayToStandbysThatAreAlive(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing := f.state().ActiveVault
	for _, m := range append(f.candidates(5, 2), f.candidates(20, 1)...) {
		f.silent = append(f.silent, m.Operator)
	}
	f.nextEra()
	f.seat(f.candidates(4, 4), f.candidates(20, 3), 3)
	first := f.state().PendingVault
	f.block()
	second := f.state().PendingVault
	require.NotEqual(t, first, second)
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(first).Status)
	for from, member := range map[int]bool{4: true, 5: false, 6: false, 7: true, 20: false, 21: true, 22: true} {
		_, found, err := f.multisig.SignerIndex(f.ctx, second, f.candidates(from, 1)[0].Operator)
		require.NoError(t, err)
		require.Equal(t, member, found, "candidate %d", from)
	}
	f.openAccount()
	f.block()
	f.handOver(outgoing)
	require.Equal(t, second, f.state().ActiveVault)
}

func TestAMoveThatFailedIsNotOpenedAnewForMembersThatFellSilent(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.PayoutInterval = 3 })
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	f.pay(result{code: 4})
	for _, m := range f.candidates(4, 4) {
		f.silent = append(f.silent, m.Operator)
	}
	for range 8 {
		f.block()
	}
	require.Nil(t, f.latest(outgoing))
	require.NotEqual(t, next, f.state().ActiveVault)
	require.NotEqual(t, next, f.state().PendingVault)
	f.books()
}

func TestInWindDownWhatWaitsMintsAndGovernanceEndsAContractThatOwesLittle(t *testing.T) {
	f := running(t)
	f.fund("alice", 20_000)
	f.halt(types.Halts{Deposits: true})
	held := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 1_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(held, 0).Status)
	end := &types.MsgEndContract{Authority: authority(), Contract: 1}
	_, err := f.msg.EndContract(f.ctx, end)
	require.ErrorIs(t, err, types.ErrNotEndable, "it is not wound down")
	f.halt(types.Halts{WindDown: true})
	f.block()
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(held, 0).Status)
	late := f.chain.deposit(f.state().ActiveVault, staker("carol"), userText("carol"), 1_500)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(late, 0).Status, "it can be redeemed")

	_, err = f.redeem("alice", 20_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	_, err = f.msg.EndContract(f.ctx, end)
	require.ErrorIs(t, err, types.ErrNotEndable)
	require.ErrorContains(t, err, "contract 1 owes 2500, wanted at most max_remainder 0")
	f.update(func(c *types.Contract) { c.Limits.MaxRemainder = atom(2_500) })
	finished, err := f.keeper.Hooks().Finished(f.ctx, 1)
	require.NoError(t, err)
	require.False(t, finished, "until governance says so")
	_, err = f.msg.EndContract(f.ctx, &types.MsgEndContract{Authority: userText("mallory"), Contract: 1})
	require.Error(t, err)
	_, err = f.msg.EndContract(f.ctx, end)
	require.NoError(t, err)
	f.block()
	finished, err = f.keeper.Hooks().Finished(f.ctx, 1)
	require.NoError(t, err)
	require.True(t, finished)
	f.roundTrip()

	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(t, err)
	dissolved := ssvtypes.Committee{Contract: 1, Era: era.Number, ChainId: f.contract().ChainId, Origin: ssvtypes.COMMITTEE_ORIGIN_INCUMBENT}
	require.NoError(t, f.ssv.Committees.Set(f.ctx, collections.Join(era.Number, uint64(1)), dissolved))
	id, err := f.redeem("carol", 1_500, staker("carol"))
	require.NoError(t, err, "what is left stays redeemable")
	f.block()
	session := f.latest(f.state().ActiveVault)
	require.False(t, session.Obliged, "by the best effort of those who held the vault last")
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
}

func TestMaxAssetsCountsTheDepositItselfAndWhatWaits(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.MaxAssets = atom(600_000) })
	f.fund("alice", 599_000)
	whale := f.chain.deposit(f.state().ActiveVault, staker("mallory"), userText("mallory"), 60_000_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(whale, 0).Status)
	require.Contains(t, f.deposit(whale, 0).Reason, "assets are 599000, with 60000000 more than the bound of 600000")
	small := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 1_000)
	f.observe()
	f.block()
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(small, 0).Status, "one that does not fit holds back none that does")
	next := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 1_000)
	f.observe()
	f.blocks(2)
	require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(next, 0).Status)
	require.Equal(t, int64(600_000), f.bank.GetSupply(f.ctx, rtoken).Amount.Int64())
	f.books()
}

// A faulty release had the members disagree for thousands of blocks.
func TestMembersThatAllFailedMayProposeAtOnceAndAnAcceptedObservationClearsThem(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.ObservationDeadline = 10 })
	for range 60 {
		for _, member := range f.voters() {
			o := f.chain.report()
			o.BlockHash = sum("disagreement" + member.Operator + f.ctx.BlockTime().String())
			if len(o.Events) == 0 {
				f.chain.height = o.To
			}
			_, _ = f.propose(member, o)
		}
		f.blocks(11)
	}
	genesis, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NotEmpty(t, genesis.Backoffs)
	for _, backoff := range genesis.Backoffs {
		require.LessOrEqual(t, backoff.Until-f.ctx.BlockHeight(), int64(10*32))
	}
	f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 5_000)
	f.observe()
	require.Equal(t, int64(5_000), f.held("bob"))
	genesis, err = f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Empty(t, genesis.Backoffs)
}

func TestADepositThatNobodyClaimsGoesBackToItsSender(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.RefundBlocks = 100 })
	vault := f.state().ActiveVault
	unclaimed := f.chain.deposit(vault, staker("exchange"), "order 7", 50_000)
	claimed := f.chain.deposit(vault, staker("alice"), "", 50_000)
	little := f.chain.deposit(vault, staker("exchange"), "order 8", 1_000)
	f.update(func(c *types.Contract) { c.Limits.MinDeposit = atom(1_000) })
	f.observe()
	_, err := f.claim(f.deposit(claimed, 0), "alice", userText("alice"))
	require.NoError(t, err)
	f.nextEra()
	f.blocks(95)
	require.Equal(t, types.DEPOSIT_STATUS_UNMATCHED, f.deposit(unclaimed, 0).Status)
	f.roundTrip()
	f.blocks(10)
	f.nextEra()
	f.block()
	d := f.deposit(unclaimed, 0)
	require.Equal(t, types.DEPOSIT_STATUS_REFUNDING, d.Status)
	_, err = f.claim(d, "exchange", userText("bob"))
	require.ErrorIs(t, err, types.ErrNotClaimable, "it is on its way")
	f.roundTrip()
	f.books()
	f.block()
	f.pay(result{})
	require.Equal(t, types.DEPOSIT_STATUS_REFUNDED, f.deposit(unclaimed, 0).Status)
	require.Equal(t, int64(49_900+900), f.chain.received(staker("exchange")), "less the fee of a redemption each")
	require.Equal(t, types.DEPOSIT_STATUS_REFUNDED, f.deposit(little, 0).Status)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(claimed, 0).Status)
	require.Equal(t, int64(50_000), f.bank.GetSupply(f.ctx, rtoken).Amount.Int64())
	f.books()
}

func TestADepositWhoseSenderCantBePaidBackWaitsForAClaimAgain(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.RefundBlocks = 10 })
	f.chain.blocked[staker("module")] = true
	hash := f.chain.deposit(f.state().ActiveVault, staker("module"), "", 50_000)
	f.observe()
	f.blocks(12)
	f.nextEra()
	f.block()
	require.Equal(t, types.DEPOSIT_STATUS_REFUNDING, f.deposit(hash, 0).Status)
	f.block()
	f.pay(result{})
	d := f.deposit(hash, 0)
	require.Equal(t, types.DEPOSIT_STATUS_UNMATCHED, d.Status)
	require.Contains(t, d.Reason, "its sender can't be paid back")
	require.Equal(t, int64(80), d.Charged.Int64(), "what the payment cost")
	f.books()
	f.roundTrip()
	_, err := f.claim(d, "module", userText("bob"))
	require.NoError(t, err)
	require.Equal(t, int64(49_920), f.held("bob"))
	require.True(t, f.bank.GetSupply(f.ctx, rtoken).Amount.Equal(atom(49_920)))
	f.books()
}

func TestADepositThatTheBoundKeepsOutGoesBackToItsSender(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.MaxAssets = atom(600_000) })
	f.params(func(p *types.Params) { p.RefundBlocks = 10 })
	whale := f.chain.deposit(f.state().ActiveVault, staker("whale"), userText("whale"), 700_000)
	f.observe()
	f.blocks(12)
	f.nextEra()
	f.block()
	require.Equal(t, types.DEPOSIT_STATUS_REFUNDING, f.deposit(whale, 0).Status)
	f.block()
	f.pay(result{})
	require.Equal(t, int64(699_900), f.chain.received(staker("whale")))
	require.True(t, f.bank.GetSupply(f.ctx, rtoken).IsZero())
	f.books()
}

func TestAfterAPartOfABlockNoHashIsKeptThatIsAnotherBlocks(t *testing.T) {
	f := running(t)
	before := f.state()
	f.chain.mine(3)
	f.chain.deposit(before.ActiveVault, staker("bob"), userText("bob"), 5_000)
	f.chain.deposit(before.ActiveVault, staker("bob"), userText("bob"), 6_000)
	f.chain.mine(1)
	whole := f.chain.report()
	f.update(func(c *types.Contract) { c.Limits.MinDeposit = atom(6_000) })
	part := whole
	part.Events, part.ToIndex, part.Balances = whole.Events[:1], 1, nil
	f.accept(part)
	f.finish()
	require.Equal(t, part.To-1, f.state().ObservedHeight)
	require.Equal(t, uint32(1), f.state().ObservedIndex)
	require.Empty(t, f.state().ObservedHash)
	require.Equal(t, int64(1_000), f.state().LeastEvent.Int64(), "what is an event of the block does not change within it")
	rest := whole
	rest.From, rest.FromIndex, rest.Events = part.To-1, 1, whole.Events[1:]
	f.accept(rest)
	f.finish()
	require.Equal(t, int64(6_000), f.state().LeastEvent.Int64())
	require.Equal(t, rest.BlockHash, f.state().ObservedHash)
}

func TestASequenceThatAVaultUsedForSomethingElseIsKnownFromThenOn(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	vault := f.state().ActiveVault
	id, err := f.redeem("alice", 10_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	dead := f.latest(vault)
	f.chain.foreign(vault, 10)
	f.observe()
	require.EqualValues(t, 1, f.vault(vault).Sequence)
	require.True(t, f.state().Halts.Payouts, "coins left without a session")
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status, "the payment is given up at once")
	f.halt(types.Halts{})
	f.block()
	again := f.latest(vault)
	require.NotEqual(t, dead.Root, again.Root)
	require.EqualValues(t, 1, again.Sequence)
	_, err = f.chain.execute(again.Id, result{})
	require.NoError(t, err)
	f.observe()
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
}

func TestAGenesisThatItsRecordsContradictIsRefused(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.chain.deposit(f.state().ActiveVault, staker("bob"), "", 5_000)
	f.observe()
	good, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, good.Validate())
	for _, c := range []struct {
		name, says string
		spoil      func(*types.GenesisState)
	}{
		{"no reserve", "reserve of contract 1 is", func(g *types.GenesisState) { g.States[0].Reserve = math.Int{} }},
		{"a negative balance", "balance of vault 1 is -1", func(g *types.GenesisState) { g.Ledgers[0].Balance = atom(-1) }},
		{"fees that no series has", "fees_committed of contract 1 is 7, wanted 0", func(g *types.GenesisState) { g.States[0].FeesCommitted = atom(7) }},
		{"an ordinal above its vault's", "is number 9 of vault 1", func(g *types.GenesisState) { g.Deposits[0].Ordinal = 9 }},
		{"an ordinal twice", "wanted each from 1 to 3 once", func(g *types.GenesisState) { g.Deposits[0].Ordinal = g.Deposits[1].Ordinal }},
		{"a vault that is not there", "of vault 77", func(g *types.GenesisState) { g.Deposits[0].Vault = 77 }},
		{"more moved than there is", "has 9 deposits moved", func(g *types.GenesisState) { g.Ledgers[0].Moved = 9 }},
		{"another sum of what waits", "unswept of vault 1 is 4999, wanted 5000", func(g *types.GenesisState) { g.Ledgers[0].Unswept = atom(4_999) }},
		{"a charge above the amount", "is charged", func(g *types.GenesisState) { g.Deposits[0].Charged = g.Deposits[0].Amount.AddRaw(1) }},
		{"an arrival of nobody's", "arrival of 1 for 2", func(g *types.GenesisState) {
			g.Arrivals = []types.Arrival{{Contract: 1, Vault: 1, First: 1, Last: 3, Owed: atom(2), Left: atom(1)}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := *good
			g.States = append([]types.ContractState(nil), good.States...)
			g.Ledgers = append([]types.Ledger(nil), good.Ledgers...)
			g.Deposits = append([]types.Deposit(nil), good.Deposits...)
			c.spoil(&g)
			err := g.Validate()
			require.ErrorIs(t, err, types.ErrInvalidGenesis)
			require.ErrorContains(t, err, c.says)
		})
	}
}

package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// elect begins an era with another committee, and has its vault's account created and proven.
func (f *fixture) elect(from int) (outgoing, next uint64) {
	f.t.Helper()
	outgoing = f.state().ActiveVault
	f.nextEra()
	f.seat(f.candidates(from, 4), f.candidates(20, 4), 3)
	next = f.state().PendingVault
	require.Equal(f.t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	f.openAccount()
	return outgoing, next
}

// handOver executes the open handover and proves it.
func (f *fixture) handOver(outgoing uint64) {
	f.t.Helper()
	session := f.latest(outgoing)
	require.NotNil(f.t, session)
	require.Equal(f.t, multisigtypes.PURPOSE_HANDOVER, session.Purpose)
	f.signAll(session)
	_, err := f.chain.execute(session.Id, result{})
	require.NoError(f.t, err)
	f.observe()
	f.books()
}

func TestAHandoverMovesEverythingAndBothAddressesAreCredited(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	late := f.chain.deposit(outgoing, staker("bob"), userText("bob"), 20_000)
	f.handOver(outgoing)
	state := f.state()
	require.Equal(t, types.HANDOVER_STAGE_NONE, state.Handover)
	require.Equal(t, next, state.ActiveVault)
	require.Equal(t, multisigtypes.VAULT_STATUS_RETIRING, f.vault(outgoing).Status)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(late, 0).Status, "the old vault was still the deposit address")
	require.Equal(t, int64(20_000), f.held("bob"))

	later := f.chain.deposit(outgoing, staker("bob"), userText("bob"), 30_000)
	now := f.chain.deposit(next, staker("carol"), userText("carol"), 40_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_PENDING_SWEEP, f.deposit(later, 0).Status)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(now, 0).Status)
	f.books()
	for range 2 {
		sweep := f.latest(outgoing)
		require.Equal(t, multisigtypes.PURPOSE_SWEEP, sweep.Purpose)
		require.True(t, sweep.Obliged)
		f.signAll(sweep)
		_, err := f.chain.execute(sweep.Id, result{})
		require.NoError(t, err)
		f.observe()
	}
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(later, 0).Status, f.deposit(later, 0).Reason)
	require.Equal(t, int64(49_920), f.held("bob"), "less what the sweep cost")
	require.True(t, f.chain.balance(outgoing).IsZero())
	f.books()

	id, err := f.redeem("alice", 100_000, staker("alice"))
	require.NoError(t, err)
	f.block()
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status, "paid by the new committee")
}

func TestAHandoverWaitsUntilAnOpenPayoutIsProven(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	id, err := f.redeem("alice", 100_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	payout := f.latest(f.state().ActiveVault)
	f.signAll(payout)
	outgoing, next := f.elect(4)
	f.blocks(8)
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover)
	require.Equal(t, payout.Id, f.latest(outgoing).Id, "no new attempt, no handover yet")
	queued, err := f.redeem("alice", 100_000, staker("carol"))
	require.NoError(t, err)
	require.Contains(t, f.redemption(queued).Estimate, "payouts pause while vault 1 is handed over to vault 2")
	f.pay(result{})
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	f.handOver(outgoing)
	f.block()
	require.Equal(t, next, f.latest(next).Vault, "the queue goes on with the new vault")
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, f.redemption(queued).Redemption.Status)
}

func TestAHandoverGivesAnOpenPayoutUpOnlyWhenItIsProvenDead(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	id, err := f.redeem("alice", 100_000, staker("bob"))
	require.NoError(t, err)
	f.block()
	payout := f.latest(f.state().ActiveVault)
	place := f.redemption(id).Redemption.Place
	outgoing, _ := f.elect(4)
	f.blocks(8)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, f.redemption(id).Redemption.Status)
	f.chain.mine(payout.TimeoutHeight - f.chain.height - 2)
	f.observe()
	require.NotNil(t, f.latest(outgoing), "one block before the timeout it may still execute")
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover)
	f.chain.deposit(outgoing, staker("funder"), types.ReserveMemo, 1)
	f.observe()
	f.block()
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, info.Redemption.Status)
	require.Equal(t, place, info.Redemption.Place)
	require.True(t, info.Redemption.FeesBurned.IsZero())
	handover := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_HANDOVER, handover.Purpose)
	require.Equal(t, payout.Sequence, handover.Sequence, "the sequence was not used")
	_, err = f.chain.execute(payout.Id, result{})
	require.Error(t, err)
	f.handOver(outgoing)
}

func TestAHandoverThatFailedIsOpenedAnewAtTheNextSequence(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	first := f.latest(outgoing)
	f.pay(result{outOfGas: true})
	second := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_HANDOVER, second.Purpose)
	require.Equal(t, first.Sequence+1, second.Sequence)
	require.Equal(t, uint32(50), f.state().GasBoost)
	require.Equal(t, outgoing, f.state().ActiveVault)
	require.Len(t, f.alarms, 1)
	f.handOver(outgoing)
	require.Equal(t, next, f.state().ActiveVault)
}

func TestAHandoverThatKeepsFailingWaitsTwiceAsLongEachTime(t *testing.T) {
	f := running(t)
	f.params(func(p *types.Params) { p.PayoutInterval = 10 })
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	for _, wait := range []int64{10, 20, 40} {
		f.pay(result{code: 5})
		failed := f.ctx.BlockHeight()
		require.Nil(t, f.latest(outgoing), "it is not opened at once")
		for f.latest(outgoing) == nil {
			require.Less(t, f.ctx.BlockHeight()-failed, wait+5)
			f.block()
		}
		require.InDelta(t, wait, f.ctx.BlockHeight()-failed, 3)
	}
	f.pay(result{code: 5})
	f.block()
	require.Nil(t, f.latest(outgoing))
	f.update(func(c *types.Contract) { c.Cosmos.GasBase = 120_000 })
	f.block()
	require.NotNil(t, f.latest(outgoing), "governance changed the figures: it is tried at once")
	f.handOver(outgoing)
	require.Equal(t, next, f.state().ActiveVault)
	require.Zero(t, f.state().FailedMoves)
	require.Zero(t, f.state().NextMove)
}

func TestAVaultAddressThatItsMembersUsedBeforeIsNeverActivatedAndAMemberIsExchanged(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing := f.state().ActiveVault
	f.nextEra()
	f.seat(f.candidates(4, 4), f.candidates(20, 2), 3)
	taken := f.state().PendingVault
	f.chain.used(taken)
	f.observe()
	another := f.state().PendingVault
	require.NotEqual(t, taken, another)
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(taken).Status)
	require.NotEqual(t, f.vault(taken).Address, f.vault(another).Address)
	_, member, err := f.multisig.SignerIndex(f.ctx, another, f.candidates(7, 1)[0].Operator)
	require.NoError(t, err)
	require.False(t, member, "the member drawn last gave way")
	_, member, err = f.multisig.SignerIndex(f.ctx, another, f.candidates(20, 1)[0].Operator)
	require.NoError(t, err)
	require.True(t, member, "to the first standby")

	f.chain.used(another)
	f.observe()
	if third := f.state().PendingVault; third != 0 {
		f.chain.used(third)
		f.observe()
	}
	require.Zero(t, f.state().PendingVault, "no standby is left")
	require.Equal(t, outgoing, f.state().ActiveVault)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.fund("alice", 1_000)
	f.books()
	require.Equal(t, int64(501_000), f.held("alice"), "no funds lost, the contract goes on")
}

func TestAnEmptyVaultIsHandedOverWithoutAMove(t *testing.T) {
	f := newFixture(t)
	f.deploy(func(c *types.Contract) { c.Limits.ReserveMin = atom(0) })
	f.seat(f.candidates(0, 4), nil, 3)
	f.openAccount()
	first := f.state().ActiveVault
	_, next := f.elect(4)
	f.block()
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, multisigtypes.VAULT_STATUS_RETIRING, f.vault(first).Status)
	require.Nil(t, f.latest(first))
	f.books()
}

func TestAHandoverThatIsStuckHaltsDepositsAndPayoutsAndGoesOn(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for range params.MaxHandoverEras - 1 {
		f.nextEra()
		require.False(t, f.state().Halts.Deposits)
	}
	demands, err := f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Empty(t, demands, "no election meanwhile")
	f.nextEra()
	halts := f.state().Halts
	require.True(t, halts.Deposits && halts.Payouts)
	require.Contains(t, halts.Reason, "the handover of vault 1 to vault 2 began in era 2")
	f.blocks(8)
	f.handOver(outgoing)
	require.Equal(t, next, f.state().ActiveVault)
	demands, err = f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Len(t, demands, 1)
	require.Equal(t, uint32(4), demands[0].Size_)
}

func TestAHandoverThatABiggerTroubleRestartsEveryEraIsStuckAllTheSame(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for era := range int(params.MaxHandoverEras) {
		f.nextEra()
		f.seat(f.candidates(4+era, 4), nil, 3) // an emergency changes the incoming committee, and nothing has moved
		require.False(t, f.state().Halts.Deposits)
	}
	f.nextEra()
	require.True(t, f.state().Halts.Deposits)
	require.Contains(t, f.state().Halts.Reason, "began in era 2")
	f.seat(f.candidates(0, 4), nil, 3) // the committee that has the vault
	f.nextEra()
	f.seat(f.candidates(20, 4), nil, 3)
	require.Equal(t, uint64(6), f.state().HandoverEra, "that one ended")
}

func TestTheSameCommitteeAgainOpensNoHandover(t *testing.T) {
	f := running(t)
	f.nextEra()
	f.seat(f.candidates(0, 4), nil, 3)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	require.Zero(t, f.state().PendingVault)
}

func TestACommitteeElectedAgainGetsItsOldVaultBackWithoutLosingTrackOfIt(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	first, second := f.elect(4)
	f.block()
	f.handOver(first)
	late := f.chain.deposit(first, staker("bob"), userText("bob"), 2_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_PENDING_SWEEP, f.deposit(late, 0).Status, "too little to sweep")
	f.nextEra()
	f.seat(f.candidates(0, 4), nil, 3)
	require.Equal(t, first, f.state().PendingVault, "the same members have the same address")
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "its account is known")
	f.block()
	f.handOver(second)
	f.block()
	require.Equal(t, first, f.state().ActiveVault)
	require.Equal(t, int64(2_000), f.held("bob"))
	f.books()
}

func TestACommitteeThatChangesWhileFundsMoveIsHandedToNext(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	f.seat(f.candidates(8, 4), nil, 3)
	require.Equal(t, next, f.state().PendingVault)
	f.handOver(outgoing)
	f.block()
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	require.NotZero(t, f.state().PendingVault)
}

func TestARetiringVaultClosesAfterClosingErasAndIsSweptByBestEffortFromThen(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	outgoing, next := f.elect(4)
	f.block()
	f.handOver(outgoing)
	dust := f.chain.deposit(outgoing, staker("bob"), userText("bob"), 1_500)
	f.observe()
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for range params.ClosingEras {
		require.Equal(t, multisigtypes.VAULT_STATUS_RETIRING, f.vault(outgoing).Status)
		f.nextEra()
	}
	require.Equal(t, multisigtypes.VAULT_STATUS_RETIRING, f.vault(outgoing).Status, "it holds more than the fee")
	require.Nil(t, f.latest(outgoing))
	f.block()
	last := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_SWEEP, last.Purpose, "it is swept a last time, though it holds less than min_sweep")
	f.nextEra()
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(outgoing).Status, "and closed though nobody signed that")
	f.books()
	f.die(last)
	require.Nil(t, f.latest(outgoing))
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + 14_400)
	require.True(t, f.state().Unminted.IsZero(), "what is left in a CLOSED vault counts for nothing")

	f.chain.deposit(outgoing, staker("bob"), userText("bob"), 50_000)
	f.observe()
	f.books()
	sweep := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_SWEEP, sweep.Purpose)
	require.False(t, sweep.Obliged)
	f.blocks(8)
	require.Equal(t, sweep.Id, f.latest(outgoing).Id, "best effort is one attempt")
	_, err = f.chain.execute(sweep.Id, result{})
	require.NoError(t, err)
	reserve := f.state().Reserve
	f.observe()
	f.block()
	require.Equal(t, int64(51_420), f.held("bob"))
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(dust, 0).Status)
	require.True(t, f.state().Reserve.Equal(reserve), "the deposits pay for the sweep, the reserve does not")
	require.Equal(t, next, f.state().ActiveVault)
	f.books()
}

func TestAnUnexplainedOutflowHaltsPayoutsAndABrokenSolvencyDepositsToo(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.chain.steal(f.state().ActiveVault, 10)
	f.observe()
	halts := f.state().Halts
	require.True(t, halts.Payouts)
	require.True(t, halts.Deposits)
	require.Contains(t, halts.Reason, "insolvent by 10")
	require.Len(t, f.alarms, 2)
	require.Contains(t, f.alarms[0], "unexplained outflow of 10 from vault 1")
	response, err := f.query.Solvency(f.ctx, &types.QuerySolvencyRequest{Contract: 1})
	require.NoError(t, err)
	require.False(t, response.Solvent)
	require.Equal(t, int64(-10), response.Surplus.Int64())

	f.chain.deposit(f.state().ActiveVault, staker("funder"), types.ReserveMemo, 5)
	f.chain.surplus(f.state().ActiveVault, 6)
	f.observe()
	require.Len(t, f.alarms, 2, "said once")
}

func TestAContractWithoutWorkRestsAndWakes(t *testing.T) {
	f := running(t)
	f.fund("alice", 500_000)
	f.block()
	require.True(t, keeper.Resting(f.ctx, f.keeper))
	_, err := f.redeem("alice", 1_000, staker("bob"))
	require.NoError(t, err)
	require.False(t, keeper.Resting(f.ctx, f.keeper))
	f.block()
	f.pay(result{})
	f.block()
	require.True(t, keeper.Resting(f.ctx, f.keeper))
}

func TestAFirstCommitteeThatDoesNotGetGoingIsElectedAgain(t *testing.T) {
	f := newFixture(t)
	f.deploy()
	demands, err := f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Len(t, demands, 1)
	f.seat(f.candidates(0, 4), nil, 3)
	demands, err = f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Empty(t, demands)
	params, err := f.ssv.GetParams(f.ctx)
	require.NoError(t, err)
	for range params.MaxHandoverEras {
		f.nextEra()
	}
	demands, err = f.keeper.Hooks().Demands(f.ctx)
	require.NoError(t, err)
	require.Len(t, demands, 1)
	first := f.state().PendingVault
	f.seat(f.candidates(4, 4), nil, 3)
	require.NotEqual(t, first, f.state().PendingVault)
	f.openAccount()
	require.NotZero(t, f.state().ActiveVault)
}

func TestACappedEraStartsFromTheAssetsAtItsStart(t *testing.T) {
	f := running(t, func(c *types.Contract) { c.Limits.MaxOutflowPerEra = math.LegacyMustNewDecFromStr("0.25") })
	require.Equal(t, int64(1_000_000), f.state().OutflowCap.Int64(), "min_outflow before the first era")
	f.fund("alice", 8_000_000)
	f.nextEra()
	require.Equal(t, int64(2_000_000), f.state().OutflowCap.Int64())
}

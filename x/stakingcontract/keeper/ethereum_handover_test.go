package keeper_test

import (
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func TestASafeIsHandedOnAtOnceAndItsLedgerWithIt(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	waiting := f.requireDepositOf(f.safe.pays("bob", 4*milli))
	meanwhile := f.requireDepositOf(f.safe.pays("eve", 3*milli))
	next := f.electSafe(8, 4, 3)
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "its account is known")
	require.Equal(t, f.vault(1).Address, f.vault(next).Address)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	status, err := f.claimSigned(meanwhile, "eve", chainID, userText("eve"), nil)
	require.NoError(t, err)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, status, "its money stays where it is")
	session := f.openOf(handoverOf)
	receipt := f.safe.execute(f.signed(session))
	require.False(t, receipt.Reverted, receipt.Reason)
	f.safe.deposits("carol", userText("carol"), 5*milli)
	f.safe.pays("dave", 6*milli)
	f.safe.force(9)
	f.observe()

	require.Equal(t, []uint64{next, 0}, []uint64{f.state().ActiveVault, f.state().PendingVault})
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(1).Status, "nothing is swept from it")
	require.Equal(t, multisigtypes.VAULT_STATUS_ACTIVE, f.vault(next).Status)
	require.True(t, f.ledger(1).Balance.IsZero())
	require.Equal(t, f.safe.evm.Balance(f.safe.safe).String(), f.ledger(next).Balance.String())
	require.EqualValues(t, 5*milli, f.held("carol"), "deposited behind the handover in the same range")
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.books()
	_, err = f.claimSigned(waiting, "bob", chainID, userText("bob"), nil)
	require.NoError(t, err)
	require.EqualValues(t, 4*milli, f.held("bob"), "received before the handover, claimed after it")
	f.books()

	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.carryOut(payoutOf)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	f.nextEra()
	f.blocks(3)
	require.Nil(t, f.latest(1))
	f.books()
}

// contested is a contract whose payout is signed and not sent while its Safe is handed over; both are signed.
func contested(t *testing.T) (f *fixture, id, next uint64, paying, handing []byte) {
	t.Helper()
	f = runningSafe(t)
	f.stake("alice", 3_000*milli)
	id = f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	paying = f.signed(session)
	next = f.electSafe(8, 4, 3)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "its members may still sign for credit")
	f.expire(session)
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover)
	handing = f.signed(f.openOf(handoverOf))
	f.books()
	info := f.redemption(id)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, info.Redemption.Status)
	require.Contains(t, info.Estimate, "signed anew by the next committee")
	return f, id, next, paying, handing
}

func TestAPayoutThatWasSignedAndNotSentBeforeAHandoverIsPaidOnceByTheNextCommittee(t *testing.T) {
	f, id, next, paying, handing := contested(t)
	reserve := f.state().Reserve
	require.False(t, f.safe.execute(handing).Reverted)
	f.observe()
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, reserve.Sub(math.NewIntFromBigInt(f.safe.refunded)).String(), f.state().Reserve.String())
	require.Equal(t, "GS026", f.safe.execute(paying).Reason, "the former owners' signatures are worth nothing")
	f.books()
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	require.True(t, f.safe.execute(paying).Reverted)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	require.True(t, f.state().FeesCommitted.IsZero())
}

func TestAPayoutThatIsSentInTheMiddleOfAHandoverSendsTheHandoverToTheNextNonce(t *testing.T) {
	f, id, next, paying, handing := contested(t)
	require.False(t, f.safe.execute(paying).Reverted)
	require.Equal(t, "GS026", f.safe.execute(handing).Reason)
	f.observe()
	f.books()
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover, "it is opened anew at once")
	again := f.openOf(handoverOf)
	require.EqualValues(t, 1, again.Sequence)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	f.blocks(3)
	require.Nil(t, f.latest(next), "nothing is left to pay")
	require.True(t, f.state().FeesCommitted.IsZero())
}

func TestAPayoutThatNobodySignedIsNotTriedAgainDuringAHandover(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	f.signBy(session, 2)
	next := f.electSafe(8, 4, 3)
	f.expire(session)
	f.block()
	handover := f.openOf(handoverOf)
	require.Equal(t, session.Sequence, handover.Sequence)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
}

func TestAHandoverThatGotTooFewSignaturesIsSignedAgainByTheSameDigestAndProvenAsItsFirstAttempt(t *testing.T) {
	f, _, next, _, _ := contested(t)
	first := f.openOf(handoverOf)
	f = f.reload(t)
	f.safe.f = f
	second := func() *multisigtypes.Session {
		f.nextEra()
		return f.openOf(handoverOf)
	}()
	require.Equal(t, first.Root, second.Root)
	f.expire(second)
	require.False(t, f.safe.execute(f.calldata(first.Id)).Reverted)
	f.observe()
	require.Equal(t, next, f.state().ActiveVault)
	f.books()
}

func TestAnEmptySafeIsHandedOnWithoutARefund(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	f.safe.deploy(1)
	f.safe.prove(1)
	f.observe()
	next := f.electSafe(8, 4, 3)
	f.block()
	require.True(t, f.payload(f.openOf(handoverOf).Id).Fee.IsZero())
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	require.Zero(t, f.safe.refunded.Sign())

	f.safe.deposits("funder", types.ReserveMemo, 5)
	f.observe()
	f.electSafe(12, 4, 3)
	f.block()
	require.Equal(t, "5wei", f.payload(f.openOf(handoverOf).Id).Fee.String(), "no more than there is")
	f.carryOut(handoverOf)
	require.Zero(t, f.safe.refunded.Sign(), "5 wei are less than a wei for each gas")
}

func TestTwentyOneOwnersHandASafeToTwentyOneOthersWhoPay(t *testing.T) {
	f := runningSafeOf(t, 21, 15)
	f.enlist(40, 2)
	f.stake("alice", 3_000*milli)
	next := f.electSafe(21, 21, 15)
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.carryOut(payoutOf)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	smaller := f.electSafe(0, 15, 11)
	f.carryOut(handoverOf)
	require.Equal(t, smaller, f.state().ActiveVault)
}

// enlist adds candidates to those that every test has.
func (f *fixture) enlist(from, n int) {
	for _, member := range f.candidates(from, n) {
		f.members[member.Operator] = member
		require.NoError(f.t, f.ssv.Submitters.Set(f.ctx, member.Submitter, f.operator(member.Operator)))
	}
}

func TestAHandoverThatIsProvenFailedFreesItsRivalAndIsTriedAgainLater(t *testing.T) {
	f, id, next, _, _ := contested(t)
	fee := atom(12_345)
	f.safe.claimed(f.openOf(handoverOf).Root, false, 1, fee)
	reserve := f.state().Reserve
	f.observe()
	require.Equal(t, reserve.Sub(fee).String(), f.state().Reserve.String())
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, f.redemption(id).Redemption.Status, "its nonce is used")
	require.EqualValues(t, 1, f.state().FailedMoves)
	require.Equal(t, []uint64{1, next}, []uint64{f.state().ActiveVault, f.state().PendingVault})
	f.books()
	f.blocks(2)
	require.EqualValues(t, 1, f.openOf(handoverOf).Sequence)
	require.True(t, strings.Contains(strings.Join(f.alarms, ";"), "PURPOSE_HANDOVER of vault 1 failed"), f.alarms)
}

// claimed reports an execution that the chain never saw; its refund is missing from the Safe from then on.
func (c *safeChain) claimed(session uint64, success bool, code uint32, fee math.Int) {
	s, _, err := c.f.multisig.Session(c.f.ctx, session)
	require.NoError(c.f.t, err)
	c.missing.Add(c.missing, fee.BigInt())
	c.txs++
	c.emit(types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: s.Vault, Session: session, TxHash: c.last(), Success: success, Code: code, Fee: &fee,
	}}})
}

func TestASafeThatCouldNotPayBlamesNoRedeemer(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	f.safe.claimed(f.openOf(payoutOf).Root, false, 5, atom(99))
	f.observe()
	require.True(t, f.state().Halts.Payouts)
	r := f.redemption(id).Redemption
	require.Equal(t, types.REDEMPTION_STATUS_QUEUED, r.Status)
	require.True(t, r.FeesBurned.IsZero() && r.FeesFailed.IsZero())
	f.books()
}

func TestAnEmergencyInTheMiddleOfAHandoverReplacesTheNextCommittee(t *testing.T) {
	f, id, next, _, handing := contested(t)
	f.seat(f.candidates(12, 4), f.candidates(36, 4), 3)
	require.True(t, f.state().Reseat, "a handover that can execute is waited for")
	require.False(t, f.safe.execute(handing).Reverted)
	f.observe()
	f.blocks(2)
	require.Equal(t, next, f.state().ActiveVault)
	require.NotZero(t, f.state().PendingVault)
	f.carryOut(handoverOf)
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
}

func TestAFirstSafeThatIsNotTheCommitteesIsGivenUpBeforeItsFirstUse(t *testing.T) {
	f := seatedSafe(t, 4, 3)
	f.safe.deploy(1)
	lost := f.safe.deposits("alice", userText("alice"), 5*milli)
	f.safe.prove(1)
	f.safe.events[len(f.safe.events)-1].GetAccount().Plain = false
	f.observe()
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(1).Status)
	require.EqualValues(t, 2, f.state().PendingVault, "a standby makes it another Safe")
	require.NotEqual(t, f.vault(1).Address, f.vault(2).Address)
	f.requireDeposit(lost, types.DEPOSIT_STATUS_PENDING_SWEEP)
	old, contract := f.safe.safe, f.safe.contract
	f.safe.deploy(2)
	f.safe.prove(2)
	f.observe()
	require.EqualValues(t, 2, f.state().ActiveVault)

	f.safe.emit(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
		Vault: 1, TxHash: make([]byte, 32), Sender: wallet("alice").Hex(), Memo: userText("alice"), Amount: atom(3 * milli),
	}}})
	f.observe()
	d := f.requireDeposit(make([]byte, 32), types.DEPOSIT_STATUS_PENDING_SWEEP)
	require.Contains(t, d.Reason, "given up before its first use")
	require.NotEqual(t, old, f.safe.safe)
	require.NotEqual(t, contract, f.safe.contract)
	f.books()
	f.blocks(2)
	f.nextEra()
	f.blocks(2)
	f.books()
}

func TestAnExportedHandoverThatCompetesWithAPayoutGoesOn(t *testing.T) {
	for name, first := range map[string]bool{"the handover is sent": true, "the payout is sent": false} {
		t.Run(name, func(t *testing.T) {
			f, id, next, paying, handing := contested(t)
			before, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			f = f.reload(t)
			after, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.Equal(t, f.cdc.MustMarshalJSON(before), f.cdc.MustMarshalJSON(after))
			if first {
				require.False(t, f.safe.execute(handing).Reverted)
				f.observe()
				f.carryOut(payoutOf)
			} else {
				require.False(t, f.safe.execute(paying).Reverted)
				f.observe()
				f.carryOut(handoverOf)
			}
			require.Equal(t, next, f.state().ActiveVault)
			require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
			f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
		})
	}
}

func TestAGenesisIsRefusedWhoseRivalIsNone(t *testing.T) {
	f, _, _, _, _ := contested(t)
	for name, change := range map[string]func(*types.GenesisState){
		"a rival that is not there":      func(g *types.GenesisState) { g.Batches[1].Rival = 99 },
		"a rival of another vault":       func(g *types.GenesisState) { g.Batches[0].Vault = 2 },
		"a handover as the rival":        func(g *types.GenesisState) { g.Batches[0].Purpose = handoverOf },
		"a payout that competes":         func(g *types.GenesisState) { g.Batches[1].Purpose = payoutOf },
		"itself":                         func(g *types.GenesisState) { g.Batches[1].Rival = g.Batches[1].Root },
		"two series that do not compete": func(g *types.GenesisState) { g.Batches[1].Rival = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			genesis, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.NoError(t, genesis.Validate())
			require.Len(t, genesis.Batches, 2)
			change(genesis)
			require.ErrorIs(t, genesis.Validate(), types.ErrInvalidGenesis)
		})
	}
}

// judgedSafe is a contract on Ethereum whose sessions x/ssv hears of, as in judged.
func judgedSafe(t *testing.T) *fixture {
	t.Helper()
	f := runningSafe(t)
	f.multisig.SetHooks(deeds{f})
	f.sign, f.judged = multisigkeeper.NewMsgServer(*f.multisig), true
	for operator := range f.members {
		require.NoError(t, f.ssv.TouchDuty(f.ctx, operator))
	}
	f.stake("alice", 3_000*milli)
	return f
}

func TestAnEmergencySwapsOneOwnerOfTheSafeAndThePayoutThatWasNotSentIsSignedAnew(t *testing.T) {
	f := judgedSafe(t)
	before := f.seated()
	out := before.Members[1].Operator
	f.dead(out)
	id := f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	f.signWithout(session, out)
	unsent := f.calldata(session.Id)
	f.expire(session)
	after := f.seated()
	require.Equal(t, before.Standbys[0], after.Members[1], "replaced in the block in which the session is settled")
	f.block()
	handover := f.openOf(handoverOf)
	require.Equal(t, session.Sequence, handover.Sequence)
	payload := f.payload(handover.Id)
	require.Len(t, payload.NextOwners, 4)
	f.signWithout(handover, out)
	require.False(t, f.safe.execute(f.calldata(handover.Id)).Reverted)
	f.observe()
	require.Equal(t, "GS026", f.safe.execute(unsent).Reason)
	f.block()
	f.carryOut(payoutOf)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	f.requireReceived(common.HexToAddress("0xb0b"), 1_000*milli-feeWei)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
}

// Only one of a handover and its rival is refunded, so the one may have what is committed for the other.
func TestAHandoverMayBeRefundedFromWhatItsRivalCommitted(t *testing.T) {
	f := runningSafe(t)
	f.stake("alice", 3_000*milli)
	unit := payout.PayoutCost(f.contract(), f.vault(1), 1, 0).Fee.Add(payout.MoveCost(f.contract(), f.vault(1), f.vault(1), 0).Fee).QuoRaw(20 * gwei)
	f.update(func(c *types.Contract) {
		c.Ethereum.GasPrice, c.Limits.MaxOutputs = f.state().Reserve.Quo(unit), 1
		c.Limits.RedemptionFee = payout.PayoutCost(*c, f.vault(1), 1, 0).Fee
	})
	f.withdraw("alice", 1_000*milli, common.HexToAddress("0xb0b"))
	f.block()
	session := f.openOf(payoutOf)
	f.signAll(session)
	next := f.electSafe(8, 10, 7)
	f.expire(session)
	f.block()
	fee, left := f.batch(f.openOf(handoverOf).Root).Fee, f.state().Reserve.Sub(f.batch(session.Root).Fee)
	require.True(t, payout.MoveCost(f.contract(), f.vault(1), f.vault(next), 0).Fee.GT(left), "the reserve was kept for a handover to four")
	require.True(t, fee.GT(left), "fee %s, left %s", fee, left)
	require.True(t, fee.LTE(f.state().Reserve))
	f.books()
	f.carryOut(handoverOf)
	require.Equal(t, next, f.state().ActiveVault)
}

func TestACommitteeThatChangesWhenThePayoutHasWonIsHandedToAtOnce(t *testing.T) {
	f, id, next, paying, _ := contested(t)
	f.params(func(p *types.Params) { p.MaxEventsPerBlock = 1 })
	require.False(t, f.safe.execute(paying).Reverted)
	f.safe.deposits("carol", userText("carol"), 5*milli)
	f.safe.mine(1)
	f.accept(f.safe.report())
	f.block()
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "no handover can execute any more")
	f.seat(f.candidates(12, 4), f.candidates(36, 4), 3)
	require.False(t, f.state().Reseat)
	other := f.state().PendingVault
	require.NotEqual(t, next, other)
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(next).Status)
	f.blocks(2)
	f.carryOut(handoverOf)
	require.Equal(t, other, f.state().ActiveVault)
	require.Equal(t, types.REDEMPTION_STATUS_PAID, f.redemption(id).Redemption.Status)
	require.EqualValues(t, 5*milli, f.held("carol"))
}

func TestASafeThatWasRobbedIsHandedOnForNoMoreThanItHas(t *testing.T) {
	f := runningSafe(t)
	stolen := f.ledger(1).Balance.SubRaw(7)
	f.safe.missing.Add(f.safe.missing, stolen.BigInt())
	f.safe.emit(types.Event{Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: 1, TxHash: make([]byte, 32), Amount: stolen}}})
	f.observe()
	require.True(t, f.state().Halts.Payouts)
	require.Equal(t, atom(reserveWei).String(), f.state().Reserve.String(), "the books still name it")
	f.electSafe(8, 4, 3)
	f.block()
	require.Equal(t, "7", f.batch(f.openOf(handoverOf).Root).Fee.String(), "a refund that the Safe can't pay would undo the handover")
}

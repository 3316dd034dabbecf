package keeper_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtest "github.com/stafiprotocol/stafid/x/multisig/testutil"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// deeds ties x/multisig to x/ssv as the app does.
type deeds struct{ f *fixture }

func (d deeds) AfterSessionSettled(
	ctx context.Context, vault multisigtypes.Vault, session multisigtypes.Session, tally multisigtypes.Tally, results []multisigtypes.MemberResult,
) error {
	var duties []ssvkeeper.SessionDuty
	for _, r := range results {
		duties = append(duties, ssvkeeper.SessionDuty{Operator: r.Operator, Signed: r.Signed, Wrong: r.Wrong})
	}
	required := session.Obliged && tally.Status != multisigtypes.SESSION_STATUS_VOID
	series, unfinished, err := d.f.multisig.CurrentSeries(ctx, vault.Id)
	proven := tally.Status == multisigtypes.SESSION_STATUS_PROVEN || !unfinished || series.Root != session.Root
	d.f.ssv.JudgeSession(ctx, ssvkeeper.SettledSession{
		Contract: vault.Contract, Vault: vault.Id, Session: session.Id, VaultEra: vault.Era,
		Size: session.Size_, Threshold: session.Threshold, Signatures: tally.Signatures,
		Active: vault.Status == multisigtypes.VAULT_STATUS_ACTIVE, Proven: proven,
		Blames: required && (tally.Signatures >= session.Threshold || !proven), Duties: duties,
	})
	return err
}

func (d deeds) AfterRogueSignature(ctx context.Context, vault multisigtypes.Vault, rogue multisigtypes.RogueSignature) error {
	_, err := d.f.ssv.PunishEvil(ctx, ssvtypes.Accusation{
		Contract: vault.Contract, Vault: vault.Id, VaultEra: vault.Era, Operator: rogue.Operator,
		Deed: ssvtypes.DEED_ROGUE_SIGNATURE, Proof: rogue.Digest,
	})
	return err
}

// judged is a contract that runs, whose sessions x/ssv hears of: three of four members sign, so that a vault is endangered as soon as one is
// absent. Everyone gives signs of life.
func judged(t *testing.T) *fixture {
	t.Helper()
	f := running(t)
	f.multisig.SetHooks(deeds{f})
	f.sign, f.judged = multisigkeeper.NewMsgServer(*f.multisig), true
	for operator := range f.members {
		require.NoError(t, f.ssv.TouchDuty(f.ctx, operator))
	}
	f.fund("alice", 500_000)
	return f
}

// dead takes operators' signs of life away.
func (f *fixture) dead(operators ...string) { f.silent = append(f.silent, operators...) }

// back lets an operator give signs of life again.
func (f *fixture) back(operator string) {
	f.silent = slices.DeleteFunc(f.silent, func(o string) bool { return o == operator })
	require.NoError(f.t, f.ssv.TouchDuty(f.ctx, operator))
}

func (f *fixture) seated() ssvtypes.Committee {
	committee, found, err := f.ssv.PresentCommittee(f.ctx, 1)
	require.NoError(f.t, err)
	require.True(f.t, found)
	return committee
}

// sign has a session signed by all signers of its vault but the absent.
func (f *fixture) signWithout(session *multisigtypes.Session, absent ...string) {
	f.t.Helper()
	signers, err := f.multisig.VaultSigners(f.ctx, session.Vault)
	require.NoError(f.t, err)
	for _, signer := range signers {
		if slices.Contains(absent, signer.Operator) {
			continue
		}
		f.submitted(session, f.members[signer.Operator])
	}
}

func (f *fixture) submitted(session *multisigtypes.Session, member multisigtest.Member) {
	f.t.Helper()
	signature := f.signature(member, session.Id)
	response, err := f.sign.SubmitSignatures(f.ctx, &multisigtypes.MsgSubmitSignatures{
		Submitter: bech(prefix, member.Submitter), Session: session.Id, Signatures: [][]byte{signature},
	})
	require.NoError(f.t, err)
	require.True(f.t, response.Accepted)
}

// openPayout redeems and returns the session that pays.
func (f *fixture) openPayout() *multisigtypes.Session {
	f.t.Helper()
	_, err := f.redeem("alice", 10_000, staker("bob"))
	require.NoError(f.t, err)
	f.block()
	session := f.latest(f.state().ActiveVault)
	require.NotNil(f.t, session)
	return session
}

// expire ends blocks until a session is settled.
func (f *fixture) expire(session *multisigtypes.Session) {
	f.t.Helper()
	for f.ctx.BlockHeight() <= session.Expires {
		f.block()
	}
}

// executed has a session's payload executed and proven.
func (f *fixture) executed(session *multisigtypes.Session) {
	f.t.Helper()
	_, err := f.chain.execute(session.Id, result{})
	require.NoError(f.t, err)
	f.observe()
	f.books()
}

// move signs the open handover by all but the absent, and has it executed and proven.
func (f *fixture) move(absent ...string) {
	f.t.Helper()
	f.block()
	session := f.latest(f.state().ActiveVault)
	require.NotNil(f.t, session)
	require.Equal(f.t, multisigtypes.PURPOSE_HANDOVER, session.Purpose)
	f.signWithout(session, absent...)
	f.executed(session)
}

func TestAnEmergencyHandsTheVaultOverToACommitteeWithAStandbyAndPayoutsGoOnByThemselves(t *testing.T) {
	f := judged(t)
	before, outgoing := f.seated(), f.state().ActiveVault
	out := before.Members[1].Operator
	f.dead(out)
	session := f.openPayout()
	f.signWithout(session, out)
	queued, err := f.redeem("alice", 20_000, staker("carol"))
	require.NoError(t, err)
	f.executed(session)
	f.expire(session)

	after := f.seated()
	require.Equal(t, before.Standbys[0], after.Members[1])
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	require.Equal(t, types.REDEMPTION_STATUS_SIGNING, f.redemption(queued).Redemption.Status)
	second := f.latest(outgoing)
	f.signWithout(second, out)
	f.openAccount()
	require.Equal(t, types.HANDOVER_STAGE_DRAIN, f.state().Handover, "the payment under way is waited for")
	f.executed(second)
	f.move(out)

	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	require.NotEqual(t, outgoing, f.state().ActiveVault)
	signers, err := f.multisig.VaultSigners(f.ctx, f.state().ActiveVault)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(signers, func(s multisigtypes.Signer) bool { return s.Operator == out }))
	require.Empty(t, f.state().Emergency)
	third := f.openPayout()
	f.signWithout(third)
	f.executed(third)
	f.expire(third)
	require.Equal(t, after, f.seated())
	f.books()
}

func TestASlowMemberThatSignsBeforeTheSessionExpiresIsNotEvictedHoweverLate(t *testing.T) {
	f := judged(t)
	before := f.seated()
	slow := before.Members[2].Operator
	for range 3 {
		session := f.openPayout()
		f.signWithout(session, slow)
		_, err := f.chain.execute(session.Id, result{})
		require.NoError(t, err)
		for f.ctx.BlockHeight() < session.Expires {
			f.block()
		}
		f.dead(slow)
		f.submitted(session, f.members[slow])
		f.expire(session)
		f.observe()
	}
	require.Equal(t, before, f.seated())
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
}

func TestASessionBelowItsThresholdIsTriedAgainWithNewDepositsClosedUntilTheVaultIsSound(t *testing.T) {
	f := judged(t)
	before := f.seated()
	session := f.openPayout()
	f.submitted(session, f.members[before.Members[0].Operator])
	f.expire(session)
	require.Equal(t, before, f.seated(), "nobody can be installed, nobody is blamed")
	require.Contains(t, f.state().Emergency, "1 of 3 signatures")
	require.False(t, f.state().Halts.Deposits, "governance's switch is its own")
	require.Contains(t, f.alarms[len(f.alarms)-1], "new deposits are closed")
	held := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 40_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(held, 0).Status)
	require.Contains(t, f.deposit(held, 0).Reason, "1 of 3 signatures")
	_, err := f.redeem("alice", 5_000, staker("bob"))
	require.NoError(t, err, "redemptions stay open")
	f.books()

	again := f.latest(f.state().ActiveVault)
	require.Equal(t, session.Root, again.Root)
	require.Greater(t, again.Id, session.Id)
	f.signWithout(again)
	require.NotEmpty(t, f.state().Emergency, "until it is settled")
	f.expire(again)
	f.block()
	require.Empty(t, f.state().Emergency)
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(held, 0).Status)
	require.Equal(t, int64(40_000), f.held("bob"))
	f.books()
	f.roundTrip()
}

func TestNeitherGovernanceNorAnEraEndsAnEmergencyAndTheyDoNotTouchIt(t *testing.T) {
	f := judged(t)
	require.NoError(t, f.keeper.Hooks().AfterVaultTested(f.ctx, 1, "trouble"))
	_, err := f.msg.SetHalts(f.ctx, &types.MsgSetHalts{Authority: authority(), Contract: 1, Halts: types.Halts{}})
	require.NoError(t, err)
	f.nextEra()
	require.Equal(t, "trouble", f.state().Emergency)
	f.roundTrip()
	alarms := len(f.alarms)
	require.NoError(t, f.keeper.Hooks().AfterVaultTested(f.ctx, 1, "trouble"))
	require.Len(t, f.alarms, alarms, "one alarm for one trouble")
	require.ErrorIs(t, f.keeper.Hooks().AfterVaultTested(f.ctx, 9, "trouble"), types.ErrContractNotFound)
}

func TestWithoutAStandbyDepositsCloseAndTheVaultStaysWithItsMembers(t *testing.T) {
	f := judged(t)
	before := f.seated()
	out := before.Members[1].Operator
	f.dead(out)
	for _, standby := range before.Standbys {
		f.dead(standby.Operator)
	}
	session := f.openPayout()
	f.signWithout(session, out)
	f.executed(session)
	f.expire(session)
	require.Equal(t, before, f.seated())
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	require.Contains(t, f.state().Emergency, out)
	held := f.chain.deposit(f.state().ActiveVault, staker("bob"), userText("bob"), 40_000)
	f.observe()
	require.Equal(t, types.DEPOSIT_STATUS_HELD, f.deposit(held, 0).Status)

	f.back(out)
	sound := f.openPayout()
	f.signWithout(sound)
	f.executed(sound)
	f.expire(sound)
	f.block()
	require.Empty(t, f.state().Emergency, "the member returned")
	require.Equal(t, types.DEPOSIT_STATUS_MINTED, f.deposit(held, 0).Status)
}

func TestASilentMemberOfAnOutgoingCommitteeIsNotReplacedForItsSeatEndedWithItsEra(t *testing.T) {
	f := judged(t)
	former := f.seated()
	outgoing, _ := f.elect(4)
	incoming := f.seated()
	f.block()
	out := former.Members[1].Operator
	f.dead(out)
	session := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_HANDOVER, session.Purpose)
	f.signWithout(session, out)
	f.expire(session)
	require.Equal(t, incoming, f.seated())
	require.Equal(t, types.HANDOVER_STAGE_MOVE, f.state().Handover, "the handover goes on")
	banned, err := f.ssv.Bans.Has(f.ctx, f.operator(out))
	require.NoError(t, err)
	require.False(t, banned, "it lost no seat; what it missed settles at the era's end")
	require.Empty(t, f.state().Emergency)
	f.executed(session)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
}

// overlap seats a committee that shares its first member with the outgoing one, and has that member silent in a session of the outgoing vault.
func overlap(t *testing.T, f *fixture) (shared string) {
	f.nextEra()
	former := f.seated()
	shared = former.Members[0].Operator
	f.seat(append(f.candidates(0, 1), f.candidates(5, 3)...), f.candidates(20, 4), 3)
	require.Equal(t, shared, f.seated().Members[0].Operator)
	f.dead(shared)
	return shared
}

func TestAnEmergencyDuringAHandoverChangesTheIncomingCommitteeAndItsVaultBeforeAnythingMoves(t *testing.T) {
	f := judged(t)
	session := f.openPayout()
	shared := overlap(t, f)
	first := f.state().PendingVault
	f.signWithout(session, shared)
	f.executed(session)
	f.expire(session)
	require.Equal(t, -1, f.seated().MemberIndex(shared))
	require.NotEqual(t, first, f.state().PendingVault)
	require.Equal(t, multisigtypes.VAULT_STATUS_CLOSED, f.vault(first).Status)
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	f.openAccount()
	f.move(shared)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.books()
}

func TestAnEmergencyWhileFundsMoveIsFollowedByASecondHandover(t *testing.T) {
	f := judged(t)
	shared := overlap(t, f)
	outgoing := f.state().ActiveVault
	f.openAccount()
	f.block()
	moving := f.latest(outgoing)
	require.Equal(t, multisigtypes.PURPOSE_HANDOVER, moving.Purpose)
	first := f.state().PendingVault
	f.signWithout(moving, shared)
	f.expire(moving)
	require.Equal(t, -1, f.seated().MemberIndex(shared))
	require.True(t, f.state().Reseat)
	require.Equal(t, first, f.state().PendingVault)
	f.executed(moving)
	require.Equal(t, first, f.state().ActiveVault)
	f.block()
	require.NotZero(t, f.state().PendingVault)
	f.openAccount()
	f.move(shared)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	signers, err := f.multisig.VaultSigners(f.ctx, f.state().ActiveVault)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(signers, func(s multisigtypes.Signer) bool { return s.Operator == shared }))
	f.books()
}

func TestASecondEmergencyDuringTheHandoverOfTheFirstOpensOneToTheNextStandby(t *testing.T) {
	f := judged(t)
	before := f.seated()
	first, second := before.Members[0].Operator, before.Members[1].Operator
	f.dead(first)
	session := f.openPayout()
	f.signWithout(session, first)
	f.executed(session)
	f.expire(session)
	called := f.seated()
	require.Equal(t, before.Standbys[0], called.Members[0])
	pending := f.state().PendingVault

	// The first member is back and signs what it owes, the second dies.
	f.back(first)
	f.dead(second)
	f.openAccount()
	f.block()
	move := f.latest(f.state().ActiveVault)
	f.signWithout(move, second)
	f.expire(move)
	after := f.seated()
	require.Equal(t, before.Standbys[0], after.Members[0])
	require.Equal(t, before.Standbys[1], after.Members[1])
	require.Equal(t, -1, after.MemberIndex(first), "out for the era though it is back")
	f.executed(move)
	require.Equal(t, pending, f.state().ActiveVault)
	f.block()
	f.openAccount()
	f.move(second)
	require.Equal(t, types.HANDOVER_STAGE_NONE, f.state().Handover)
	f.books()
}

func TestAnAttemptThatAnotherOneOvertookBlamesNobody(t *testing.T) {
	f := judged(t)
	before := f.seated()
	first := f.openPayout()
	f.signWithout(first, before.Members[0].Operator, before.Members[1].Operator)
	f.expire(first)
	second := f.latest(f.state().ActiveVault)
	require.Equal(t, first.Root, second.Root)
	f.executed(first) // completed off chain by a member that held its signature back
	f.expire(second)
	require.Empty(t, f.state().Emergency, "its execution shows that three did sign")
	third := f.openPayout()
	f.signWithout(third, before.Members[3].Operator)
	f.executed(third)
	f.expire(third)
	require.Equal(t, before, f.seated(), "slow once")
}

func TestARogueSignatureIsSlashedAndItsSignerWithdrawnByAHandover(t *testing.T) {
	f := judged(t)
	before, vault := f.seated(), f.vault(f.state().ActiveVault)
	out := before.Members[1].Operator
	session := f.openPayout()
	payload, err := f.multisigPayload(session.Id)
	require.NoError(t, err)
	document, err := cosmos.SignBytes(payload.Plain())
	require.NoError(t, err)
	report := func(document []byte) error {
		_, err := f.sign.ReportRogueSignature(f.ctx, &multisigtypes.MsgReportRogueSignature{
			Reporter: userText("anyone"), Vault: vault.Id, Operator: out, Document: document, Signature: f.members[out].SignDocument(document),
		})
		return err
	}
	require.ErrorIs(t, report(document), multisigtypes.ErrAsked)
	require.Equal(t, before, f.seated())
	payload.Outputs[0].Amount = payload.Outputs[0].Amount.AddRaw(1)
	document, err = cosmos.SignBytes(payload.Plain())
	require.NoError(t, err)
	require.NoError(t, report(document))
	require.ErrorIs(t, report(document), multisigtypes.ErrReported)
	f.block()
	require.Equal(t, before.Standbys[0], f.seated().Members[1])
	require.Equal(t, types.HANDOVER_STAGE_ACCOUNT, f.state().Handover)
	record, err := f.ssv.SlashRecords.Get(f.ctx, f.operator(out))
	require.NoError(t, err)
	require.Equal(t, "rogue signature", record.Infraction)
	require.Equal(t, int64(9_000_000_000), f.tokens(out))
}

// roundTrip wants the state to load and export as it is.
func (f *fixture) roundTrip() {
	f.t.Helper()
	before, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	chain := f.chain
	g := f.reload(f.t)
	after, err := g.keeper.ExportGenesis(g.ctx)
	require.NoError(f.t, err)
	require.Equal(f.t, before, after)
	f.chain, chain.f = chain, f
}

func (f *fixture) tokens(operator string) int64 {
	f.t.Helper()
	validator, err := f.staking.GetValidator(f.ctx, f.operator(operator))
	require.NoError(f.t, err)
	return validator.Tokens.Int64()
}

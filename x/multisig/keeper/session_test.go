package keeper_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

const (
	open    = types.SESSION_STATUS_OPEN
	signed  = types.SESSION_STATUS_SIGNED
	proven  = types.SESSION_STATUS_PROVEN
	expired = types.SESSION_STATUS_EXPIRED
	void    = types.SESSION_STATUS_VOID
)

func TestASessionAsksForTheDigestOfThePayloadThatItsStateGives(t *testing.T) {
	f := newFixture(t)
	vault := f.activeVault(testutil.NewCommittee("a", 4), 3)
	session := f.open(vault.Id)
	require.Equal(t, types.Session{
		Id: 1, Vault: 1, Contract: 1, Purpose: types.PURPOSE_PAYOUT, Attempt: 1, Root: 1, TimeoutHeight: 5_000, Opened: 1,
		Expires: 101, Size_: 4, Threshold: 3, Digests: session.Digests, Obliged: true, Kind: types.CHAIN_KIND_COSMOS,
	}, session)
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: 1})
	require.NoError(t, err)
	want := payoutOf(vault.Id)
	require.Equal(t, types.CosmosPayload{
		ChainId: "wasm-1", AccountNumber: 17, From: vault.Address, Outputs: want.Outputs, Denom: "uatom", Fee: want.Fee,
		GasLimit: 200_000, Memo: "stafi/1", TimeoutHeight: 5_000, MultiSend: true,
	}, *info.Payload.CosmosPayload())
	document, err := cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
	require.NoError(t, err)
	digest := sha256.Sum256(document)
	require.Equal(t, [][]byte{digest[:]}, session.Digests)
	asked, found, err := f.keeper.SessionOfDigest(f.ctx, digest[:])
	require.NoError(t, err)
	require.True(t, found)
	require.EqualValues(t, 1, asked)
	_, found, err = f.keeper.SessionOfDigest(f.ctx, make([]byte, 32))
	require.NoError(t, err)
	require.False(t, found)
}

func TestAHandoverAndASweepAreOneMsgSend(t *testing.T) {
	for _, purpose := range []types.Purpose{types.PURPOSE_HANDOVER, types.PURPOSE_SWEEP} {
		f := newFixture(t)
		vault := f.activeVault(testutil.NewCommittee("a", 4), 3)
		request := payoutOf(vault.Id)
		request.Purpose = purpose
		f.unchanged(types.ErrInvalidSession, func(ctx sdk.Context) error {
			_, err := f.keeper.OpenSession(ctx, request)
			return err
		})
		request.Outputs = request.Outputs[:1]
		session, err := f.keeper.OpenSession(f.ctx, request)
		require.NoError(t, err)
		info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session.Id})
		require.NoError(t, err)
		require.False(t, info.Payload.CosmosPayload().MultiSend)
	}
}

func TestASessionIsRefusedThatCanNotBeOpened(t *testing.T) {
	f := newFixture(t)
	vault := f.activeVault(testutil.NewCommittee("a", 4), 3)
	pending, err := f.keeper.CreateVault(f.ctx, newVault(testutil.NewCommittee("b", 4), 3))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*types.NewSession)
		want   error
	}{
		"an unknown vault":   {func(s *types.NewSession) { s.Vault = 9 }, types.ErrVaultNotFound},
		"a pending vault":    {func(s *types.NewSession) { s.Vault = pending.Id }, types.ErrVaultStatus},
		"no purpose":         {func(s *types.NewSession) { s.Purpose = 0 }, types.ErrInvalidSession},
		"an unknown purpose": {func(s *types.NewSession) { s.Purpose = 9 }, types.ErrInvalidSession},
		"no outputs":         {func(s *types.NewSession) { s.Outputs = nil }, types.ErrInvalidSession},
		"an output of 0":     {func(s *types.NewSession) { s.Outputs[0].Amount = math.ZeroInt() }, types.ErrInvalidSession},
		"a bad recipient":    {func(s *types.NewSession) { s.Outputs[0].Address = "alice" }, types.ErrInvalidSession},
		"no timeout":         {func(s *types.NewSession) { s.TimeoutHeight = 0 }, types.ErrInvalidSession},
		"no gas":             {func(s *types.NewSession) { s.GasLimit = 0 }, types.ErrInvalidSession},
	} {
		t.Run(name, func(t *testing.T) {
			request := payoutOf(vault.Id)
			c.change(&request)
			f.unchanged(c.want, func(ctx sdk.Context) error {
				_, err := f.keeper.OpenSession(ctx, request)
				return err
			})
		})
	}
	f.open(vault.Id)
	f.unchanged(types.ErrSeriesUnfinished, func(ctx sdk.Context) error {
		_, err := f.keeper.OpenSession(ctx, payoutOf(vault.Id))
		return err
	})
}

func TestAnExpiredSessionIsTriedAgainWithTheSameSequencePurposeAndOutputs(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	first := f.open(vault.Id)
	retry := func(ctx sdk.Context, timeout uint64) error {
		_, err := f.keeper.RetrySession(ctx, vault.Id, types.Retry{TimeoutHeight: timeout})
		return err
	}
	f.unchanged(types.ErrSessionOpen, func(ctx sdk.Context) error { return retry(ctx, 6_000) })
	f.sign(first.Id, members[:2]...)
	f.endBlocksThrough(first.Expires)
	require.Equal(t, expired, f.status(first.Id))
	f.unchanged(types.ErrInvalidSession, func(ctx sdk.Context) error { return retry(ctx, 4_999) })
	f.unchanged(types.ErrInvalidSession, func(ctx sdk.Context) error {
		price := &types.Price{Fee: sdk.NewInt64Coin("ustake", 9_999), GasLimit: 400_000}
		_, err := f.keeper.RetrySession(ctx, vault.Id, types.Retry{TimeoutHeight: 6_000, Price: price})
		return err
	})

	second, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(t, err)
	require.NotEqual(t, first.Digests, second.Digests)
	want := first
	want.Id, want.Attempt, want.TimeoutHeight, want.Digests = 2, 2, 6_000, second.Digests
	want.Opened, want.Expires = f.ctx.BlockHeight(), f.ctx.BlockHeight()+100
	require.Equal(t, want, second)
	before, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: first.Id})
	require.NoError(t, err)
	after, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: second.Id})
	require.NoError(t, err)
	payload := *before.Payload.CosmosPayload()
	payload.Memo, payload.TimeoutHeight = "stafi/2", 6_000
	require.Equal(t, payload, *after.Payload.CosmosPayload())

	idle := f.activeVault(testutil.NewCommittee("b", 4), 3)
	f.unchanged(types.ErrNoSeries, func(ctx sdk.Context) error {
		_, err := f.keeper.RetrySession(ctx, idle.Id, types.Retry{TimeoutHeight: 1})
		return err
	})
	f.unchanged(types.ErrVaultNotFound, func(ctx sdk.Context) error {
		_, err := f.keeper.RetrySession(ctx, 99, types.Retry{TimeoutHeight: 1})
		return err
	})
}

func TestASignedSessionThatIsDeadExpiresWhenItIsTriedAgain(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	first := f.open(vault.Id)
	f.sign(first.Id, members[:3]...)
	require.Equal(t, signed, f.status(first.Id))
	_, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(t, err)
	require.Equal(t, expired, f.status(first.Id))
	f.sign(first.Id, members[3])
	_, tally := f.session(first.Id)
	require.EqualValues(t, 4, tally.Signatures, "it is still signed for credit")
	f.endBlocksThrough(first.Expires)
	require.Equal(t, expired, f.status(first.Id))
	require.True(t, f.hooks.settled[0].results[0].Signed)
}

func TestAProofFinishesTheSeriesInWhateverStatusTheAttemptIs(t *testing.T) {
	for name, prepare := range map[string]func(*fixture, types.Session, []testutil.Member){
		"open":   func(*fixture, types.Session, []testutil.Member) {},
		"signed": func(f *fixture, s types.Session, m []testutil.Member) { f.sign(s.Id, m[:3]...) },
		"expired": func(f *fixture, s types.Session, m []testutil.Member) {
			f.sign(s.Id, m[:2]...)
			f.endBlocksThrough(s.Expires)
		},
		"void": func(f *fixture, s types.Session, _ []testutil.Member) { f.endBlocksThrough(s.Expires) },
		"expired, and tried again": func(f *fixture, s types.Session, _ []testutil.Member) {
			f.endBlocksThrough(s.Expires)
			_, err := f.keeper.RetrySession(f.ctx, s.Vault, types.Retry{TimeoutHeight: 6_000})
			require.NoError(f.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			members := testutil.NewCommittee("a", 4)
			vault := f.activeVault(members, 3)
			session := f.open(vault.Id)
			prepare(f, session, members)
			found, err := f.keeper.Prove(f.ctx, session.Id)
			require.NoError(t, err)
			require.Equal(t, session, found)
			require.Equal(t, proven, f.status(session.Id))
			vault, err = f.keeper.Vault(f.ctx, vault.Id)
			require.NoError(t, err)
			require.EqualValues(t, 1, vault.Sequence)
			_, unfinished, err := f.keeper.CurrentSeries(f.ctx, vault.Id)
			require.NoError(t, err)
			require.False(t, unfinished)
			f.unchanged(types.ErrSeriesFinished, func(ctx sdk.Context) error {
				_, err := f.keeper.Prove(ctx, session.Id)
				return err
			})
			next := f.open(vault.Id)
			require.EqualValues(t, []uint64{1, next.Id}, []uint64{next.Sequence, next.Root})
			f.endBlocksThrough(next.Expires)
			require.Equal(t, proven, f.status(session.Id), "settling does not change a proof")
		})
	}
	f := newFixture(t)
	f.unchanged(types.ErrSessionNotFound, func(ctx sdk.Context) error {
		_, err := f.keeper.Prove(ctx, 1)
		return err
	})
}

func TestALateProofOutrunsTheNewerAttemptWhichIsThenSignedForCreditOnly(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	first := f.open(vault.Id)
	f.sign(first.Id, members[:2]...)
	f.endBlocksThrough(first.Expires)
	second, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(t, err)
	_, err = f.keeper.Prove(f.ctx, first.Id)
	require.NoError(t, err)
	require.Equal(t, expired, f.status(second.Id))
	f.unchanged(types.ErrSeriesFinished, func(ctx sdk.Context) error {
		_, err := f.keeper.Prove(ctx, second.Id)
		return err
	})
	f.sign(second.Id, members...)
	require.Equal(t, expired, f.status(second.Id))
	f.endBlocksThrough(second.Expires)
	require.Len(t, f.hooks.settled, 2)
	for _, result := range f.hooks.settled[1].results {
		require.True(t, result.Signed)
	}
}

func TestAnAbandonedSeriesLeavesTheSequenceAndExpiresItsNewestAttempt(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	f.unchanged(types.ErrNoSeries, func(ctx sdk.Context) error { return f.keeper.Abandon(ctx, vault.Id) })
	session := f.open(vault.Id)
	f.sign(session.Id, members[:3]...)
	require.NoError(t, f.keeper.Abandon(f.ctx, vault.Id))
	require.Equal(t, expired, f.status(session.Id))
	next := f.open(vault.Id)
	require.Equal(t, session.Sequence, next.Sequence)
	require.Equal(t, next.Id, next.Root)
}

func TestASessionOfAClosedVaultObligesNoOne(t *testing.T) {
	f := newFixture(t)
	vault := f.activeVault(testutil.NewCommittee("a", 4), 3)
	for _, status := range []types.VaultStatus{types.VAULT_STATUS_RETIRING, types.VAULT_STATUS_CLOSED} {
		require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, status))
		session := f.open(vault.Id)
		require.Equal(t, status != types.VAULT_STATUS_CLOSED, session.Obliged)
		require.NoError(t, f.keeper.Abandon(f.ctx, vault.Id))
	}
}

func TestEventsTellEachStepOfASession(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	f.ctx = f.ctx.WithEventManager(sdk.NewEventManager())
	session := f.open(vault.Id)
	f.sign(session.Id, members[:3]...)
	_, err := f.keeper.Prove(f.ctx, session.Id)
	require.NoError(t, err)
	var found []string
	for _, event := range f.ctx.EventManager().ABCIEvents() {
		typed, err := sdk.ParseTypedEvent(event)
		require.NoError(t, err)
		found = append(found, fmt.Sprintf("%T", typed))
		if status, ok := typed.(*types.EventSessionStatus); ok {
			found = append(found, status.Status.String())
		}
	}
	require.Equal(t, []string{
		"*types.EventSessionOpened", "*types.EventSignatures", "*types.EventSignatures",
		"*types.EventSessionStatus", "SESSION_STATUS_SIGNED", "*types.EventSignatures",
		"*types.EventSessionStatus", "SESSION_STATUS_PROVEN",
	}, found)
}

package keeper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

func TestAtTheThresholdTheSessionIsSignedAndItsTransactionNeverChanges(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	session := f.open(vault.Id)
	f.sign(session.Id, members[3], members[0])
	require.Equal(t, open, f.status(session.Id))
	_, err := f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: session.Id})
	require.ErrorContains(t, err, "session 1 has 2 signatures, want 3")

	f.ctx = f.ctx.WithBlockHeight(5)
	f.sign(session.Id, members[2])
	_, tally := f.session(session.Id)
	require.Equal(t, types.Tally{Signatures: 3, Status: signed, SignedHeight: 5}, tally)
	first, err := f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: session.Id})
	require.NoError(t, err)
	digest, sequence, err := cosmos.DigestOfTx(first.Transaction, "wasm-1", 17)
	require.NoError(t, err)
	require.Equal(t, session.Digests[0], digest[:])
	require.Equal(t, session.Sequence, sequence)
	require.Equal(t, cosmos.TxHash(first.Transaction), first.Hash)

	f.ctx = f.ctx.WithBlockHeight(6)
	f.sign(session.Id, members[1])
	_, tally = f.session(session.Id)
	require.Equal(t, types.Tally{Signatures: 4, Status: signed, SignedHeight: 5}, tally)
	for _, step := range []func(){func() {}, func() { f.endBlocksThrough(session.Expires) }, func() {
		_, err := f.keeper.Prove(f.ctx, session.Id)
		require.NoError(t, err)
	}} {
		step()
		again, err := f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: session.Id})
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
}

func TestSignaturesCountUpToAndIncludingTheHeightOfExpiry(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault := f.activeVault(members, 3)
	session := f.open(vault.Id)
	f.endBlocksThrough(session.Expires - 1)
	f.sign(session.Id, members[0])
	f.endBlock()
	_, err := f.submit(members[1], session.Id, f.signature(members[1], session.Id))
	require.ErrorIs(t, err, types.ErrSessionClosed)
	require.ErrorContains(t, err, "session 1 at height 102, want at most 101")
}

func TestBadSubmissionsAreRefusedAndChangeNothing(t *testing.T) {
	f := newFixture(t)
	members, others := testutil.NewCommittee("a", 4), testutil.NewCommittee("b", 4)
	vault := f.activeVault(members, 3)
	f.activeVault(others, 3)
	session := f.open(vault.Id)
	f.sign(session.Id, members[0])
	good := f.signature(members[1], session.Id)
	stranger := testutil.NewMember("stranger")
	for name, c := range map[string]struct {
		member     testutil.Member
		session    uint64
		signatures [][]byte
		want       error
	}{
		"an unknown session":               {members[1], 99, [][]byte{good}, types.ErrSessionNotFound},
		"nobody's submitter":               {stranger, session.Id, [][]byte{good}, types.ErrNotMember},
		"a member of another vault":        {others[0], session.Id, [][]byte{good}, types.ErrNotMember},
		"no signature":                     {members[1], session.Id, nil, types.ErrSignatureCount},
		"two signatures for one digest":    {members[1], session.Id, [][]byte{good, good}, types.ErrSignatureCount},
		"a signature of 63 bytes":          {members[1], session.Id, [][]byte{good[:63]}, types.ErrSignatureLength},
		"a signature with a recovery byte": {members[1], session.Id, [][]byte{append(bytes.Clone(good), 0)}, types.ErrSignatureLength},
		"a second valid one":               {members[0], session.Id, [][]byte{f.signature(members[0], session.Id)}, types.ErrAlreadySigned},
		"a wrong one after a valid one":    {members[0], session.Id, [][]byte{good}, types.ErrAlreadySigned},
	} {
		t.Run(name, func(t *testing.T) {
			f.unchanged(c.want, func(ctx sdk.Context) error {
				_, err := f.msg.SubmitSignatures(ctx, &types.MsgSubmitSignatures{
					Submitter: c.member.Submitter.String(), Session: c.session, Signatures: c.signatures,
				})
				return err
			})
		})
	}
	f.unchanged(sdkerrors.ErrInvalidAddress, func(ctx sdk.Context) error {
		_, err := f.msg.SubmitSignatures(ctx, &types.MsgSubmitSignatures{Submitter: "x", Session: session.Id, Signatures: [][]byte{good}})
		return err
	})
}

func TestAWrongSignatureIsRecordedNotCountedAndBounded(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.MaxWrongPerSession = 2 })
	members := testutil.NewCommittee("a", 4)
	vault, other := f.activeVault(members, 3), f.activeVault(testutil.NewCommittee("b", 4), 3)
	session, foreign := f.open(vault.Id), f.open(other.Id)
	flipped := f.signature(members[0], session.Id)
	flipped[40] ^= 1
	for _, wrong := range [][]byte{f.signature(members[0], foreign.Id), flipped} {
		response, err := f.submit(members[0], session.Id, wrong)
		require.NoError(t, err)
		require.Equal(t, types.MsgSubmitSignaturesResponse{}, *response)
	}
	_, err := f.submit(members[0], session.Id, flipped)
	require.ErrorIs(t, err, types.ErrTooManyWrong)
	require.ErrorContains(t, err, "2 recorded, want at most 2")

	response, err := f.submit(members[0], session.Id, f.signature(members[0], session.Id))
	require.NoError(t, err)
	require.Equal(t, types.MsgSubmitSignaturesResponse{Accepted: true, Signatures: 1}, *response)
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session.Id})
	require.NoError(t, err)
	require.Contains(t, info.Signers, types.SessionSigner{Operator: members[0].Operator, Signed: true, Wrong: 2})
	require.Equal(t, types.Tally{Signatures: 1, Status: open}, info.Tally)
}

func TestOnlyTheAuthoritySetsValidParameters(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.SessionBlocks = 20
	update := func(authority string, params types.Params) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			_, err := f.msg.UpdateParams(ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
			return err
		}
	}
	f.unchanged(sdkerrors.ErrUnauthorized, update(recipient("mallory"), params))
	f.unchanged(types.ErrInvalidParams, update(authority, types.Params{}))
	require.NoError(t, update(authority, params)(f.ctx))
	require.Equal(t, params, f.export().Params)
}

func TestAPayloadOfAnotherKindIsNeverAssembled(t *testing.T) {
	require.Nil(t, types.Payload{}.CosmosPayload())
}

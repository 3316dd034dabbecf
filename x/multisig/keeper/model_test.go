package keeper_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// model is a naive account of what a keeper should hold: plain maps of everything that ever happened, and no queues.
type model struct {
	f        *fixture
	members  map[uint64][]testutil.Member
	sequence map[uint64]uint64
	// unfinished is vault → attempts of its unfinished series, oldest first.
	unfinished map[uint64][]uint64
	sessions   map[uint64]*modelSession
	vaults     []uint64
}

// modelSession is what the model knows of one attempt.
type modelSession struct {
	session  types.Session
	outputs  []types.Output
	signers  map[string]bool
	wrong    map[string]uint32
	status   types.SessionStatus
	settled  bool
	deadline int64
	// transaction as first read, nil before.
	transaction []byte
}

const (
	modelThreshold = 3
	modelSize      = 4
	modelBlocks    = 6
	modelMaxWrong  = 2
)

func newModel(t *rapid.T, outer *testing.T) *model {
	f := newFixture(outer)
	f.setParams(func(p *types.Params) {
		p.SessionBlocks, p.MaxWrongPerSession, p.HistoryBlocks = modelBlocks, modelMaxWrong, 1<<40
		p.MaxExpiriesPerBlock = uint32(rapid.IntRange(1, 3).Draw(t, "max expiries"))
	})
	m := &model{
		f: f, members: map[uint64][]testutil.Member{}, sequence: map[uint64]uint64{}, unfinished: map[uint64][]uint64{},
		sessions: map[uint64]*modelSession{},
	}
	for i := range 3 {
		members := testutil.NewCommittee(fmt.Sprint("model ", i), modelSize)
		vault := f.activeVault(members, modelThreshold)
		m.members[vault.Id] = members
		m.vaults = append(m.vaults, vault.Id)
	}
	return m
}

func (m *model) add(session types.Session, outputs []types.Output) {
	m.sessions[session.Id] = &modelSession{
		session: session, outputs: outputs, signers: map[string]bool{}, wrong: map[string]uint32{}, status: open,
		deadline: m.f.ctx.BlockHeight() + modelBlocks,
	}
	m.unfinished[session.Vault] = append(m.unfinished[session.Vault], session.Id)
}

func (m *model) latest(vault uint64) *modelSession {
	attempts := m.unfinished[vault]
	if len(attempts) == 0 {
		return nil
	}
	return m.sessions[attempts[len(attempts)-1]]
}

func (m *model) open(t *rapid.T) {
	request := payoutOf(rapid.SampledFrom(m.vaults).Draw(t, "vault"))
	if rapid.Bool().Draw(t, "sweep") {
		request.Purpose, request.Outputs = types.PURPOSE_SWEEP, request.Outputs[:1]
	}
	request.Outputs[0].Amount = request.Outputs[0].Amount.AddRaw(rapid.Int64Range(0, 99).Draw(t, "amount"))
	session, err := m.f.keeper.OpenSession(m.f.ctx, request)
	if len(m.unfinished[request.Vault]) > 0 {
		require.ErrorIs(t, err, types.ErrSeriesUnfinished)
		return
	}
	require.NoError(t, err)
	require.Equal(t, m.sequence[request.Vault], session.Sequence)
	m.add(session, request.Outputs)
}

func (m *model) retry(t *rapid.T) {
	vault := rapid.SampledFrom(m.vaults).Draw(t, "vault")
	latest := m.latest(vault)
	timeout := uint64(5_000)
	if latest != nil {
		timeout = latest.session.TimeoutHeight + rapid.Uint64Range(0, 10).Draw(t, "later")
	}
	session, err := m.f.keeper.RetrySession(m.f.ctx, vault, types.Retry{TimeoutHeight: timeout})
	switch {
	case latest == nil:
		require.ErrorIs(t, err, types.ErrNoSeries)
	case latest.status == open:
		require.ErrorIs(t, err, types.ErrSessionOpen)
	default:
		require.NoError(t, err)
		latest.outrun()
		m.add(session, latest.outputs)
	}
}

func (s *modelSession) outrun() {
	if s.status == open || s.status == signed {
		s.status = expired
	}
}

func (m *model) finish(vault uint64) {
	m.latest(vault).outrun()
	m.unfinished[vault] = nil
}

func (m *model) prove(t *rapid.T) {
	if len(m.sessions) == 0 {
		return
	}
	id := rapid.Uint64Range(1, uint64(len(m.sessions))).Draw(t, "session")
	s := m.sessions[id]
	_, err := m.f.keeper.Prove(m.f.ctx, id)
	attempts := m.unfinished[s.session.Vault]
	if len(attempts) == 0 || attempts[0] != s.session.Root {
		require.ErrorIs(t, err, types.ErrSeriesFinished)
		return
	}
	require.NoError(t, err)
	s.status = proven
	m.finish(s.session.Vault)
	m.sequence[s.session.Vault] = s.session.Sequence + 1
}

func (m *model) abandon(t *rapid.T) {
	vault := rapid.SampledFrom(m.vaults).Draw(t, "vault")
	err := m.f.keeper.Abandon(m.f.ctx, vault)
	if len(m.unfinished[vault]) == 0 {
		require.ErrorIs(t, err, types.ErrNoSeries)
		return
	}
	require.NoError(t, err)
	m.finish(vault)
}

// submit sends a member's signature: its own, a broken one, or its valid one on another session.
func (m *model) submit(t *rapid.T) {
	if len(m.sessions) == 0 {
		return
	}
	id := rapid.Uint64Range(1, uint64(len(m.sessions))).Draw(t, "session")
	s := m.sessions[id]
	vault := rapid.SampledFrom(m.vaults).Draw(t, "vault of the member")
	if rapid.IntRange(0, 9).Draw(t, "own vault") > 0 {
		vault = s.session.Vault
	}
	member := rapid.SampledFrom(m.members[vault]).Draw(t, "member")
	signature, valid := m.draw(t, member, id)
	response, err := m.f.submit(member, id, signature)
	switch {
	case m.f.ctx.BlockHeight() > s.deadline:
		require.ErrorIs(t, err, types.ErrSessionClosed)
	case vault != s.session.Vault:
		require.ErrorIs(t, err, types.ErrNotMember)
	case s.signers[member.Operator]:
		require.ErrorIs(t, err, types.ErrAlreadySigned)
	case !valid && s.wrong[member.Operator] == modelMaxWrong:
		require.ErrorIs(t, err, types.ErrTooManyWrong)
	case !valid:
		require.NoError(t, err)
		require.False(t, response.Accepted)
		s.wrong[member.Operator]++
	default:
		require.NoError(t, err)
		s.signers[member.Operator] = true
		require.Equal(t, types.MsgSubmitSignaturesResponse{Accepted: true, Signatures: uint32(len(s.signers))}, *response)
		if s.status == open && len(s.signers) == modelThreshold {
			s.status = signed
		}
	}
}

func (m *model) draw(t *rapid.T, member testutil.Member, id uint64) (signature []byte, valid bool) {
	switch rapid.SampledFrom([]string{"valid", "valid", "valid", "broken", "other"}).Draw(t, "signature") {
	case "broken":
		signature = m.f.signature(member, id)
		signature[rapid.IntRange(0, 63).Draw(t, "byte")] ^= 1
		return signature, false
	case "other":
		other := rapid.Uint64Range(1, uint64(len(m.sessions))).Draw(t, "other session")
		return m.f.signature(member, other), other == id
	default:
		return m.f.signature(member, id), true
	}
}

// endBlock settles, by the model, whatever the hook says was settled, which must be due, new, and the oldest there was.
func (m *model) endBlock(t *rapid.T) {
	height := m.f.ctx.BlockHeight()
	params, err := m.f.keeper.Params.Get(m.f.ctx)
	require.NoError(t, err)
	due := m.due(height)
	m.f.hooks.settled = nil
	m.f.endBlock()
	require.Len(t, m.f.hooks.settled, min(len(due), int(params.MaxExpiriesPerBlock)))
	for i, found := range m.f.hooks.settled {
		s := m.sessions[due[i]]
		require.Equal(t, due[i], found.session.Id)
		s.settle()
		require.Equal(t, s.status, found.tally.Status)
		for _, result := range found.results {
			require.Equal(t, s.signers[result.Operator], result.Signed)
			require.Equal(t, s.wrong[result.Operator], result.Wrong)
		}
	}
}

// due are the unsettled sessions at or past their deadline; ids ascend with deadlines.
func (m *model) due(height int64) []uint64 {
	var ids []uint64
	for id := uint64(1); id <= uint64(len(m.sessions)); id++ {
		if s := m.sessions[id]; !s.settled && s.deadline <= height {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *modelSession) settle() {
	s.settled = true
	if n := len(s.signers); n < modelThreshold && s.status != proven {
		s.status = expired
		if n <= modelSize-modelThreshold {
			s.status = void
		}
	}
}

// check compares the keeper with the model and holds the invariants.
func (m *model) check(t *rapid.T) {
	provenOf := map[[2]uint64]int{}
	for id, s := range m.sessions {
		session, tally, err := m.f.keeper.Session(m.f.ctx, id)
		require.NoError(t, err)
		require.Equal(t, s.session, session)
		require.Equal(t, s.status, tally.Status, "session %d", id)
		require.Equal(t, s.settled, tally.Settled)
		require.EqualValues(t, len(s.signers), tally.Signatures)
		root := m.sessions[session.Root]
		require.Equal(t, []any{root.session.Vault, root.session.Sequence, root.session.Purpose, root.outputs},
			[]any{session.Vault, session.Sequence, session.Purpose, s.outputs}, "all attempts of a series do the same")
		if tally.Status == proven {
			provenOf[[2]uint64{session.Vault, session.Sequence}]++
		}
		m.checkTransaction(t, s)
	}
	for key, n := range provenOf {
		require.Equal(t, 1, n, "of all payloads of vault and sequence %v one is proven", key)
	}
	for _, vault := range m.vaults {
		found, err := m.f.keeper.Vault(m.f.ctx, vault)
		require.NoError(t, err)
		require.Equal(t, m.sequence[vault], found.Sequence)
		series, unfinished, err := m.f.keeper.CurrentSeries(m.f.ctx, vault)
		require.NoError(t, err)
		require.Equal(t, len(m.unfinished[vault]) > 0, unfinished)
		if unfinished {
			require.Equal(t, m.latest(vault).session.Id, series.Latest)
			require.Equal(t, m.sequence[vault], m.latest(vault).session.Sequence)
		}
	}
}

// checkTransaction: complete if and only if N members signed, the same at every reading, and verified by the SDK's own multisig.
func (m *model) checkTransaction(t *rapid.T, s *modelSession) {
	transaction, hash, err := m.f.keeper.SignedTransaction(m.f.ctx, s.session.Id)
	if len(s.signers) < modelThreshold {
		require.ErrorIs(t, err, types.ErrSessionNotSigned)
		return
	}
	require.NoError(t, err)
	if s.transaction != nil {
		require.True(t, bytes.Equal(s.transaction, transaction))
		return
	}
	s.transaction = transaction
	require.Equal(t, cosmos.TxHash(transaction), hash)
	digest, _, err := cosmos.DigestOfTx(transaction, "wasm-1", 17)
	require.NoError(t, err)
	require.Equal(t, s.session.Digests[0], digest[:])
	require.NoError(t, m.verify(t, s.session, transaction))
}

// verify checks the transaction's multisignature by LegacyAminoPubKey.VerifyMultisignature.
func (m *model) verify(t *rapid.T, session types.Session, transaction []byte) error {
	var raw tx.TxRaw
	var authInfo tx.AuthInfo
	var signatures cryptotypes.MultiSignature
	require.NoError(t, errors.Join(proto.Unmarshal(transaction, &raw), proto.Unmarshal(raw.AuthInfoBytes, &authInfo),
		proto.Unmarshal(raw.Signatures[0], &signatures)))
	signers, err := m.f.keeper.VaultSigners(m.f.ctx, session.Vault)
	require.NoError(t, err)
	pubKeys := make([]cryptotypes.PubKey, len(signers))
	for i, signer := range signers {
		pubKeys[i] = &secp256k1.PubKey{Key: signer.Key}
	}
	data := &signing.MultiSignatureData{BitArray: authInfo.SignerInfos[0].ModeInfo.GetMulti().Bitarray}
	for _, signature := range signatures.Signatures {
		data.Signatures = append(data.Signatures,
			&signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON, Signature: signature})
	}
	info, err := m.f.query.Session(m.f.ctx, &types.QuerySessionRequest{Id: session.Id})
	require.NoError(t, err)
	return multisig.NewLegacyAminoPubKey(modelThreshold, pubKeys).VerifyMultisignature(func(signing.SignMode) ([]byte, error) {
		return cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
	}, data)
}

func TestRandomLivesOfSessionsAgreeWithANaiveModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(rt, t)
		steps := map[string]func(*rapid.T){
			"open": m.open, "retry": m.retry, "prove": m.prove, "abandon": m.abandon, "submit": m.submit, "submit more": m.submit,
			"submit on": m.submit, "end block": m.endBlock, "end a block": m.endBlock, "": m.check,
		}
		rt.Repeat(steps)
		exported := m.f.export()
		g := newFixture(t)
		require.NoError(rt, g.keeper.InitGenesis(g.ctx, exported))
		require.Equal(rt, m.f.cdc.MustMarshalJSON(&exported), exportJSON(g))
		require.Equal(rt, m.f.storeSize(), g.storeSize())
	})
}

func exportJSON(f *fixture) []byte {
	exported := f.export()
	return f.cdc.MustMarshalJSON(&exported)
}

package keeper_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

var reporter = sdk.AccAddress("reporter------------").String()

// theft is a payload of a vault that pays a thief, and that no session asked for.
func theft(t *testing.T, v types.Vault, change ...func(*types.CosmosPayload)) []byte {
	t.Helper()
	payload := types.CosmosPayload{
		ChainId: v.ChainId, AccountNumber: v.AccountNumber, Sequence: v.Sequence, From: v.Address, Denom: "uatom", GasLimit: 100_000,
		Outputs: payoutOf(v.Id).Outputs[:1], Fee: sdk.NewInt64Coin("uatom", 10), Memo: "stafi/1", TimeoutHeight: 9_000, MultiSend: true,
	}
	for _, apply := range change {
		apply(&payload)
	}
	document, err := cosmos.SignBytes(payload.Plain())
	require.NoError(t, err)
	return document
}

func (f *fixture) report(vault uint64, operator string, document, signature []byte) error {
	ctx, write := f.ctx.CacheContext()
	_, err := f.msg.ReportRogueSignature(ctx, &types.MsgReportRogueSignature{
		Reporter: reporter, Vault: vault, Operator: operator, Document: document, Signature: signature,
	})
	if err == nil {
		write()
	}
	return err
}

// refused wants a report to be refused with an error, the state unchanged and the hooks not called.
func (f *fixture) refused(want error, vault uint64, operator string, document, signature []byte) {
	f.t.Helper()
	heard := len(f.hooks.rogues)
	f.unchanged(want, func(ctx sdk.Context) error {
		_, err := f.msg.ReportRogueSignature(ctx, &types.MsgReportRogueSignature{
			Reporter: reporter, Vault: vault, Operator: operator, Document: document, Signature: signature,
		})
		return err
	})
	require.Len(f.t, f.hooks.rogues, heard)
}

func rogueFixture(t *testing.T) (*fixture, []testutil.Member, types.Vault) {
	t.Helper()
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks = 10, 30 })
	members := testutil.NewCommittee("a", 4)
	return f, members, f.activeVault(members, 3)
}

func TestASignatureOverAPayloadThatNoSessionAskedForIsReportedOnce(t *testing.T) {
	f, members, vault := rogueFixture(t)
	document := theft(t, vault)
	signature := members[1].SignDocument(document)
	require.NoError(t, f.report(vault.Id, members[1].Operator, document, signature))
	digest := sha256.Sum256(document)
	require.Equal(t, []types.RogueSignature{{
		Vault: vault.Id, Operator: members[1].Operator, Digest: digest[:], Signature: signature, Reporter: reporter, Height: 1,
		Era: vault.Era,
	}}, f.hooks.rogues)
	require.Equal(t, f.hooks.rogues, f.export().Rogues)

	f.refused(types.ErrReported, vault.Id, members[1].Operator, document, signature)
	another := theft(t, vault, func(p *types.CosmosPayload) { p.Memo = "stafi/2" })
	f.refused(types.ErrReported, vault.Id, members[1].Operator, another, members[1].SignDocument(another))
	require.NoError(t, f.report(vault.Id, members[2].Operator, document, members[2].SignDocument(document)), "another member's is its own deed")
}

func TestAMemberOfAVaultThatIsHeldForAnotherTermCanBeReportedForAnotherDeedAndNotForTheSame(t *testing.T) {
	f, members, vault := rogueFixture(t)
	first := theft(t, vault)
	require.NoError(t, f.report(vault.Id, members[1].Operator, first, members[1].SignDocument(first)))
	for term, from := range []types.VaultStatus{types.VAULT_STATUS_CLOSED, types.VAULT_STATUS_RETIRING} {
		require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_RETIRING))
		if from == types.VAULT_STATUS_CLOSED {
			require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, from))
		}
		again := newVault(members, 3)
		again.Era = uint64(20 + term)
		_, err := f.keeper.CreateVault(f.ctx, again)
		require.NoError(t, err)
		require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_ACTIVE))

		f.refused(types.ErrReported, vault.Id, members[1].Operator, first, members[1].SignDocument(first))
		another := theft(t, vault, func(p *types.CosmosPayload) { p.Memo = fmt.Sprintf("another in term %d", term) })
		require.NoError(t, f.report(vault.Id, members[1].Operator, another, members[1].SignDocument(another)), from)
		require.Equal(t, again.Era, f.hooks.rogues[len(f.hooks.rogues)-1].Era)
		third := theft(t, vault, func(p *types.CosmosPayload) { p.Memo = "a third" })
		f.refused(types.ErrReported, vault.Id, members[1].Operator, third, members[1].SignDocument(third))
	}
	exported := f.export()
	require.Len(t, exported.Rogues, 3)
	g := newFixture(t)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, exported))
	require.Equal(t, exported, g.export())
	exported.Rogues[0], exported.Rogues[1] = exported.Rogues[1], exported.Rogues[0]
	require.ErrorContains(t, exported.Validate(), "out of order")
}

func TestAReportThatTheHooksRefuseIsNotRecorded(t *testing.T) {
	f, members, vault := rogueFixture(t)
	f.hooks.fail = func() error { return types.ErrInvalidGenesis }
	document := theft(t, vault)
	require.ErrorIs(t, f.report(vault.Id, members[0].Operator, document, members[0].SignDocument(document)), types.ErrInvalidGenesis)
	require.Empty(t, f.export().Rogues)
}

func TestAnyTransactionOfTheVaultIsReportableInEveryModeThatAMultisigCanSignIn(t *testing.T) {
	f, members, vault := rogueFixture(t)
	send := &banktypes.MsgSend{FromAddress: vault.Address, ToAddress: recipient("thief"), Amount: sdk.NewCoins(sdk.NewInt64Coin("uatom", 5))}
	packed, err := codectypes.NewAnyWithValue(send)
	require.NoError(t, err)
	body, err := proto.Marshal(&txtypes.TxBody{Messages: []*codectypes.Any{packed}, Memo: "unseen"})
	require.NoError(t, err)
	direct, err := proto.Marshal(&txtypes.SignDoc{
		BodyBytes: body, AuthInfoBytes: []byte{1, 2}, ChainId: vault.ChainId, AccountNumber: vault.AccountNumber,
	})
	require.NoError(t, err)
	auxiliary, err := proto.Marshal(&txtypes.SignDocDirectAux{
		BodyBytes: body, PublicKey: packed, ChainId: vault.ChainId, AccountNumber: vault.AccountNumber, Sequence: 3,
	})
	require.NoError(t, err)
	grant := []byte(`{"account_number":"17","chain_id":"wasm-1","fee":{"amount":[],"gas":"9"},"memo":"","msgs":[{"type":"cosmos-sdk/MsgGrant",` +
		`"value":{"grant":{},"grantee":"anyone","granter":"` + vault.Address + `"}}],"sequence":"0"}`)
	for i, document := range [][]byte{direct, auxiliary, grant} {
		require.NoError(t, f.report(vault.Id, members[i].Operator, document, members[i].SignDocument(document)), "document %d", i)
	}
	require.Len(t, f.hooks.rogues, 3)
}

func TestAReportWithoutAVaultASignerOrAValidSignatureIsRefusedByName(t *testing.T) {
	f, members, vault := rogueFixture(t)
	document := theft(t, vault)
	signature := members[0].SignDocument(document)
	operator := members[0].Operator
	f.refused(types.ErrVaultNotFound, 99, operator, document, signature)
	f.refused(types.ErrNotSigner, vault.Id, testutil.NewMember("outsider").Operator, document, signature)
	f.refused(types.ErrSignatureLength, vault.Id, operator, document, signature[:63])
	f.refused(types.ErrSignatureLength, vault.Id, operator, document, nil)
	f.refused(types.ErrNotSigned, vault.Id, operator, document, make([]byte, 64))
	f.refused(types.ErrNotSigned, vault.Id, members[1].Operator, document, signature)
	f.refused(types.ErrNotSigned, vault.Id, operator, theft(t, vault, func(p *types.CosmosPayload) { p.Sequence++ }), signature)
	f.refused(types.ErrDocument, vault.Id, operator, nil, signature)
}

func TestAVaultThatIsPendingOrClosedTakesNoReport(t *testing.T) {
	f, members, vault := rogueFixture(t)
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_RETIRING))
	document := theft(t, vault)
	signature := members[0].SignDocument(document)
	require.NoError(t, f.report(vault.Id, members[0].Operator, document, signature), "who holds a RETIRING vault still owes its sweeps")
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_CLOSED))
	f.refused(types.ErrVaultStatus, vault.Id, members[1].Operator, document, members[1].SignDocument(document))

	next := testutil.NewCommittee("next", 4)
	pending, err := f.keeper.CreateVault(f.ctx, newVault(next, 3))
	require.NoError(t, err)
	document = theft(t, pending)
	f.refused(types.ErrVaultStatus, pending.Id, next[0].Operator, document, next[0].SignDocument(document))
}

// What follows are the ways by which someone else could try to have an honest member punished.

func TestWhatASessionAskedForIsNeverRogue(t *testing.T) {
	f, members, vault := rogueFixture(t)
	asked := func(id uint64) ([]byte, []byte) {
		info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: id})
		require.NoError(t, err)
		document, err := cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
		require.NoError(t, err)
		return document, members[0].SignDocument(document)
	}
	first := f.open(vault.Id)
	f.sign(first.Id, members[0], members[1])
	document, signature := asked(first.Id)
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)
	f.endBlocksThrough(first.Expires)
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)

	second, err := f.keeper.RetrySession(f.ctx, vault.Id, types.Retry{TimeoutHeight: 6_000})
	require.NoError(t, err)
	f.sign(second.Id, members...)
	again, countersigned := asked(second.Id)
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, again, countersigned)
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)

	_, err = f.keeper.Prove(f.ctx, second.Id)
	require.NoError(t, err)
	f.endBlocksThrough(second.Expires + 40)
	require.Empty(t, f.export().Sessions, "all of it is pruned but the digests")
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, again, countersigned)

	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_RETIRING))
	exported := f.export()
	other := newFixture(t)
	require.NoError(t, other.keeper.InitGenesis(other.ctx, exported))
	other.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)
}

func TestAPayloadThatASessionAskedForLaterIsNotRogueAnyMore(t *testing.T) {
	f, members, vault := rogueFixture(t)
	ctx, _ := f.ctx.CacheContext()
	future, err := f.keeper.OpenSession(ctx, payoutOf(vault.Id))
	require.NoError(t, err)
	info, err := f.query.Session(ctx, &types.QuerySessionRequest{Id: future.Id})
	require.NoError(t, err)
	document, err := cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
	require.NoError(t, err)
	signature := members[0].SignDocument(document)

	require.Equal(t, future, f.open(vault.Id), "the session that was foreseen")
	f.refused(types.ErrAsked, vault.Id, members[0].Operator, document, signature)
}

func TestAMalleatedSignatureIsNoSecondDeed(t *testing.T) {
	f, members, vault := rogueFixture(t)
	document := theft(t, vault)
	signature := members[0].SignDocument(document)
	var s btcec.ModNScalar
	require.False(t, s.SetByteSlice(signature[32:]))
	s.Negate()
	high := s.Bytes()
	malleated := append(append([]byte(nil), signature[:32]...), high[:]...)
	f.refused(types.ErrNotSigned, vault.Id, members[0].Operator, document, malleated)
	require.NoError(t, f.report(vault.Id, members[0].Operator, document, signature))
	f.refused(types.ErrReported, vault.Id, members[0].Operator, document, malleated)

	session := f.open(vault.Id)
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session.Id})
	require.NoError(t, err)
	asked, err := cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
	require.NoError(t, err)
	f.refused(types.ErrAsked, vault.Id, members[1].Operator, asked, malleated)
}

func TestASignatureThatFitsADigestOfNothingIsRefused(t *testing.T) {
	f, members, vault := rogueFixture(t)
	key, err := btcec.ParsePubKey(members[0].Signer().Key)
	require.NoError(t, err)
	digest, signature := forge(key)
	require.True(t, cosmos.VerifySignature(members[0].Signer().Key, digest, signature), "anyone can make one, without the private key")
	f.refused(types.ErrDocument, vault.Id, members[0].Operator, digest, signature)
}

// forge makes a valid signature under a public key, over a digest that no one knows a document of: with R = aG + bQ, r = R.x, s = r/b and
// e = ra/b.
func forge(key *btcec.PublicKey) (digest, signature []byte) {
	var a, b, r, s, e btcec.ModNScalar
	a.SetInt(5)
	b.SetInt(7)
	var point, left, right, public btcec.JacobianPoint
	key.AsJacobian(&public)
	btcec.ScalarBaseMultNonConst(&a, &left)
	btcec.ScalarMultNonConst(&b, &public, &right)
	btcec.AddNonConst(&left, &right, &point)
	point.ToAffine()
	x := point.X.Bytes()
	r.SetByteSlice(x[:])
	inverse := new(btcec.ModNScalar).InverseValNonConst(&b)
	s.Mul2(&r, inverse)
	e.Mul2(&s, &a)
	if s.IsOverHalfOrder() {
		s.Negate()
	}
	hash := e.Bytes()
	der := ecdsa.NewSignature(&r, &s)
	if !der.Verify(hash[:], key) {
		panic("the forgery does not verify")
	}
	rb, sb := r.Bytes(), s.Bytes()
	return hash[:], append(rb[:], sb[:]...)
}

func TestWhatAKeySignedForAnotherChainVaultOrUseIsNotRogueHere(t *testing.T) {
	f, members, vault := rogueFixture(t)
	member := members[0]
	elsewhere := newVault(members, 3)
	elsewhere.Contract, elsewhere.ChainID = 2, "other-1"
	other, err := f.keeper.CreateVault(f.ctx, elsewhere)
	require.NoError(t, err)
	require.NoError(t, f.keeper.SetVaultAccount(f.ctx, other.Id, 17, 0))
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, other.Id, types.VAULT_STATUS_ACTIVE))
	require.Equal(t, vault.Address, other.Address, "the same keys on another chain")
	sibling := newVault(append(testutil.NewCommittee("b", 3), member), 3)
	sibling.Contract = 3
	third, err := f.keeper.CreateVault(f.ctx, sibling)
	require.NoError(t, err)
	require.NoError(t, f.keeper.SetVaultAccount(f.ctx, third.Id, 18, 0))
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, third.Id, types.VAULT_STATUS_ACTIVE))

	for _, id := range []uint64{other.Id, third.Id} {
		session, err := f.keeper.OpenSession(f.ctx, payoutOf(id))
		require.NoError(t, err)
		info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session.Id})
		require.NoError(t, err)
		document, err := cosmos.SignBytes(info.Payload.CosmosPayload().Plain())
		require.NoError(t, err)
		signature := member.SignDocument(document)
		f.refused(types.ErrDocument, vault.Id, member.Operator, document, signature)
		f.refused(types.ErrAsked, id, member.Operator, document, signature)
	}
	proof := possession("stafi/ssv/pop/v1", "stafi-1", member.Operator, vault.ChainId, string(member.Signer().Key))
	adr36 := []byte(`{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"","msgs":[{"type":"sign/MsgSignData",` +
		`"value":{"data":"` + vault.Address + `","signer":"` + vault.Address + `"}}],"sequence":"0"}`)
	own := theft(t, vault, func(p *types.CosmosPayload) { p.AccountNumber = 4_711 })
	unnamed := theft(t, vault, func(p *types.CosmosPayload) { p.From, p.Outputs = recipient("me"), payoutOf(1).Outputs[1:] })
	spaced := append(theft(t, vault), '\n')
	text := []byte("I own the vault " + vault.Address)
	for name, document := range map[string][]byte{
		"a proof of possession": proof, "a login by ADR-36": adr36, "a transaction of its own account": own,
		"a document that names another account": unnamed, "bytes that no chain hashes": spaced, "a text": text,
	} {
		t.Run(name, func(t *testing.T) {
			f.refused(types.ErrDocument, vault.Id, member.Operator, document, member.SignDocument(document))
		})
	}
}

// possession is what a proof of possession signs: parts that are each prefixed by their length (protocol §4).
func possession(parts ...string) (document []byte) {
	for _, part := range parts {
		document = append(binary.BigEndian.AppendUint32(document, uint32(len(part))), part...)
	}
	return document
}

func TestAReportCostsByTheByte(t *testing.T) {
	f, members, vault := rogueFixture(t)
	gas := func(document []byte) uint64 {
		ctx, _ := f.ctx.CacheContext()
		before := ctx.GasMeter().GasConsumed()
		_, err := f.keeper.ReportRogueSignature(ctx, vault.Id, members[0].Operator, document, make([]byte, 64), reporter)
		require.Error(t, err)
		return ctx.GasMeter().GasConsumed() - before
	}
	small, large := make([]byte, 1_000), make([]byte, 101_000)
	require.Equal(t, uint64(1_000_000), gas(large)-gas(small))
}

func TestGenesisKeepsReportsAndRefusesThoseOfNobodyOrOfASession(t *testing.T) {
	f, members, vault := rogueFixture(t)
	session := f.open(vault.Id)
	document := theft(t, vault)
	for _, member := range members[:2] {
		require.NoError(t, f.report(vault.Id, member.Operator, document, member.SignDocument(document)))
	}
	exported := f.export()
	g := newFixture(t)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, exported))
	require.Equal(t, exported, g.export())
	require.Equal(t, f.storeSize(), g.storeSize())
	for name, spoil := range map[string]func(*types.GenesisState){
		"out of order":         func(gs *types.GenesisState) { gs.Rogues[0], gs.Rogues[1] = gs.Rogues[1], gs.Rogues[0] },
		"of no signer":         func(gs *types.GenesisState) { gs.Rogues[1].Operator = "stafivaloper1zzz" },
		"of no vault":          func(gs *types.GenesisState) { gs.Rogues[1].Vault = 9 },
		"of a session":         func(gs *types.GenesisState) { gs.Rogues[1].Digest = session.Digests[0] },
		"without a digest":     func(gs *types.GenesisState) { gs.Rogues[1].Digest = nil },
		"twice the same entry": func(gs *types.GenesisState) { gs.Rogues[1] = gs.Rogues[0] },
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := f.export()
			spoil(&spoiled)
			require.ErrorIs(t, spoiled.Validate(), types.ErrInvalidGenesis)
		})
	}
}

func BenchmarkAReportOfAMegabyteThatIsNoDocument(b *testing.B) {
	members := testutil.NewCommittee("a", 4)
	vault := types.Vault{ChainId: "wasm-1", Address: recipient("vault"), AccountNumber: 17}
	document := []byte(`{"a":[` + string(repeat(`0,`, 500_000)) + `0]}`)
	b.SetBytes(int64(len(document)))
	for range b.N {
		if cosmos.ActsFor(document, cosmos.Account{ChainID: vault.ChainId, Number: 17, Address: vault.Address}) == nil {
			b.Fatal(members)
		}
	}
}

func repeat(part string, count int) (whole []byte) {
	for range count {
		whole = append(whole, part...)
	}
	return whole
}

package keeper_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

func (f *safeFixture) balance(address common.Address) *big.Int { return f.chain.Balance(address) }

func TestASafePaysIsHandedOnAndPaysAgain(t *testing.T) {
	f := newSafeFixture(t, 21, 15)
	payout := f.payout()
	require.Equal(t, payout.Id, f.execute(f.signSafe(payout.Id, 15)))
	f.prove(payout.Id)
	require.Equal(t, types.SESSION_STATUS_PROVEN, f.status(payout.Id))
	require.Equal(t, big.NewInt(1_000), f.balance(staker))

	members := testutil.NewCommittee("b", 21)
	next := f.pending(members, 16)
	require.Equal(t, f.vault.Address, next.Address)
	require.Equal(t, []any{f.vault.Id, true, uint64(2)}, []any{next.Succeeds, next.AccountKnown, next.Generation})
	handover := f.handover(next)
	require.EqualValues(t, 1, handover.Sequence)
	require.Equal(t, handover.Id, f.execute(f.signSafe(handover.Id, 15)))
	f.prove(handover.Id)
	f.take(next, members)
	require.EqualValues(t, 2, f.vault.Sequence)

	again := f.payout()
	require.EqualValues(t, 2, again.Sequence)
	require.Equal(t, again.Id, f.execute(f.signSafe(again.Id, 16)))
	f.prove(again.Id)
	require.Equal(t, big.NewInt(2_000), f.balance(staker))
	f.requireOwners(f.vault)
}

func TestAPayoutThatWasSignedBeforeAHandoverIsSignedAnewOnceByTheNextCommittee(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	before := f.payout()
	unsent := f.signSafe(before.Id, 3)
	members := testutil.NewCommittee("b", 4)
	next := f.pending(members, 3)
	handover := f.handover(next)
	require.Equal(t, before.Sequence, handover.Sequence, "they compete")
	require.Equal(t, types.SESSION_STATUS_EXPIRED, f.status(before.Id))

	require.Equal(t, handover.Id, f.execute(f.signSafe(handover.Id, 3)))
	f.prove(handover.Id)
	f.refusedBySafe(unsent)
	_, err := f.keeper.Prove(f.ctx, before.Id)
	require.ErrorIs(t, err, types.ErrSeriesFinished)
	f.take(next, members)

	again := f.payout()
	require.NotEqual(t, before.Digests, again.Digests)
	require.Equal(t, again.Id, f.execute(f.signSafe(again.Id, 3)))
	f.prove(again.Id)
	f.refusedBySafe(unsent)
	require.Equal(t, big.NewInt(1_000), f.balance(staker))
}

func TestAPayoutThatWinsItsNonceSendsTheHandoverToTheNext(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	payout := f.payout()
	late := f.signSafe(payout.Id, 3)
	next := f.pending(testutil.NewCommittee("b", 4), 3)
	handover := f.handover(next)
	lost := f.signSafe(handover.Id, 3)

	require.Equal(t, payout.Id, f.execute(late))
	f.prove(payout.Id)
	require.Equal(t, types.SESSION_STATUS_PROVEN, f.status(payout.Id))
	require.Equal(t, types.SESSION_STATUS_EXPIRED, f.status(handover.Id))
	f.refusedBySafe(lost)
	_, err := f.keeper.Prove(f.ctx, handover.Id)
	require.ErrorIs(t, err, types.ErrSeriesFinished)

	again := f.handover(next)
	require.Equal(t, handover.Sequence+1, again.Sequence)
	require.Equal(t, again.Id, f.execute(f.signSafe(again.Id, 3)))
}

func TestBothSeriesOfANonceArePrunedInTheEnd(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks = 3, 10 })
	payout := f.payout()
	f.signSafe(payout.Id, 3)
	handover := f.handover(f.pending(testutil.NewCommittee("b", 4), 3))
	f.endBlocksThrough(handover.Expires)
	retried, err := f.keeper.RetrySession(f.ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout})
	require.NoError(t, err)
	series, found, err := f.keeper.CurrentSeries(f.ctx, f.vault.Id)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, types.Series{
		Vault: f.vault.Id, Root: handover.Id, Latest: retried.Id, Purpose: types.PURPOSE_HANDOVER, Rival: payout.Id,
	}, series, "the rival is known to every attempt")
	f.prove(payout.Id)
	f.endBlocksThrough(retried.Expires + 20)
	for _, id := range []uint64{payout.Id, handover.Id, retried.Id} {
		_, _, err := f.keeper.Session(f.ctx, id)
		require.ErrorIs(t, err, types.ErrSessionNotFound)
	}
}

func TestOnlyAHandoverCompetesAndOnlyWithAPayoutThatTakesNoMoreSignatures(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	open := func(want error, s types.NewSession) {
		t.Helper()
		f.unchanged(want, func(ctx sdk.Context) error {
			_, err := f.keeper.OpenSession(ctx, s)
			return err
		})
	}
	payout := f.payout()
	next := f.pending(testutil.NewCommittee("b", 4), 3)
	open(types.ErrSessionOpen, f.handoverRequest(next))
	open(types.ErrSeriesUnfinished, f.payoutRequest())
	f.signSafe(payout.Id, 3)
	open(types.ErrSeriesUnfinished, f.payoutRequest())
	f.handover(next)
	open(types.ErrSeriesUnfinished, f.handoverRequest(next))
	open(types.ErrSeriesUnfinished, f.payoutRequest())
}

// The payload has no memo and no timeout, so its attempts ask for one digest; signatures of one are signatures of the other.
func TestAnAttemptAtASafeTransactionAsksForTheSameSignaturesAgain(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	first := f.payout()
	f.signSafe(first.Id, 2)
	f.endBlocksThrough(first.Expires)
	require.Equal(t, types.SESSION_STATUS_EXPIRED, f.status(first.Id))
	second, err := f.keeper.RetrySession(f.ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout})
	require.NoError(t, err)
	require.Equal(t, first.Digests, second.Digests)
	require.EqualValues(t, 2, second.Attempt)
	require.Equal(t, first.Id, f.execute(f.signSafe(second.Id, 3)), "it is known as the first attempt's, whichever follow")
	f.prove(first.Id)
	require.Equal(t, types.SESSION_STATUS_EXPIRED, f.status(second.Id))
}

// dearer is a price of a payout of two outputs that makes another SafeTx than payoutRequest's.
func dearer() *types.Price {
	return &types.Price{Fee: sdk.NewCoin("wei", math.NewInt(5e15)), GasLimit: ethereum.PayoutGas(2)}
}

// priced is a signed payout that was priced anew, both signed.
func (f *safeFixture) priced() (first, second types.Session, cheap, dear []byte) {
	f.t.Helper()
	first = f.payout()
	cheap = f.signSafe(first.Id, 3)
	f.endBlocksThrough(first.Expires)
	second, err := f.keeper.RetrySession(f.ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout, Price: dearer()})
	require.NoError(f.t, err)
	return first, second, cheap, f.signSafe(second.Id, 3)
}

func TestOfASignedAttemptAndOneThatIsPricedAnewTheSafeExecutesEitherAndNeverBoth(t *testing.T) {
	for name, old := range map[string]bool{"the signed one": true, "the dearer one": false} {
		t.Run(name, func(t *testing.T) {
			f := newSafeFixture(t, 4, 3)
			first, second, cheap, dear := f.priced()
			require.NotEqual(t, first.Digests, second.Digests)
			require.Equal(t, []uint64{first.Root, first.Sequence, 2}, []uint64{second.Root, second.Sequence, uint64(second.Attempt)})
			require.Equal(t, types.SESSION_STATUS_EXPIRED, f.status(first.Id))
			signed, err := f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: first.Id})
			require.NoError(t, err)
			require.Equal(t, cheap, signed.Transaction, "it can still be read")
			sent, refused, won, lost := cheap, dear, first, second
			if !old {
				sent, refused, won, lost = dear, cheap, second, first
			}
			require.Equal(t, won.Id, f.execute(sent))
			f.prove(won.Id)
			f.refusedBySafe(refused)
			require.Equal(t, []types.SessionStatus{types.SESSION_STATUS_PROVEN, types.SESSION_STATUS_EXPIRED},
				[]types.SessionStatus{f.status(won.Id), f.status(lost.Id)})
			_, err = f.keeper.Prove(f.ctx, lost.Id)
			require.ErrorIs(t, err, types.ErrSeriesFinished)
			require.Equal(t, big.NewInt(1_000), f.balance(staker))
		})
	}
}

func TestASignedAttemptIsKnownUntilADearerOneIsSigned(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	live := func() (newest, signed []uint64) {
		response, err := f.query.LiveSessions(f.ctx, &types.QueryLiveSessionsRequest{})
		require.NoError(t, err)
		for _, info := range response.Sessions {
			newest = append(newest, info.Session.Id)
		}
		for _, info := range response.Signed {
			signed = append(signed, info.Session.Id)
		}
		return newest, signed
	}
	first := f.payout()
	f.signSafe(first.Id, 3)
	newest, signed := live()
	require.Equal(t, []uint64{first.Id}, newest)
	require.Empty(t, signed)
	last := first
	var err error
	for range 2 {
		f.endBlocksThrough(last.Expires)
		last, err = f.keeper.RetrySession(f.ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout, Price: dearer()})
		require.NoError(t, err)
		newest, signed = live()
		require.Equal(t, [][]uint64{{last.Id}, {first.Id}}, [][]uint64{newest, signed}, "nobody signs the others")
	}
	f.signSafe(last.Id, 3)
	f.endBlocksThrough(last.Expires)
	after, err := f.keeper.RetrySession(f.ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout})
	require.NoError(t, err)
	newest, signed = live()
	require.Equal(t, [][]uint64{{after.Id}, {last.Id}}, [][]uint64{newest, signed})
}

func TestAFeeIsThatOfItsAttempt(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	first, second, _, _ := f.priced()
	for session, want := range map[uint64]string{first.Id: "1000000000000000wei", second.Id: "5000000000000000wei"} {
		fee, err := f.keeper.SessionFee(f.ctx, session)
		require.NoError(t, err)
		require.Equal(t, want, fee.String())
	}
	_, err := f.keeper.SessionFee(f.ctx, 99)
	require.ErrorIs(t, err, types.ErrSessionNotFound)
}

func TestAPriceThatMakesNoPayloadIsRefused(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	payout := f.payout()
	f.signSafe(payout.Id, 3)
	f.endBlocksThrough(payout.Expires)
	for name, change := range map[string]func(*types.Price){
		"too little gas":     func(p *types.Price) { p.GasLimit-- },
		"a fee in something": func(p *types.Price) { p.Fee.Denom = "uatom" },
		"no fee":             func(p *types.Price) { p.Fee = sdk.Coin{} },
		"a fee below 0":      func(p *types.Price) { p.Fee.Amount = math.NewInt(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			price := dearer()
			change(price)
			f.unchanged(types.ErrInvalidSession, func(ctx sdk.Context) error {
				_, err := f.keeper.RetrySession(ctx, f.vault.Id, types.Retry{TimeoutHeight: types.NoTimeout, Price: price})
				return err
			})
		})
	}
}

func TestAGenesisIsRefusedWhoseSignedAttemptIsNone(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	first, second, _, _ := f.priced()
	for name, change := range map[string]func(*types.Series){
		"one that is not there": func(s *types.Series) { s.Signed = 99 },
		"the newest":            func(s *types.Series) { s.Signed = second.Id },
		"of another series":     func(s *types.Series) { s.Root, s.Latest, s.Signed = second.Id, second.Id, first.Id },
	} {
		t.Run(name, func(t *testing.T) {
			exported := f.export()
			require.NoError(t, exported.Validate())
			require.Equal(t, first.Id, exported.Series[0].Signed)
			change(&exported.Series[0])
			require.ErrorIs(t, exported.Validate(), types.ErrInvalidGenesis)
		})
	}
}

func TestASessionIsRefusedThatASafeCouldNotExecute(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	next := f.pending(testutil.NewCommittee("b", 4), 3)
	other := newSafe(testutil.NewCommittee("c", 4), 3)
	other.Contract = 2
	foreign, err := f.keeper.CreateVault(f.ctx, other)
	require.NoError(t, err)
	payout := func(change func(*types.NewSession)) types.NewSession {
		s := f.payoutRequest()
		change(&s)
		return s
	}
	handover := func(change func(*types.NewSession)) types.NewSession {
		s := f.handoverRequest(next)
		change(&s)
		return s
	}
	for name, s := range map[string]types.NewSession{
		"a timeout":               payout(func(s *types.NewSession) { s.TimeoutHeight = 5_000 }),
		"a sweep":                 payout(func(s *types.NewSession) { s.Purpose = types.PURPOSE_SWEEP }),
		"a payout to a vault":     payout(func(s *types.NewSession) { s.Next = next.Id }),
		"no outputs":              payout(func(s *types.NewSession) { s.Outputs = nil }),
		"no checksum":             payout(func(s *types.NewSession) { s.Outputs[0].Address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed" }),
		"the vault itself":        payout(func(s *types.NewSession) { s.Outputs[0].Address = f.vault.Address }),
		"an output of 0":          payout(func(s *types.NewSession) { s.Outputs[1].Amount = math.ZeroInt() }),
		"an output of nothing":    payout(func(s *types.NewSession) { s.Outputs[1].Amount = math.Int{} }),
		"too little gas":          payout(func(s *types.NewSession) { s.GasLimit-- }),
		"a fee in something else": payout(func(s *types.NewSession) { s.Fee.Denom = "uatom" }),
		"no fee":                  payout(func(s *types.NewSession) { s.Fee = sdk.Coin{} }),
		"a handover to nobody":    handover(func(s *types.NewSession) { s.Next = 0 }),
		"a handover with outputs": handover(func(s *types.NewSession) { s.Outputs = f.payoutRequest().Outputs }),
		"a handover to itself":    handover(func(s *types.NewSession) { s.Next = f.vault.Id }),
		"to another contract":     handover(func(s *types.NewSession) { s.Next = foreign.Id }),
	} {
		t.Run(name, func(t *testing.T) {
			f.unchanged(types.ErrInvalidSession, func(ctx sdk.Context) error {
				_, err := f.keeper.OpenSession(ctx, s)
				return err
			})
		})
	}
}

func TestAVaultThatLostItsSafeSignsNothingMoreAndIsNeverActiveAgain(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	first := f.vault
	members := testutil.NewCommittee("b", 4)
	next := f.pending(members, 3)
	f.unchanged(types.ErrVaultStatus, func(ctx sdk.Context) error {
		return f.keeper.SetVaultStatus(ctx, next.Id, types.VAULT_STATUS_ACTIVE)
	})
	handover := f.handover(next)
	f.execute(f.signSafe(handover.Id, 3))
	f.prove(handover.Id)
	f.take(next, members)

	f.unchanged(types.ErrVaultStatus, func(ctx sdk.Context) error {
		request := f.payoutRequest()
		request.Vault = first.Id
		_, err := f.keeper.OpenSession(ctx, request)
		return err
	})
	f.unchanged(types.ErrVaultStatus, func(ctx sdk.Context) error {
		return f.keeper.SetVaultStatus(ctx, first.Id, types.VAULT_STATUS_ACTIVE)
	})
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, first.Id, types.VAULT_STATUS_CLOSED))
	f.unchanged(types.ErrVaultExists, func(ctx sdk.Context) error {
		_, err := f.keeper.CreateVault(ctx, newSafe(testutil.NewCommittee("a", 4), 3))
		return err
	})
	byAddress, found, err := f.keeper.VaultByAddress(f.ctx, 1, first.Address)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, first.Id, byAddress.Id)

	// The first committee is elected again: another vault, the same Safe.
	back := f.pending(testutil.NewCommittee("a", 4), 3)
	require.EqualValues(t, 3, back.Generation)
	handover = f.handover(back)
	f.execute(f.signSafe(handover.Id, 3))
	f.prove(handover.Id)
	f.take(back, testutil.NewCommittee("a", 4))
}

func TestASafeIsTakenOverOnlyFromItsContractsActiveVaultByOthers(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	pending := f.pending(testutil.NewCommittee("b", 4), 3)
	for name, c := range map[string]struct {
		change func(*types.NewVault)
		want   error
	}{
		"of a vault that is not there": {func(v *types.NewVault) { v.Succeeds = 9 }, types.ErrVaultNotFound},
		"of a PENDING vault":           {func(v *types.NewVault) { v.Succeeds = pending.Id }, types.ErrVaultStatus},
		"of another contract":          {func(v *types.NewVault) { v.Contract = 2 }, types.ErrInvalidVault},
		"on another chain":             {func(v *types.NewVault) { v.ChainID = "eip155-5" }, types.ErrInvalidVault},
		"by the same owners":           {func(v *types.NewVault) { v.Signers = testutil.Signers(f.members) }, types.ErrInvalidVault},
		"by a threshold above M":       {func(v *types.NewVault) { v.Threshold = 5 }, types.ErrInvalidVault},
		"by nobody":                    {func(v *types.NewVault) { v.Signers = nil }, types.ErrInvalidVault},
		"by a key twice":               {func(v *types.NewVault) { v.Signers[1].Key = v.Signers[0].Key }, types.ErrInvalidVault},
	} {
		t.Run(name, func(t *testing.T) {
			request := newSafe(testutil.NewCommittee("c", 4), 3)
			request.Succeeds = f.vault.Id
			c.change(&request)
			f.unchanged(c.want, func(ctx sdk.Context) error {
				_, err := f.keeper.CreateVault(ctx, request)
				return err
			})
		})
	}
}

func TestASignatureOverASafeTransactionHasSixtyFiveBytes(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	session := f.payout()
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session.Id})
	require.NoError(t, err)
	signature, err := f.members[0].SignEthereum(*info.Payload.EthereumPayload())
	require.NoError(t, err)
	_, err = f.submit(f.members[0], session.Id, signature[:64])
	require.ErrorIs(t, err, types.ErrSignatureLength)
	response, err := f.submit(f.members[1], session.Id, signature)
	require.NoError(t, err)
	require.False(t, response.Accepted, "it is another member's")
	response, err = f.submit(f.members[0], session.Id, signature)
	require.NoError(t, err)
	require.True(t, response.Accepted)
}

func TestASafeTransactionThatNoSessionAskedForIsRogueInEitherForm(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	asked := f.payout()
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: asked.Id})
	require.NoError(t, err)
	plain, err := info.Payload.EthereumPayload().Plain()
	require.NoError(t, err)
	tx, err := plain.SafeTx()
	require.NoError(t, err)
	report := func(member testutil.Member, document, signature []byte) error {
		_, err := f.keeper.ReportRogueSignature(f.ctx, f.vault.Id, member.Operator, document, signature, "reporter")
		return err
	}
	digestOf := func(document []byte, domain ethereum.Domain) []byte {
		digest, err := ethereum.DocumentDigest(document, domain)
		require.NoError(t, err)
		return digest.Bytes()
	}
	honest := f.members[0].SignDigest(asked.Digests[0])
	require.ErrorIs(t, report(f.members[0], tx.Document(), honest), types.ErrAsked)
	require.ErrorIs(t, report(f.members[0], asked.Digests[0], honest), types.ErrDocument)

	tx.Value, tx.Nonce = big.NewInt(1), big.NewInt(77)
	elsewhere := plain.Domain()
	elsewhere.ChainNumber++
	require.ErrorIs(t, report(f.members[0], tx.Document(), f.members[0].SignDigest(digestOf(tx.Document(), elsewhere))), types.ErrNotSigned)

	theft := digestOf(tx.Document(), plain.Domain())
	require.ErrorIs(t, report(f.members[0], tx.Document(), f.members[1].SignDigest(theft)), types.ErrNotSigned)
	require.NoError(t, report(f.members[0], tx.Document(), f.members[0].SignDigest(theft)))
	prefixed := tx.EthSignDocument()
	require.NoError(t, report(f.members[1], prefixed, f.members[1].SignDigest(digestOf(prefixed, plain.Domain()))))
	require.Len(t, f.hooks.rogues, 2)
}

func TestAGenesisIsRefusedThatMisnamesASafesOwnersOrARival(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	payout := f.payout()
	f.signSafe(payout.Id, 3)
	handover := f.handover(f.pending(testutil.NewCommittee("b", 4), 3))
	for name, change := range map[string]func(*types.GenesisState){
		"a place twice":           func(gs *types.GenesisState) { gs.Vaults[0].Signers[1].Place = gs.Vaults[0].Signers[0].Place },
		"a place beyond":          func(gs *types.GenesisState) { gs.Vaults[1].Signers[3].Place = 4 },
		"a rival that is missing": func(gs *types.GenesisState) { gs.Series[0].Rival = 9 },
		"itself its rival":        func(gs *types.GenesisState) { gs.Series[0].Rival = handover.Id },
		"a rival at another nonce": func(gs *types.GenesisState) {
			gs.Sessions[0].Session.Sequence++
		},
	} {
		t.Run(name, func(t *testing.T) {
			gs := f.export()
			change(&gs)
			require.ErrorIs(t, gs.Validate(), types.ErrInvalidGenesis)
		})
	}
}

func TestSafesGoThroughGenesis(t *testing.T) {
	f := newSafeFixture(t, 4, 3)
	f.signSafe(f.payout().Id, 3)
	next := f.pending(testutil.NewCommittee("b", 5), 4)
	handover := f.handover(next)
	exported := f.export()

	g := newFixture(t)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, exported))
	require.Equal(t, exported, g.export())
	vault, found, err := g.keeper.VaultByAddress(g.ctx, 1, next.Address)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, f.vault.Id, vault.Id)
	f.fixture, f.fixture.t = g, t
	f.register(f.members)
	require.Equal(t, handover.Id, f.execute(f.signSafe(handover.Id, 3)))
	f.prove(handover.Id)
	f.take(next, testutil.NewCommittee("b", 5))
}

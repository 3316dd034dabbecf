package observe

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/stafiprotocol/stafid/lightclient"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func output(to string, amount int64) vaultcosmos.Output {
	return vaultcosmos.Output{Address: testAddress(to), Amount: math.NewInt(amount)}
}

// payoutScene is a vault with 1,000 and a session 5 that pays 100 to a at a fee of 10, at sequence 3.
func payoutScene(t *testing.T) (*scene, testVault, vaultcosmos.Payload) {
	vault := newTestVault(t, 1, 4, 3)
	vault.Ledger = math.NewInt(1000)
	s := newScene(t, vault)
	payload := vault.payload(5, 3, output("a", 100))
	s.books.open(t, 5, 1, multisigtypes.PURPOSE_PAYOUT, payload)
	s.in.Vaults[0].Sequence = 3
	return s, vault, payload
}

func TestAPayoutThatSucceededIsAnExecutionAndExplainsTheBalance(t *testing.T) {
	s, vault, payload := payoutScene(t)
	paid := ok(vault.sign(t, payload, 0, 1, 3))
	s.chain.add(11, paid)
	s.chain.hold(11, vault.Address, 890)
	o := s.derive(11)
	require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: 1, Session: 5, TxHash: paid.Hash[:], Success: true,
	}}}}, o.Events)
	require.Equal(t, []types.Balance{{Vault: 1, Amount: math.NewInt(890)}}, o.Balances)
}

func TestAFailedPayoutIsAnExecutionWhereItUsedItsSequence(t *testing.T) {
	for name, c := range map[string]struct {
		gasUsed  int64
		outOfGas bool
	}{"refused by the bank": {50, false}, "out of gas": {100, true}} {
		t.Run(name, func(t *testing.T) {
			s, vault, payload := payoutScene(t)
			attempt := failed(vault.sign(t, payload, 0, 1, 2), 5)
			attempt.GasUsed = c.gasUsed
			s.chain.add(11, attempt)
			s.chain.sequence(10, vault.Address, 3)
			s.chain.sequence(11, vault.Address, 4)
			s.chain.hold(11, vault.Address, 990)
			o := s.derive(11)
			require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
				Vault: 1, Session: 5, TxHash: attempt.Hash[:], Code: 5, OutOfGas: c.outOfGas,
			}}}}, o.Events)
		})
	}
}

func TestAFailedTransactionThatUsedNoSequenceIsNoExecution(t *testing.T) {
	s, vault, payload := payoutScene(t)
	attempt := vault.sign(t, payload, 0, 1, 2)
	s.chain.add(11, failed(attempt, 13))
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 3)
	s.chain.add(12, ok(attempt))
	s.chain.hold(12, vault.Address, 890)
	o := s.derive(12)
	require.Len(t, o.Events, 1)
	require.Equal(t, uint64(12), o.Events[0].Height)
	require.True(t, o.Events[0].GetExecution().Success)
}

func TestAReplayOfAUsedSequenceIsNoExecution(t *testing.T) {
	s, vault, payload := payoutScene(t)
	s.chain.add(11, failed(vault.sign(t, payload, 0, 1, 2), 32))
	s.chain.sequence(10, vault.Address, 4)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 1000)
	require.Empty(t, s.derive(11).Events)
}

func TestOfSeveralAttemptsOfASequenceOnlyTheOneThatUsedItExecuted(t *testing.T) {
	s, vault, first := payoutScene(t)
	second := vault.payload(6, 3, output("a", 100))
	s.books.open(t, 6, 1, multisigtypes.PURPOSE_PAYOUT, second)
	late := ok(vault.sign(t, first, 1, 2, 3))
	// The younger attempt fails before and after the older one that pays, in the same block and in the next.
	younger := failed(vault.sign(t, second, 0, 1, 2), 32)
	s.chain.add(11, younger, late, younger)
	s.chain.add(12, younger)
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.sequence(12, vault.Address, 4)
	s.chain.hold(12, vault.Address, 890)
	o := s.derive(12)
	require.Len(t, o.Events, 1)
	require.Equal(t, uint64(5), o.Events[0].GetExecution().Session)
}

func TestOfFailedAttemptsInABlockTheValidlySignedOneWhoseSequenceWasTakenExecuted(t *testing.T) {
	s, vault, first := payoutScene(t)
	second := vault.payload(6, 3, output("a", 100))
	s.books.open(t, 6, 1, multisigtypes.PURPOSE_PAYOUT, second)
	forged := bytes.Clone(vault.sign(t, first, 0, 1, 2))
	forged[len(forged)-1] ^= 1
	real := failed(vault.sign(t, second, 0, 1, 2), 5)
	s.chain.add(11, failed(forged, 4), real, failed(forged, 4), failed(vault.sign(t, first, 0, 1, 2), 32))
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 990)
	o := s.derive(11)
	require.Len(t, o.Events, 1)
	require.Equal(t, real.Hash[:], o.Events[0].GetExecution().TxHash)
	require.Equal(t, uint64(6), o.Events[0].GetExecution().Session)
}

func TestAFailedAttemptThatAnotherOfItsBlockOvertookIsNoExecution(t *testing.T) {
	s, vault, first := payoutScene(t)
	second := vault.payload(6, 3, output("a", 100))
	s.books.open(t, 6, 1, multisigtypes.PURPOSE_PAYOUT, second)
	s.chain.add(11, failed(vault.sign(t, first, 0, 1, 2), 11), failed(vault.sign(t, second, 0, 1, 2), 5))
	s.chain.sequence(10, vault.Address, 3)
	s.chain.sequence(11, vault.Address, 4)
	s.chain.hold(11, vault.Address, 990)
	o := s.derive(11)
	require.Len(t, o.Events, 1)
	require.Equal(t, uint64(6), o.Events[0].GetExecution().Session)
}

func TestAHandoverArrivesAtTheNextVault(t *testing.T) {
	vault, next := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	vault.Ledger = math.NewInt(1000)
	next.Ledger = math.NewInt(1)
	s := newScene(t, vault, next)
	payload := vault.payload(5, 0, vaultcosmos.Output{Address: next.Address, Amount: math.NewInt(990)})
	payload.MultiSend = false
	s.books.open(t, 5, 1, multisigtypes.PURPOSE_HANDOVER, payload)
	s.chain.add(11, ok(vault.sign(t, payload, 0, 1, 2)))
	s.chain.hold(11, next.Address, 991)
	o := s.derive(11)
	require.Len(t, o.Events, 1)
	require.True(t, o.Events[0].GetExecution().Success)
	require.Equal(t, []types.Balance{{Vault: 1, Amount: math.ZeroInt()}, {Vault: 2, Amount: math.NewInt(991)}}, o.Balances)
}

func TestAPayoutToAVaultIsSurplusThere(t *testing.T) {
	vault, other := newTestVault(t, 1, 4, 3), newTestVault(t, 2, 4, 3)
	vault.Ledger = math.NewInt(1000)
	s := newScene(t, vault, other)
	payload := vault.payload(5, 0, vaultcosmos.Output{Address: other.Address, Amount: math.NewInt(100)})
	s.books.open(t, 5, 1, multisigtypes.PURPOSE_PAYOUT, payload)
	s.chain.add(11, ok(vault.sign(t, payload, 0, 1, 2)))
	s.chain.hold(11, vault.Address, 890)
	s.chain.hold(11, other.Address, 100)
	o := s.derive(11)
	require.Len(t, o.Events, 2)
	require.Equal(t, &types.SurplusEvent{Vault: 2, Amount: math.NewInt(100)}, o.Events[1].GetSurplus())
}

// rogue is a transaction of a vault that no session asked for.
func rogue(t *testing.T, vault testVault, id uint64) lightclient.Tx {
	return ok(vault.sign(t, vault.payload(id, 3, output("thief", 200)), 0, 1, 2))
}

func TestATransactionOfTheVaultThatMatchesNoSessionIsAnOutflow(t *testing.T) {
	for name, id := range map[string]uint64{"unknown session": 9, "a session's memo with another payload": 5} {
		t.Run(name, func(t *testing.T) {
			s, vault, _ := payoutScene(t)
			stolen := rogue(t, vault, id)
			s.chain.add(11, stolen)
			s.chain.hold(11, vault.Address, 790)
			s.chain.sequence(11, vault.Address, 3)
			require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
				Vault: 1, TxHash: stolen.Hash[:], Amount: math.NewInt(210),
			}}}}, s.derive(11).Events)
		})
	}
}

func TestASessionOfAnotherVaultExplainsNothing(t *testing.T) {
	s, vault, payload := payoutScene(t)
	session := s.books[5]
	session.Vault = 2
	s.books[5] = session
	s.chain.add(11, ok(vault.sign(t, payload, 0, 1, 2)))
	s.chain.hold(11, vault.Address, 890)
	require.NotNil(t, s.derive(11).Events[0].GetOutflow())
}

func TestWithTheVaultAmongTheSignersNothingIsADeposit(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.Ledger = math.NewInt(1000)
	key := func() *tx.SignerInfo {
		var raw tx.TxRaw
		var authInfo tx.AuthInfo
		require.NoError(t, proto.Unmarshal(vault.sign(t, vault.payload(1, 0, output("a", 1)), 0, 1, 2), &raw))
		require.NoError(t, proto.Unmarshal(raw.AuthInfoBytes, &authInfo))
		return authInfo.SignerInfos[0]
	}()
	in := send(testAddress("a"), vault.Address, 50)
	for name, bz := range map[string][]byte{
		"as a sender beside another":  encode(t, "", in, send(vault.Address, testAddress("a"), 70)),
		"as the fee's payer":          encodeWith(t, &tx.AuthInfo{Fee: &tx.Fee{Amount: coins(20), Payer: vault.Address}}, "", in),
		"by its public key only":      encodeWith(t, &tx.AuthInfo{SignerInfos: []*tx.SignerInfo{{}, key}}, "", in),
		"named in upper case, sender": encode(t, "", in, send(strings.ToUpper(vault.Address), testAddress("a"), 70)),
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, vault)
			foreign := ok(bz)
			s.chain.add(11, foreign)
			s.chain.hold(11, vault.Address, 980)
			require.Equal(t, []types.Event{{Height: 11, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
				Vault: 1, TxHash: foreign.Hash[:], Amount: math.NewInt(20),
			}}}}, s.derive(11).Events)
		})
	}
}

func TestAFeeThatAnAllowanceOfTheVaultPaysIsAnOutflowBesideTheDeposit(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	vault.Ledger = math.NewInt(1000)
	s := newScene(t, vault)
	bz := encodeWith(t, &tx.AuthInfo{Fee: &tx.Fee{Amount: coins(20), Granter: vault.Address}}, "", send(testAddress("a"), vault.Address, 50))
	s.chain.add(11, ok(bz))
	s.chain.hold(11, vault.Address, 1030)
	o := s.derive(11)
	require.Len(t, o.Events, 2)
	require.Equal(t, int64(50), depositOf(t, o.Events[0]).Amount.Int64())
	require.Equal(t, &types.OutflowEvent{Vault: 1, Amount: math.NewInt(20)}, o.Events[1].GetOutflow())
}

func TestASignatureIsTheVaultsOnlyIfEnoughOfItsKeysSigned(t *testing.T) {
	vault := newTestVault(t, 1, 4, 3)
	payload := vault.payload(5, 0, output("a", 1))
	digest, err := vaultcosmos.Digest(payload)
	require.NoError(t, err)
	good := vault.sign(t, payload, 0, 2, 3)
	change := func(info func(*tx.SignerInfo), multi func(*cryptotypes.MultiSignature)) Transaction {
		decoded, err := Decode(good)
		require.NoError(t, err)
		var signatures cryptotypes.MultiSignature
		require.NoError(t, proto.Unmarshal(decoded.signatures[0], &signatures))
		info(decoded.signerInfos[0])
		multi(&signatures)
		decoded.signatures[0], err = proto.Marshal(&signatures)
		require.NoError(t, err)
		return decoded
	}
	keepInfo, keepMulti := func(*tx.SignerInfo) {}, func(*cryptotypes.MultiSignature) {}
	require.True(t, vault.verify(change(keepInfo, keepMulti), digest))
	require.False(t, vault.verify(change(keepInfo, keepMulti), [32]byte{1}))
	require.True(t, vault.verify(change(func(i *tx.SignerInfo) { i.PublicKey = nil }, keepMulti), digest))
	for name, decoded := range map[string]Transaction{
		"one less":    change(keepInfo, func(m *cryptotypes.MultiSignature) { m.Signatures = m.Signatures[:2] }),
		"one more":    change(keepInfo, func(m *cryptotypes.MultiSignature) { m.Signatures = append(m.Signatures, m.Signatures[0]) }),
		"one altered": change(keepInfo, func(m *cryptotypes.MultiSignature) { m.Signatures[1][5] ^= 1 }),
		"out of order": change(keepInfo, func(m *cryptotypes.MultiSignature) {
			m.Signatures[0], m.Signatures[1] = m.Signatures[1], m.Signatures[0]
		}),
		"another member":   change(func(i *tx.SignerInfo) { i.ModeInfo.GetMulti().Bitarray.Elems[0] = 0b1110_0000 }, keepMulti),
		"bits of one more": change(func(i *tx.SignerInfo) { i.ModeInfo.GetMulti().Bitarray.ExtraBitsStored = 5 }, keepMulti),
		"bits without end": change(func(i *tx.SignerInfo) {
			i.ModeInfo.GetMulti().Bitarray = &cryptotypes.CompactBitArray{ExtraBitsStored: 12}
		}, keepMulti),
		"no mode":           change(func(i *tx.SignerInfo) { i.ModeInfo = nil }, keepMulti),
		"a single key mode": change(func(i *tx.SignerInfo) { i.ModeInfo = &tx.ModeInfo{Sum: &tx.ModeInfo_Single_{}} }, keepMulti),
	} {
		require.False(t, vault.verify(decoded, digest), name)
	}
}

func TestOnlyTheCanonicalMemoNamesASession(t *testing.T) {
	id, named := sessionOf("stafi/12")
	require.True(t, named)
	require.Equal(t, uint64(12), id)
	for _, memo := range []string{"", "stafi/", "stafi/012", "stafi/+12", "stafi/12 ", "stafi/18446744073709551616", "stafi/reserve", "Stafi/12"} {
		_, named := sessionOf(memo)
		require.False(t, named, memo)
	}
}

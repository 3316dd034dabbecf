package cosmos_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

const actor = "cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a"

var acting = cosmos.Account{ChainID: "wasm-1", Number: 17, Address: actor}

// aminoDocument is sorted amino JSON with parts put in.
func aminoDocument(number, chain, msgs string) []byte {
	return []byte(`{"account_number":"` + number + `","chain_id":"` + chain + `","fee":{"amount":[],"gas":"0"},"memo":"","msgs":` + msgs + `,"sequence":"0"}`)
}

func message(from string) string { return `[{"type":"any","value":{"from":"` + from + `"}}]` }

func directDocument(tb testing.TB, number uint64, chain, from string, messages int) []byte {
	tb.Helper()
	body := txtypes.TxBody{Memo: "m"}
	for range messages {
		packed, err := codectypes.NewAnyWithValue(&banktypes.MsgSend{FromAddress: from, ToAddress: "x", Amount: sdk.Coins{sdk.NewInt64Coin("uatom", 1)}})
		require.NoError(tb, err)
		body.Messages = append(body.Messages, packed)
	}
	encoded, err := proto.Marshal(&body)
	require.NoError(tb, err)
	document, err := proto.Marshal(&txtypes.SignDoc{BodyBytes: encoded, AuthInfoBytes: []byte{1}, ChainId: chain, AccountNumber: number})
	require.NoError(tb, err)
	return document
}

func TestADocumentActsForTheAccountThatItsChainNumberAndMessagesName(t *testing.T) {
	raw := strings.Repeat("00", 20)
	for name, document := range map[string][]byte{
		"amino JSON":                        aminoDocument("17", "wasm-1", message(actor)),
		"amino JSON, address in upper case": aminoDocument("17", "wasm-1", message(strings.ToUpper(actor))),
		"amino JSON, address in hex":        aminoDocument("17", "wasm-1", message("0x"+raw)),
		"direct":                            directDocument(t, 17, "wasm-1", actor, 1),
		"direct, several messages":          directDocument(t, 17, "wasm-1", actor, 3),
	} {
		require.NoError(t, cosmos.ActsFor(document, acting), name)
	}
}

// paidBy is another account's message of which an account pays the fee, in both modes: what it takes to burn all that account has.
func paidBy(tb testing.TB, payer string) (amino, direct []byte) {
	tb.Helper()
	amino = bytes.Replace(aminoDocument("17", "wasm-1", message("cosmos1other")),
		[]byte(`"fee":{"amount":[],"gas":"0"}`), []byte(`"fee":{"amount":[{"amount":"900000","denom":"uatom"}],"gas":"0","payer":"`+payer+`"}`), 1)
	var document txtypes.SignDoc
	require.NoError(tb, proto.Unmarshal(directDocument(tb, 17, "wasm-1", "cosmos1other", 1), &document))
	auth, err := proto.Marshal(&txtypes.AuthInfo{Fee: &txtypes.Fee{Amount: sdk.Coins{sdk.NewInt64Coin("uatom", 900_000)}, Payer: payer}})
	require.NoError(tb, err)
	document.AuthInfoBytes = auth
	direct, err = proto.Marshal(&document)
	require.NoError(tb, err)
	return amino, direct
}

func TestADocumentActsForTheAccountThatOnlyPaysItsFee(t *testing.T) {
	amino, direct := paidBy(t, actor)
	require.NoError(t, cosmos.ActsFor(amino, acting))
	require.NoError(t, cosmos.ActsFor(direct, acting))
	amino, direct = paidBy(t, "cosmos1another")
	require.ErrorIs(t, cosmos.ActsFor(amino, acting), cosmos.ErrForeign)
	require.ErrorIs(t, cosmos.ActsFor(direct, acting), cosmos.ErrForeign)
}

func TestADocumentOfAnotherAccountOrThatNoChainHashesIsForeign(t *testing.T) {
	good := aminoDocument("17", "wasm-1", message(actor))
	direct := directDocument(t, 17, "wasm-1", actor, 1)
	for name, document := range map[string][]byte{
		"nothing":                          nil,
		"a brace":                          []byte("{"),
		"another chain":                    aminoDocument("17", "wasm-2", message(actor)),
		"no chain, as in ADR-36":           aminoDocument("17", "", message(actor)),
		"another number":                   aminoDocument("18", "wasm-1", message(actor)),
		"a number with a zero before it":   aminoDocument("017", "wasm-1", message(actor)),
		"a number that is no text":         bytes.Replace(good, []byte(`"17"`), []byte(`17`), 1),
		"no messages":                      aminoDocument("17", "wasm-1", "[]"),
		"messages that are no list":        aminoDocument("17", "wasm-1", `{"a":"`+actor+`"}`),
		"another account's message":        aminoDocument("17", "wasm-1", message("cosmos1other")),
		"the address in the memo only":     bytes.Replace(aminoDocument("17", "wasm-1", message("x")), []byte(`"memo":""`), []byte(`"memo":"`+actor+`"`), 1),
		"a space":                          bytes.Replace(good, []byte(`,"memo"`), []byte(`, "memo"`), 1),
		"a key twice":                      bytes.Replace(good, []byte(`"memo":""`), []byte(`"memo":"","memo":""`), 1),
		"keys out of order":                bytes.Replace(good, []byte(`"memo":"","msgs":`+message(actor)), []byte(`"msgs":`+message(actor)+`,"memo":""`), 1),
		"something after it":               append(bytes.Clone(good), '\n'),
		"an unescaped character":           bytes.Replace(good, []byte(`"memo":""`), []byte(`"memo":"<"`), 1),
		"direct, another chain":            directDocument(t, 17, "wasm-2", actor, 1),
		"direct, another number":           directDocument(t, 18, "wasm-1", actor, 1),
		"direct, another account":          directDocument(t, 17, "wasm-1", "cosmos1other", 1),
		"direct, no message":               directDocument(t, 17, "wasm-1", actor, 0),
		"direct, an unknown field":         append(bytes.Clone(direct), 0x7a, 0x00),
		"direct, a field twice":            append(bytes.Clone(direct), 0x20, 17),
		"direct, a number in longer bytes": append(bytes.TrimSuffix(bytes.Clone(direct), []byte{0x20, 17}), 0x20, 17|0x80, 0),
		"direct, cut":                      direct[:len(direct)-1],
		"a proof of possession":            append([]byte{0, 0, 0, 16}, "stafi/ssv/pop/v1"...),
	} {
		require.ErrorIs(t, cosmos.ActsFor(document, acting), cosmos.ErrForeign, name)
	}
	require.ErrorIs(t, cosmos.ActsFor(good, cosmos.Account{ChainID: "wasm-1", Number: 17, Address: "no address"}), cosmos.ErrForeign)
}

func TestWhatASessionAsksForActsForItsVault(t *testing.T) {
	payload := cosmos.Payload{
		ChainID: "wasm-1", AccountNumber: 17, Sequence: 3, From: actor, Outputs: []cosmos.Output{{Address: actor, Amount: sdk.NewInt64Coin("uatom", 5).Amount}},
		Denom: "uatom", Fee: sdk.NewInt64Coin("uatom", 4), GasLimit: 9, Memo: "stafi/<1>&", TimeoutHeight: 8,
	}
	for _, payload.MultiSend = range []bool{true, false} {
		document, err := cosmos.SignBytes(payload)
		require.NoError(t, err)
		require.NoError(t, cosmos.ActsFor(document, acting))
	}
}

func FuzzActsForIsTotalAndOnlyForWhatNamesTheAccount(f *testing.F) {
	f.Add(aminoDocument("17", "wasm-1", message(actor)))
	f.Add(directDocument(f, 17, "wasm-1", actor, 2))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, document []byte) {
		if err := cosmos.ActsFor(document, acting); err != nil {
			require.ErrorIs(t, err, cosmos.ErrForeign)
			return
		}
		require.True(t, bytes.Contains(document, []byte("wasm-1")), "it acts on the chain that it names")
		require.ErrorIs(t, cosmos.ActsFor(document, cosmos.Account{ChainID: "wasm-1", Number: 18, Address: actor}), cosmos.ErrForeign)
	})
}

package observe

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

func TestOutputsAreIndexedOverAllMessagesWhoeverReceivesThem(t *testing.T) {
	a, b, c := testAddress("a"), testAddress("b"), testAddress("c")
	decoded, err := Decode(encode(t, "hello",
		send(a, b, 1),
		&banktypes.MsgMultiSend{
			Inputs:  []banktypes.Input{{Address: a, Coins: coins(5)}},
			Outputs: []banktypes.Output{{Address: b, Coins: coins(2)}, {Address: c, Coins: coins(3)}},
		},
		&banktypes.MsgUpdateParams{Authority: c},
		send(c, b, 4),
	))
	require.NoError(t, err)
	require.Equal(t, "hello", decoded.Memo)
	require.Equal(t, []string{a, c}, decoded.Signers)
	require.Equal(t, []Output{
		{0, a, b, coins(1)}, {1, a, b, coins(2)}, {2, a, c, coins(3)}, {3, c, b, coins(4)},
	}, decoded.Outputs)
}

func TestWhatTheSDKEncodesDecodesToTheSame(t *testing.T) {
	config := testutil.MakeTestEncodingConfig(bank.AppModuleBasic{}).TxConfig
	payer, granter := sdk.AccAddress("payer---------------"), sdk.AccAddress("granter-------------")
	from, to := sdk.AccAddress("from----------------"), sdk.AccAddress("to------------------")
	builder := config.NewTxBuilder()
	require.NoError(t, builder.SetMsgs(banktypes.NewMsgSend(from, to, coins(9))))
	builder.SetMemo("a memo")
	builder.SetTimeoutHeight(77)
	builder.SetFeeAmount(coins(3))
	builder.SetFeePayer(payer)
	builder.SetFeeGranter(granter)
	bz, err := config.TxEncoder()(builder.GetTx())
	require.NoError(t, err)

	decoded, err := Decode(bz)
	require.NoError(t, err)
	require.Equal(t, "a memo", decoded.Memo)
	require.Equal(t, uint64(77), decoded.TimeoutHeight)
	require.Equal(t, coins(3), decoded.Fee)
	require.Equal(t, []string{from.String(), payer.String()}, decoded.Signers)
	require.Equal(t, payer.String(), decoded.Payer)
	require.Equal(t, granter.String(), decoded.Granter)
	require.Equal(t, []Output{{0, from.String(), to.String(), coins(9)}}, decoded.Outputs)
}

func TestNestedMessagesHaveNoOutputs(t *testing.T) {
	inner, err := codectypes.NewAnyWithValue(send(testAddress("granter"), testAddress("vault"), 5))
	require.NoError(t, err)
	decoded, err := Decode(encode(t, "", &authz.MsgExec{Grantee: testAddress("grantee"), Msgs: []*codectypes.Any{inner}}))
	require.NoError(t, err)
	require.Empty(t, decoded.Outputs)
}

func TestASenderOfSeveralInputsIsNobodysAddress(t *testing.T) {
	a, b := testAddress("a"), testAddress("b")
	decoded, err := Decode(encode(t, "", &banktypes.MsgMultiSend{
		Inputs:  []banktypes.Input{{Address: a, Coins: coins(1)}, {Address: b, Coins: coins(1)}},
		Outputs: []banktypes.Output{{Address: testAddress("c"), Coins: coins(2)}},
	}))
	require.NoError(t, err)
	require.Equal(t, []string{a, b}, decoded.Signers)
	require.Equal(t, a+","+b, decoded.Outputs[0].Sender)
	require.Empty(t, readAccount(testPrefix, decoded.Outputs[0].Sender))
}

func TestUnknownFieldsMessagesAndUrlPrefixesDoNotHideTransfers(t *testing.T) {
	value, err := proto.Marshal(send(testAddress("a"), testAddress("b"), 5))
	require.NoError(t, err)
	body, err := proto.Marshal(&tx.TxBody{Messages: []*codectypes.Any{
		{TypeUrl: "/future.v9.MsgNew", Value: []byte{0xff, 0xff}},
		{TypeUrl: "type.googleapis.com/cosmos.bank.v1beta1.MsgSend", Value: append(value, 0x80, 0x7d, 0x01)},
	}})
	require.NoError(t, err)
	bz, err := proto.Marshal(&tx.TxRaw{BodyBytes: append(body, 0x80, 0x7d, 0x01)})
	require.NoError(t, err)
	decoded, err := Decode(append(bz, 0x80, 0x7d, 0x01))
	require.NoError(t, err)
	require.Len(t, decoded.Outputs, 1)
	require.Equal(t, coins(5), decoded.Outputs[0].Coins)
}

func TestBytesThatAreNoTransactionAreRefused(t *testing.T) {
	broken := func(url string) []byte {
		body, err := proto.Marshal(&tx.TxBody{Messages: []*codectypes.Any{{TypeUrl: url, Value: []byte{0x0a, 0x05, 'x'}}}})
		require.NoError(t, err)
		bz, err := proto.Marshal(&tx.TxRaw{BodyBytes: body})
		require.NoError(t, err)
		return bz
	}
	for name, bz := range map[string][]byte{
		"not protobuf":                []byte("not a transaction"),
		"a body that is none":         {0x0a, 0x02, 0x0a, 0x05},
		"auth info that is none":      {0x12, 0x02, 0x0a, 0x05},
		"a truncated send":            broken("/cosmos.bank.v1beta1.MsgSend"),
		"a truncated multi-send":      broken("/cosmos.bank.v1beta1.MsgMultiSend"),
		"a transaction cut at an end": encode(t, "memo", send("a", "b", 1))[:20],
	} {
		_, err := Decode(bz)
		require.ErrorIs(t, err, ErrDecode, name)
	}
}

func TestAmountsOfADenomAreSummedWithoutTrustInTheirOrder(t *testing.T) {
	unsorted := sdk.Coins{sdk.NewInt64Coin("zzz", 1), sdk.NewInt64Coin(testDenom, 2), {Denom: "!"}, {Denom: testDenom}, sdk.NewInt64Coin(testDenom, 3)}
	require.Equal(t, int64(5), amountOf(unsorted, testDenom).Int64())
	require.Zero(t, amountOf(nil, testDenom).Sign())
}

func TestAddressesAreReadAsChainsReadThem(t *testing.T) {
	bz := bytes.Repeat([]byte{0xab}, 20)
	address, err := bech32.ConvertAndEncode(testPrefix, bz)
	require.NoError(t, err)
	other, err := bech32.ConvertAndEncode("osmo", bz)
	require.NoError(t, err)
	for _, same := range []string{address, strings.ToUpper(address), "0x" + strings.Repeat("ab", 20), "0x" + strings.Repeat("AB", 20)} {
		require.Equal(t, account(bz), readAccount(testPrefix, same), same)
		require.Equal(t, address, notation(testPrefix, same), same)
	}
	for _, none := range []string{"", other, address[:20], "0x" + strings.Repeat("ab", 19), "0x" + strings.Repeat("zz", 20), " " + address} {
		require.Empty(t, readAccount(testPrefix, none), none)
		require.Equal(t, none, notation(testPrefix, none))
	}
}

func TestTextIsCutBetweenRunesAndAlwaysValid(t *testing.T) {
	require.Equal(t, strings.Repeat("é", 128), cut(strings.Repeat("é", 200), 256))
	require.Equal(t, "x"+strings.Repeat("é", 127), cut("x"+strings.Repeat("é", 200), 256))
	require.Equal(t, "a\uFFFDb", cut("a\xff\xfeb", 256))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "text"))
		got := cut(text, 256)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, len(got), 256)
		if utf8.ValidString(text) {
			require.True(t, strings.HasPrefix(text, got))
			require.True(t, len(got) == len(text) || len(got) > 256-utf8.UTFMax)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, "memo", send(testAddress("a"), testAddress("b"), 1)))
	f.Add([]byte{0x0a, 0x02, 0x0a, 0x00})
	vault := newTestVault(f, 1, 4, 3)
	f.Add(vault.sign(f, vault.payload(5, 0, output("a", 5)), 0, 1, 2))
	contract := testContract()
	d, err := newDerivation(Input{Contract: contract, Vaults: []Vault{vault.Vault}, From: 1, To: 2})
	require.NoError(f, err)
	reader := d.reader.(*cosmosReader)
	f.Fuzz(func(t *testing.T, bz []byte) {
		decoded, err := Decode(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrDecode)
			return
		}
		for i, output := range decoded.Outputs {
			require.Equal(t, uint32(i), output.Index)
		}
		reader.concerns(ok(bz))
		vault.verify(decoded, [32]byte{})
		vault.sequenceIn(decoded)
		for _, e := range reader.deposits(2, &vault.Vault, readTx{Tx: ok(bz), Transaction: decoded}) {
			require.NoError(t, e.event.ValidateShape())
		}
	})
}

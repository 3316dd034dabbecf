package beacon

import (
	"bytes"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func pack(tb testing.TB, messages ...proto.Message) []*codectypes.Any {
	tb.Helper()
	all := make([]*codectypes.Any, 0, len(messages))
	for _, message := range messages {
		packed, err := codectypes.NewAnyWithValue(message)
		require.NoError(tb, err)
		all = append(all, packed)
	}
	return all
}

func rawTx(tb testing.TB, messages ...proto.Message) []byte {
	tb.Helper()
	body, err := proto.Marshal(&txtypes.TxBody{Messages: pack(tb, messages...)})
	require.NoError(tb, err)
	raw, err := proto.Marshal(&txtypes.TxRaw{BodyBytes: body})
	require.NoError(tb, err)
	return raw
}

func TestMessagesAreFoundAtAnyDepthInTheOrderOfTheirExecution(t *testing.T) {
	one, two, three := &types.MsgDeal{Era: 7, Dealing: []byte{1}}, &types.MsgOpen{Era: 7, Secret: []byte{2}}, &types.MsgDecrypt{Era: 7, Dealer: "x"}
	inner := &authz.MsgExec{Msgs: pack(t, two, &types.MsgHeartbeat{})}
	raw := rawTx(t, one, &authz.MsgExec{Msgs: pack(t, inner, &types.MsgDeal{Era: 8})}, three)
	found := messagesOf(Block{Height: 5, Txs: [][]byte{[]byte("no transaction"), raw}}, 7)
	require.Len(t, found, 3)
	for i, want := range []proto.Message{one, two, three} {
		require.Equal(t, want, found[i].body)
		require.Equal(t, int64(5), found[i].height)
	}
}

func TestMessagesOfTransactionsThatFailedAreLeftOut(t *testing.T) {
	txs := [][]byte{rawTx(t, &types.MsgDeal{Era: 7}), rawTx(t, &types.MsgOpen{Era: 7})}
	require.Len(t, messagesOf(Block{Txs: txs}, 7), 2)
	require.Len(t, messagesOf(Block{Txs: txs, Codes: []uint32{5, 0}}, 7), 1)
	require.Len(t, messagesOf(Block{Txs: txs, Codes: []uint32{0}}, 7), 1, "one without a result counts as failed")
}

func TestADeepNestIsWalkedWithoutRecursion(t *testing.T) {
	var message proto.Message = &types.MsgOpen{Era: 7}
	for range 200 {
		message = &authz.MsgExec{Msgs: pack(t, message)}
	}
	require.Len(t, messagesIn(rawTx(t, message)), 1)
}

func FuzzATransactionOfABlock(f *testing.F) {
	f.Add([]byte{})
	f.Add(rawTx(f, &types.MsgDeal{Era: 7, Dealing: bytes.Repeat([]byte{1}, 100)}))
	f.Add(rawTx(f, &authz.MsgExec{Msgs: pack(f, &types.MsgOpen{Era: 7}, &types.MsgDecrypt{Era: 7, Shares: [][]byte{{1}}})}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, found := range messagesIn(raw) {
			if decode(pack(t, found)[0]) == nil {
				t.Fatalf("%T is none of a round's messages", found)
			}
		}
	})
}

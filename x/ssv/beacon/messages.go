package beacon

import (
	"crypto/sha256"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Block is what is read of a block of this chain.
type Block struct {
	ChainID string
	Height  int64
	// LastHash of the block before.
	LastHash []byte
	Txs      [][]byte
	// Codes of the transactions' results, in their order; nil where they are not known.
	Codes []uint32
}

// message is a MsgDeal, MsgOpen or MsgDecrypt that a block carries.
type message struct {
	height int64
	tx     [sha256.Size]byte
	body   proto.Message
}

// messagesOf are the messages of a round in a block, in the order in which they were executed. Those of transactions that are known to have
// failed changed nothing and are left out, as is what can't be decoded.
func messagesOf(block Block, era uint64) []message {
	var found []message
	for i, raw := range block.Txs {
		if block.Codes != nil && (i >= len(block.Codes) || block.Codes[i] != 0) {
			continue
		}
		for _, body := range messagesIn(raw) {
			if eraOf(body) == era {
				found = append(found, message{height: block.Height, tx: sha256.Sum256(raw), body: body})
			}
		}
	}
	return found
}

// messagesIn are the round's messages in a transaction, those that are executed through x/authz included, at any depth.
func messagesIn(raw []byte) []proto.Message {
	var tx txtypes.TxRaw
	var body txtypes.TxBody
	if proto.Unmarshal(raw, &tx) != nil || proto.Unmarshal(tx.BodyBytes, &body) != nil {
		return nil
	}
	var found []proto.Message
	left := body.Messages
	for len(left) > 0 {
		packed := left[0]
		left = left[1:]
		if nested, ok := executed(packed); ok {
			left = append(nested, left...)
		} else if decoded := decode(packed); decoded != nil {
			found = append(found, decoded)
		}
	}
	return found
}

// executed are the messages that a MsgExec carries, in a slice of their own; false for any other message.
func executed(packed *codectypes.Any) ([]*codectypes.Any, bool) {
	var exec authz.MsgExec
	if packed.TypeUrl != sdk.MsgTypeURL(&exec) {
		return nil, false
	}
	if proto.Unmarshal(packed.Value, &exec) != nil {
		return nil, true
	}
	return append([]*codectypes.Any(nil), exec.Msgs...), true
}

// decode returns a message of a round, nil for any other.
func decode(packed *codectypes.Any) proto.Message {
	for _, known := range []proto.Message{&types.MsgDeal{}, &types.MsgOpen{}, &types.MsgDecrypt{}} {
		if packed.TypeUrl == sdk.MsgTypeURL(known) && proto.Unmarshal(packed.Value, known) == nil {
			return known
		}
	}
	return nil
}

func eraOf(body proto.Message) uint64 {
	switch msg := body.(type) {
	case *types.MsgDeal:
		return msg.Era
	case *types.MsgOpen:
		return msg.Era
	case *types.MsgDecrypt:
		return msg.Era
	}
	return 0
}

package observe

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// Names of the bank messages whose outputs are directly proven effects (protocol §8).
const (
	sendName      = "cosmos.bank.v1beta1.MsgSend"
	multiSendName = "cosmos.bank.v1beta1.MsgMultiSend"
)

// Transaction is what an observation needs of a transaction of a Cosmos chain.
type Transaction struct {
	Memo          string
	TimeoutHeight uint64
	// Signers are the addresses, as written and each once, that must have signed for the bank messages and the fee.
	Signers []string
	// Outputs of the top-level bank messages, in order.
	Outputs []Output
	// Fee offered; Payer is set only where it is not the first signer, Granter where an allowance pays.
	Fee            sdk.Coins
	Payer, Granter string

	signerInfos []*tx.SignerInfo
	signatures  [][]byte
	isSigner    map[string]bool
}

// Output is one top-level bank output.
type Output struct {
	// Index counts the outputs of all bank messages of the transaction from 0, whoever receives them.
	Index uint32
	// Sender is the account debited. A multi-send of several accounts (chains of before SDK v0.47) says of no output who sent it:
	// then these are all of them, joined by commas, which is nobody's address.
	Sender    string
	Recipient string
	Coins     sdk.Coins
}

// Decode reads the bytes of a transaction. It is more lenient than the chain that ran it: unknown fields, unknown message types,
// non-canonical encodings and extensions are passed over, because a proven result code 0 already says that the chain's own strict
// decoder accepted the bytes, and what a chain newer than this code has added must not hide the transfers beside it. It is strict
// where an effect would be misread: a bank message that does not decode fails the whole transaction with ErrDecode, for the
// indices of the outputs after it would be guesses. It is total: any bytes give a Transaction or ErrDecode.
func Decode(bz []byte) (Transaction, error) {
	var raw tx.TxRaw
	var body tx.TxBody
	var authInfo tx.AuthInfo
	if err := proto.Unmarshal(bz, &raw); err != nil {
		return Transaction{}, fmt.Errorf("%w: %w", ErrDecode, err)
	}
	if err := proto.Unmarshal(raw.BodyBytes, &body); err != nil {
		return Transaction{}, fmt.Errorf("%w: body: %w", ErrDecode, err)
	}
	if err := proto.Unmarshal(raw.AuthInfoBytes, &authInfo); err != nil {
		return Transaction{}, fmt.Errorf("%w: auth info: %w", ErrDecode, err)
	}
	decoded := Transaction{
		Memo: body.Memo, TimeoutHeight: body.TimeoutHeight,
		signerInfos: authInfo.SignerInfos, signatures: raw.Signatures, isSigner: map[string]bool{},
	}
	for i, message := range body.Messages {
		if err := decoded.addMessage(message); err != nil {
			return Transaction{}, fmt.Errorf("%w: message %d: %w", ErrDecode, i, err)
		}
	}
	if fee := authInfo.Fee; fee != nil {
		decoded.Fee, decoded.Payer, decoded.Granter = fee.Amount, fee.Payer, fee.Granter
		decoded.addSigner(fee.Payer)
	}
	return decoded, nil
}

func (t *Transaction) addMessage(message *codectypes.Any) error {
	if message == nil {
		return nil
	}
	switch message.TypeUrl[strings.LastIndexByte(message.TypeUrl, '/')+1:] {
	case sendName:
		var send banktypes.MsgSend
		if err := proto.Unmarshal(message.Value, &send); err != nil {
			return err
		}
		t.addSigner(send.FromAddress)
		t.addOutput(send.FromAddress, send.ToAddress, send.Amount)
	case multiSendName:
		var send banktypes.MsgMultiSend
		if err := proto.Unmarshal(message.Value, &send); err != nil {
			return err
		}
		t.addMultiSend(send)
	}
	return nil
}

func (t *Transaction) addMultiSend(send banktypes.MsgMultiSend) {
	senders := make([]string, len(send.Inputs))
	for i, input := range send.Inputs {
		t.addSigner(input.Address)
		senders[i] = input.Address
	}
	sender := strings.Join(slices.Compact(senders), ",")
	for _, output := range send.Outputs {
		t.addOutput(sender, output.Address, output.Coins)
	}
}

func (t *Transaction) addSigner(address string) {
	if address != "" && !t.isSigner[address] {
		t.isSigner[address] = true
		t.Signers = append(t.Signers, address)
	}
}

func (t *Transaction) addOutput(sender, recipient string, coins sdk.Coins) {
	t.Outputs = append(t.Outputs, Output{Index: uint32(len(t.Outputs)), Sender: sender, Recipient: recipient, Coins: coins})
}

// amountOf sums the coins of a denom. Coins of foreign bytes need not be sorted or valid, so the SDK's own methods, which panic on
// such, are of no use here.
func amountOf(coins sdk.Coins, denom string) *big.Int {
	sum := new(big.Int)
	for _, coin := range coins {
		if coin.Denom == denom && !coin.Amount.IsNil() {
			sum.Add(sum, coin.Amount.BigIntMut())
		}
	}
	return sum
}

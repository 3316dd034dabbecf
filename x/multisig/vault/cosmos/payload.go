package cosmos

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// MemoPrefix stands before the session id in every payload's memo (protocol §7).
const MemoPrefix = "stafi/"

// Memo is the memo of every payload of a session: stafi/<session id>.
func Memo(session uint64) string { return fmt.Sprintf("%s%d", MemoPrefix, session) }

// Output is one payment: a bech32 address of the original chain and an amount, above 0, in the payload's denom.
type Output struct {
	Address string
	Amount  math.Int
}

// Payload is everything that the transaction of a session and its sign bytes are made of (protocol §7).
type Payload struct {
	ChainID       string
	AccountNumber uint64
	Sequence      uint64
	// From is the vault's bech32 address; every output has the same prefix.
	From    string
	Outputs []Output
	Denom   string
	// Fee may be 0: the transaction then offers no coins.
	Fee      sdk.Coin
	GasLimit uint64
	Memo     string
	// TimeoutHeight of the original chain: no higher block can hold the transaction.
	TimeoutHeight uint64
	// MultiSend: one MsgMultiSend of all outputs (a payout); else one MsgSend of the only output (handover, sweep).
	MultiSend bool
}

// Validate returns ErrPayload for a payload that its chain would refuse whatever its state: missing fields, an address that is
// malformed or of another prefix, amounts that are not positive or overflow 256 bits, a zero timeout.
func (p Payload) Validate() error {
	if p.ChainID == "" || p.Memo == "" || p.GasLimit == 0 || p.TimeoutHeight == 0 {
		return fmt.Errorf("%w: chain id %q, memo %q, gas limit %d and timeout height %d must be set",
			ErrPayload, p.ChainID, p.Memo, p.GasLimit, p.TimeoutHeight)
	}
	if err := sdk.ValidateDenom(p.Denom); err != nil {
		return fmt.Errorf("%w: denom: %w", ErrPayload, err)
	}
	if err := p.Fee.Validate(); err != nil {
		return fmt.Errorf("%w: fee: %w", ErrPayload, err)
	}
	return p.validateOutputs()
}

func (p Payload) validateOutputs() error {
	prefix, _, err := bech32.DecodeAndConvert(p.From)
	if err != nil {
		return fmt.Errorf("%w: from %q: %w", ErrPayload, p.From, err)
	}
	if len(p.Outputs) == 0 || (!p.MultiSend && len(p.Outputs) != 1) {
		return fmt.Errorf("%w: %d outputs, want 1, or more in a multi-send", ErrPayload, len(p.Outputs))
	}
	for i, output := range p.Outputs {
		if err := output.validate(prefix); err != nil {
			return fmt.Errorf("%w: output %d: %w", ErrPayload, i, err)
		}
	}
	_, err = p.Total()
	return err
}

func (o Output) validate(prefix string) error {
	found, bz, err := bech32.DecodeAndConvert(o.Address)
	if err != nil {
		return fmt.Errorf("address %q: %w", o.Address, err)
	}
	if found != prefix {
		return fmt.Errorf("address %q has prefix %q, want %q", o.Address, found, prefix)
	}
	if len(bz) == 0 || len(bz) > maxAddressSize {
		return fmt.Errorf("address %q has %d bytes, want 1 to %d", o.Address, len(bz), maxAddressSize)
	}
	if o.Amount.IsNil() || !o.Amount.IsPositive() {
		return fmt.Errorf("amount %s, want more than 0", o.Amount)
	}
	return nil
}

// maxAddressSize is the longest account address of an SDK chain in bytes.
const maxAddressSize = 255

// Total returns the sum of the outputs; ErrPayload if it overflows 256 bits.
func (p Payload) Total() (math.Int, error) {
	total := math.ZeroInt()
	for i, output := range p.Outputs {
		sum, err := total.SafeAdd(output.Amount)
		if err != nil {
			return math.Int{}, fmt.Errorf("%w: sum up to output %d: %w", ErrPayload, i, err)
		}
		total = sum
	}
	return total, nil
}

// body encodes the TxBody: one message, memo and timeout height, nothing else.
func (p Payload) body() ([]byte, error) {
	msg, err := p.message()
	if err != nil {
		return nil, err
	}
	packed, err := codectypes.NewAnyWithValue(msg)
	if err != nil {
		return nil, fmt.Errorf("%w: message: %w", ErrPayload, err)
	}
	return proto.Marshal(&tx.TxBody{Messages: []*codectypes.Any{packed}, Memo: p.Memo, TimeoutHeight: p.TimeoutHeight})
}

func (p Payload) message() (proto.Message, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if !p.MultiSend {
		return &banktypes.MsgSend{FromAddress: p.From, ToAddress: p.Outputs[0].Address, Amount: p.coins(p.Outputs[0].Amount)}, nil
	}
	total, err := p.Total()
	if err != nil {
		return nil, err
	}
	outputs := make([]banktypes.Output, len(p.Outputs))
	for i, output := range p.Outputs {
		outputs[i] = banktypes.Output{Address: output.Address, Coins: p.coins(output.Amount)}
	}
	return &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: p.From, Coins: p.coins(total)}}, Outputs: outputs}, nil
}

func (p Payload) coins(amount math.Int) sdk.Coins { return sdk.Coins{{Denom: p.Denom, Amount: amount}} }

// fee has no payer and no granter: the vault, which is the first signer, pays.
func (p Payload) fee() *tx.Fee {
	fee := &tx.Fee{GasLimit: p.GasLimit}
	if p.Fee.IsPositive() {
		fee.Amount = sdk.Coins{p.Fee}
	}
	return fee
}

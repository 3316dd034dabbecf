package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// Letter is a transaction that the harness signs and sends itself, as the command line would, but
// without a process: what has to be in a certain block is sent like this.
type Letter struct {
	// Signers of the messages, each once, in the order in which messages name them; the first one pays.
	Signers []Account
	Memo    string
	// Gas limit; 0 is one and a half times what it would use now.
	Gas uint64
}

// Send signs messages by one account, sends them and waits until they are in a block. Errors:
// *CommandError where the node refused them, and those of Receipt.Failed.
func (c *Chain) Send(ctx context.Context, from Account, messages ...sdk.Msg) (Receipt, error) {
	receipt, err := c.SendAnyCode(ctx, Letter{Signers: []Account{from}}, messages...)
	if err != nil {
		return receipt, err
	}
	return receipt, receipt.Failed()
}

// SendAnyCode is Send for any letter; a transaction that fails in its block is no error.
func (c *Chain) SendAnyCode(ctx context.Context, letter Letter, messages ...sdk.Msg) (Receipt, error) {
	giveBack, err := c.wallet.take(ctx, letter.Signers)
	if err != nil {
		return Receipt{}, err
	}
	defer giveBack()
	body, err := bodyOf(letter.Memo, messages)
	if err != nil {
		return Receipt{}, err
	}
	shown := strings.Join(typesOf(body), ", ") + " by " + letter.Signers[0].Name
	if letter.Gas == 0 {
		letter.Gas, err = c.estimate(ctx, letter, body)
		if unreachable(err) {
			return Receipt{}, fmt.Errorf("%s: %w", shown, err)
		}
		if err != nil {
			return Receipt{}, &CommandError{Command: shown, Answer: err.Error(), Err: errRefused}
		}
	}
	raw, err := c.sign(ctx, letter, body)
	if err != nil {
		return Receipt{}, err
	}
	answer, err := c.RPC.BroadcastTxSync(ctx, raw)
	if err != nil {
		return Receipt{}, fmt.Errorf("%s: %w", shown, err)
	}
	if answer.Code != 0 {
		return Receipt{}, &CommandError{Command: shown, Answer: answer.Log, Err: fmt.Errorf("%w with code %d", errRefused, answer.Code)}
	}
	return c.Receipt(ctx, answer.Hash.String())
}

// errRefused: the node took no such transaction.
var errRefused = errors.New("refused")

// unreachable says whether an error is of a node that did not answer: no refusal.
func unreachable(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	}
	return false
}

// SendMessages is SendAnyCode for messages as JSON, by one account.
func (c *Chain) SendMessages(ctx context.Context, from Account, memo string, gas int64, messages ...Message) (Receipt, error) {
	decoded := make([]sdk.Msg, len(messages))
	for i, message := range messages {
		var err error
		if decoded[i], err = c.decode(message); err != nil {
			return Receipt{}, err
		}
	}
	return c.SendAnyCode(ctx, Letter{Signers: []Account{from}, Memo: memo, Gas: uint64(gas)}, decoded...) //nolint:gosec // a constant
}

func bodyOf(memo string, messages []sdk.Msg) (*tx.TxBody, error) {
	body := &tx.TxBody{Memo: memo}
	for _, message := range messages {
		packed, err := codectypes.NewAnyWithValue(message)
		if err != nil {
			return nil, err
		}
		body.Messages = append(body.Messages, packed)
	}
	return body, nil
}

func typesOf(body *tx.TxBody) []string {
	types := make([]string, len(body.Messages))
	for i, message := range body.Messages {
		types[i] = message.TypeUrl[strings.LastIndex(message.TypeUrl, ".")+1:]
	}
	return types
}

// presumedGas is what an estimate takes for the limit: a fee is paid in it, for which gas is used too.
const presumedGas = 200_000

// estimate lets the node execute the messages without keeping what they do. Its error is the module's refusal.
func (c *Chain) estimate(ctx context.Context, letter Letter, body *tx.TxBody) (uint64, error) {
	letter.Gas = presumedGas
	raw, err := c.sign(ctx, letter, body)
	if err != nil {
		return 0, err
	}
	answer, err := tx.NewServiceClient(c.GRPC).Simulate(ctx, &tx.SimulateRequest{TxBytes: raw})
	if err != nil {
		return 0, err
	}
	return answer.GasInfo.GasUsed * 3 / 2, nil
}

// sign makes the transaction with every signer's signature over its bytes (SIGN_MODE_DIRECT).
func (c *Chain) sign(ctx context.Context, letter Letter, body *tx.TxBody) ([]byte, error) {
	bodyBytes, err := body.Marshal()
	if err != nil {
		return nil, err
	}
	auth, numbers, err := c.authInfo(ctx, letter)
	if err != nil {
		return nil, err
	}
	authBytes, err := auth.Marshal()
	if err != nil {
		return nil, err
	}
	signed := tx.TxRaw{BodyBytes: bodyBytes, AuthInfoBytes: authBytes}
	for i, signer := range letter.Signers {
		key, err := c.PrivateKey(signer)
		if err != nil {
			return nil, err
		}
		document := tx.SignDoc{BodyBytes: bodyBytes, AuthInfoBytes: authBytes, ChainId: c.ID, AccountNumber: numbers[i]}
		signBytes, err := document.Marshal()
		if err != nil {
			return nil, err
		}
		signature, err := key.Sign(signBytes)
		if err != nil {
			return nil, err
		}
		signed.Signatures = append(signed.Signatures, signature)
	}
	return signed.Marshal()
}

// authInfo names the signers with their sequences, and the fee; the accounts' numbers come with it.
func (c *Chain) authInfo(ctx context.Context, letter Letter) (*tx.AuthInfo, []uint64, error) {
	fee, err := c.feeFor(letter.Gas)
	if err != nil {
		return nil, nil, err
	}
	auth := &tx.AuthInfo{Fee: &tx.Fee{GasLimit: letter.Gas, Amount: fee}}
	numbers := make([]uint64, len(letter.Signers))
	for i, signer := range letter.Signers {
		answer, err := authtypes.NewQueryClient(c.GRPC).AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: signer.Address})
		if err != nil {
			return nil, nil, fmt.Errorf("account %s: %w", signer.Address, err)
		}
		key, err := c.PrivateKey(signer)
		if err != nil {
			return nil, nil, err
		}
		public, err := codectypes.NewAnyWithValue(key.PubKey())
		if err != nil {
			return nil, nil, err
		}
		numbers[i] = answer.Info.AccountNumber
		auth.SignerInfos = append(auth.SignerInfos, &tx.SignerInfo{
			PublicKey: public, Sequence: answer.Info.Sequence,
			ModeInfo: &tx.ModeInfo{Sum: &tx.ModeInfo_Single_{Single: &tx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}},
		})
	}
	return auth, numbers, nil
}

// feeFor a limit of gas at the chain's price, rounded up.
func (c *Chain) feeFor(gas uint64) (sdk.Coins, error) {
	price, err := math.LegacyNewDecFromStr(strings.TrimSuffix(c.GasPrice, c.Denom))
	if err != nil {
		return nil, fmt.Errorf("gas price %s: %w", c.GasPrice, err)
	}
	fee := price.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt()
	if fee.IsZero() {
		return nil, nil
	}
	return sdk.Coins{{Denom: c.Denom, Amount: fee}}, nil
}

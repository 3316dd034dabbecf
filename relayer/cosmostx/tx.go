package cosmostx

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

// Tx is what a transaction says. A non-zero Timeout makes it unordered: it carries no sequence, is executed at most once,
// and only in a block whose time is not past Timeout (UTC).
type Tx struct {
	Messages []proto.Message
	Memo     string
	// TimeoutHeight is the last height at which the transaction can execute, 0 for none.
	TimeoutHeight uint64
	Timeout       time.Time
	Fee           sdk.Coins
	Gas           uint64
}

// Signer is who signs, and where. Sequence is ignored for an unordered transaction.
type Signer struct {
	ChainID       string
	AccountNumber uint64
	Sequence      uint64
	PubKey        cryptotypes.PubKey
	// Sign returns the 64-byte signature over the SHA-256 of the given bytes.
	Sign func(signBytes []byte) ([]byte, error)
}

// Sign returns the signed transaction, ready to broadcast.
func Sign(tx Tx, signer Signer) ([]byte, error) {
	body, auth, err := tx.parts(signer)
	if err != nil {
		return nil, err
	}
	doc := txtypes.SignDoc{
		BodyBytes: body, AuthInfoBytes: auth, ChainId: signer.ChainID, AccountNumber: signer.AccountNumber,
	}
	signBytes, err := doc.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding sign doc: %w", err)
	}
	signature, err := signer.Sign(signBytes)
	if err != nil {
		return nil, fmt.Errorf("signing transaction: %w", err)
	}
	return encode(body, auth, signature)
}

// Unsigned returns the transaction with an empty signature, as simulation wants it.
func Unsigned(tx Tx, signer Signer) ([]byte, error) {
	body, auth, err := tx.parts(signer)
	if err != nil {
		return nil, err
	}
	return encode(body, auth, []byte{})
}

// Hash is the SHA-256 by which a chain names a raw transaction.
func Hash(raw []byte) [32]byte { return sha256.Sum256(raw) }

func encode(body, auth, signature []byte) ([]byte, error) {
	raw := txtypes.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{signature}}
	return raw.Marshal()
}

func (tx Tx) parts(signer Signer) (body, auth []byte, err error) {
	if body, err = tx.body(); err != nil {
		return nil, nil, err
	}
	auth, err = tx.authInfo(signer)
	return body, auth, err
}

func (tx Tx) body() ([]byte, error) {
	body := txtypes.TxBody{Memo: tx.Memo, TimeoutHeight: tx.TimeoutHeight}
	for _, msg := range tx.Messages {
		packed, err := codectypes.NewAnyWithValue(msg)
		if err != nil {
			return nil, fmt.Errorf("packing %T: %w", msg, err)
		}
		body.Messages = append(body.Messages, packed)
	}
	if !tx.Timeout.IsZero() {
		timeout := tx.Timeout.UTC()
		body.Unordered, body.TimeoutTimestamp = true, &timeout
	}
	return body.Marshal()
}

func (tx Tx) authInfo(signer Signer) ([]byte, error) {
	key, err := codectypes.NewAnyWithValue(signer.PubKey)
	if err != nil {
		return nil, fmt.Errorf("packing public key: %w", err)
	}
	sequence := signer.Sequence
	if !tx.Timeout.IsZero() {
		sequence = 0
	}
	mode := &txtypes.ModeInfo_Single_{Single: &txtypes.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}
	auth := txtypes.AuthInfo{
		SignerInfos: []*txtypes.SignerInfo{{PublicKey: key, ModeInfo: &txtypes.ModeInfo{Sum: mode}, Sequence: sequence}},
		Fee:         &txtypes.Fee{Amount: tx.Fee, GasLimit: tx.Gas},
	}
	return auth.Marshal()
}

package cosmos

import (
	"crypto/sha256"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
)

// DigestOfTx returns the digest that an encoded transaction's only signer has signed in amino-JSON mode, and the sequence that it
// used: equal to a session's digest if and only if the transaction does exactly what that session asked. It is total: any bytes
// give a digest or ErrForeign. Conditions, in this order: TxRaw, body and auth info decode; one signer; a fee; one message, a
// MsgSend or MsgMultiSend; no unknown fields or extensions in the body.
func DigestOfTx(txBytes []byte, chainID string, accountNumber uint64) (digest [sha256.Size]byte, sequence uint64, err error) {
	var raw tx.TxRaw
	var body tx.TxBody
	var authInfo tx.AuthInfo
	for _, part := range []struct {
		name string
		bz   *[]byte
		into proto.Message
	}{{"transaction", &txBytes, &raw}, {"body", &raw.BodyBytes, &body}, {"auth info", &raw.AuthInfoBytes, &authInfo}} {
		if err := proto.Unmarshal(*part.bz, part.into); err != nil {
			return digest, 0, fmt.Errorf("%w: %s: %w", ErrForeign, part.name, err)
		}
	}
	if err := onlyBankMessage(&body, &authInfo); err != nil {
		return digest, 0, err
	}
	signer := signing.SignerData{
		// The handler wants an address and puts it nowhere.
		Address: "vault", ChainID: chainID, AccountNumber: accountNumber, Sequence: authInfo.SignerInfos[0].Sequence,
	}
	document, err := signDocument(raw.BodyBytes, raw.AuthInfoBytes, signer)
	if err != nil {
		return digest, 0, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return sha256.Sum256(document), signer.Sequence, nil
}

const (
	sendURL      = "/cosmos.bank.v1beta1.MsgSend"
	multiSendURL = "/cosmos.bank.v1beta1.MsgMultiSend"
)

func onlyBankMessage(body *tx.TxBody, authInfo *tx.AuthInfo) error {
	if len(authInfo.SignerInfos) != 1 {
		return fmt.Errorf("%w: %d signers, want 1", ErrForeign, len(authInfo.SignerInfos))
	}
	if authInfo.Fee == nil {
		return fmt.Errorf("%w: no fee", ErrForeign)
	}
	if len(body.Messages) != 1 {
		return fmt.Errorf("%w: %d messages, want 1", ErrForeign, len(body.Messages))
	}
	if url := body.Messages[0].TypeUrl; url != sendURL && url != multiSendURL {
		return fmt.Errorf("%w: message %s, want %s or %s", ErrForeign, url, sendURL, multiSendURL)
	}
	return nil
}

package claim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
)

const signatureLength = 64

// The fields of the ADR-36 document in the alphabetic order that canonical JSON wants.
type signDocument struct {
	AccountNumber string    `json:"account_number"`
	ChainID       string    `json:"chain_id"`
	Fee           signFee   `json:"fee"`
	Memo          string    `json:"memo"`
	Msgs          []signMsg `json:"msgs"`
	Sequence      string    `json:"sequence"`
}

type signFee struct {
	Amount []struct{} `json:"amount"`
	Gas    string     `json:"gas"`
}

type signMsg struct {
	Type  string    `json:"type"`
	Value signValue `json:"value"`
}

type signValue struct {
	Data   string `json:"data"`
	Signer string `json:"signer"`
}

// SignBytes is the ADR-36 amino-JSON document over a text, for a signer in its own chain's notation; the signature is over its SHA-256.
func SignBytes(text, signer string) ([]byte, error) {
	return json.Marshal(signDocument{
		AccountNumber: "0",
		Fee:           signFee{Amount: []struct{}{}, Gas: "0"},
		Msgs: []signMsg{{
			Type:  "sign/MsgSignData",
			Value: signValue{Data: base64.StdEncoding.EncodeToString([]byte(text)), Signer: signer},
		}},
		Sequence: "0",
	})
}

// adr36 is ADR-36 of the Cosmos SDK, for addresses with a bech32 prefix.
type adr36 struct{ prefix string }

func (adr36) Document(text, signer string) (string, error) {
	document, err := SignBytes(text, signer)
	return string(document), err
}

// Verify checks, in this order: the 33-byte key's address is the sender; the 64-byte low-S signature over the text is the key's. The
// address is the bech32 form, with the original chain's prefix, of RIPEMD-160(SHA-256(key)).
func (s adr36) Verify(d Deposit, sender string, key, signature []byte) error {
	if len(key) != keyLength {
		return fmt.Errorf("public key has %d bytes, wanted %d", len(key), keyLength)
	}
	public := secp256k1.PubKey{Key: key}
	address, err := bech32.ConvertAndEncode(s.prefix, sdk.AccAddress(public.Address()))
	if err != nil {
		return err
	}
	if address != sender {
		return fmt.Errorf("public key is of %s, wanted the sender %s", address, sender)
	}
	if len(signature) != signatureLength {
		return fmt.Errorf("signature has %d bytes, wanted %d", len(signature), signatureLength)
	}
	document, err := SignBytes(d.Text(), sender)
	if err != nil {
		return err
	}
	if !public.VerifySignature(document, signature) {
		return fmt.Errorf("signature is not over the ADR-36 document of %q", d.Text())
	}
	return nil
}

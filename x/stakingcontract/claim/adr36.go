package claim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	curve "github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
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

// Verify checks a claim by one key, or by a multisig where the key is longer than one. By one key,
// in this order: the 33-byte key's address is the sender; the 64-byte signature is canonical, with
// S in the lower half of the order, and the key's over the text. The address is the bech32 form,
// with the original chain's prefix, of RIPEMD-160(SHA-256(key)).
func (s adr36) Verify(d Deposit, sender string, key, signature []byte, charge func()) error {
	if len(key) > keyLength {
		return s.verifyMultisig(d, sender, key, signature, charge)
	}
	if len(key) != keyLength {
		return fmt.Errorf("public key has %d bytes, wanted %d", len(key), keyLength)
	}
	public := &secp256k1.PubKey{Key: key}
	if err := s.checkSender(public, sender); err != nil {
		return err
	}
	if err := checkCanonical(signature); err != nil {
		return err
	}
	signed, err := verifyAs(sender, d.Text(), public, signature, charge)
	if err == nil && !signed {
		err = fmt.Errorf("signature is not over the ADR-36 document of %q", d.Text())
	}
	return err
}

// addressOf is a key's address in the original chain's notation.
func (s adr36) addressOf(key cryptotypes.PubKey) (string, error) {
	return bech32.ConvertAndEncode(s.prefix, key.Address())
}

func (s adr36) checkSender(key cryptotypes.PubKey, sender string) error {
	address, err := s.addressOf(key)
	if err == nil && address != sender {
		err = fmt.Errorf("public key is of %s, wanted the sender %s", address, sender)
	}
	return err
}

// checkCanonical accepts R ‖ S in 64 bytes, both in [1, n), S in the lower half.
func checkCanonical(signature []byte) error {
	if len(signature) != signatureLength {
		return fmt.Errorf("signature has %d bytes, wanted %d", len(signature), signatureLength)
	}
	var r, s curve.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return fmt.Errorf("signature is %X, wanted R and S from 1 to the order of the curve less 1", signature)
	}
	if s.IsOverHalfOrder() {
		return fmt.Errorf("signature's S is %X, wanted its one form in the lower half of the order", signature[32:])
	}
	return nil
}

// verifyAs says whether a canonical signature is a key's over the ADR-36 document of a text for
// that signer.
func verifyAs(signer, text string, key *secp256k1.PubKey, signature []byte, charge func()) (bool, error) {
	document, err := SignBytes(text, signer)
	if err != nil {
		return false, err
	}
	charge()
	return key.VerifySignature(document, signature), nil
}

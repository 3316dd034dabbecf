package cosmos

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/types/tx"
)

// Account is what sign bytes say of the account that they act for.
type Account struct {
	ChainID string
	Number  uint64
	// Address in bech32.
	Address string
}

// ActsFor returns nil if a document is the sign bytes of a transaction that would act for an account, in any mode that the key of a
// multisig can sign in: amino JSON, direct, or direct auxiliary. It is total. Conditions, in this order: the document is exactly what a
// chain makes of such a transaction (sorted JSON, or protobuf that encodes to itself), of one message at least; its chain id is the
// account's; so is its account number; the account's address is in its messages or in who pays its fee or tip, in bech32 of either case or
// as 0x and hex digits.
// Errors: ErrForeign.
func ActsFor(document []byte, account Account) error {
	read, err := readDocument(document)
	if err != nil {
		return err
	}
	if read.chainID != account.ChainID {
		return fmt.Errorf("%w: chain id %q, want %q", ErrForeign, read.chainID, account.ChainID)
	}
	if read.number != strconv.FormatUint(account.Number, 10) {
		return fmt.Errorf("%w: account number %q, want %d", ErrForeign, read.number, account.Number)
	}
	return read.names(account.Address)
}

// readSignDocument is what the modes' documents have in common.
type readSignDocument struct {
	chainID string
	// number is the account's in decimal digits.
	number string
	// acting is all that names who the transaction acts for, as it is encoded: its messages, for a message names its account, and its fee
	// and tip, for an account may have signed for nothing but to pay another's transaction with all that it has.
	acting []byte
}

func readDocument(document []byte) (readSignDocument, error) {
	if bytes.HasPrefix(document, []byte("{")) {
		return readAminoJSON(document)
	}
	return readDirect(document)
}

// readAminoJSON reads a sign document in the amino-JSON mode. What is not sorted JSON without spaces, no chain has ever hashed.
func readAminoJSON(document []byte) (readSignDocument, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var whole map[string]any
	if err := decoder.Decode(&whole); err != nil {
		return readSignDocument{}, fmt.Errorf("%w: amino JSON: %w", ErrForeign, err)
	}
	sorted, err := json.Marshal(whole)
	if err != nil || !bytes.Equal(sorted, document) {
		return readSignDocument{}, fmt.Errorf("%w: amino JSON is not in its sorted form", ErrForeign)
	}
	chainID, _ := whole["chain_id"].(string)
	number, _ := whole["account_number"].(string)
	messages, _ := whole["msgs"].([]any)
	if len(messages) == 0 {
		return readSignDocument{}, fmt.Errorf("%w: amino JSON without messages", ErrForeign)
	}
	acting, err := json.Marshal([]any{messages, whole["fee"], whole["tip"]})
	return readSignDocument{chainID: chainID, number: number, acting: acting}, err
}

// readDirect reads a SignDoc, or a SignDocDirectAux, which shares its first, third and fourth fields.
func readDirect(document []byte) (readSignDocument, error) {
	var direct tx.SignDoc
	if same(document, &direct) {
		return readBody(direct.BodyBytes, payers(direct.AuthInfoBytes), direct.ChainId, direct.AccountNumber)
	}
	var auxiliary tx.SignDocDirectAux
	if same(document, &auxiliary) {
		return readBody(auxiliary.BodyBytes, auxiliary.Tip.GetTipper(), auxiliary.ChainId, auxiliary.AccountNumber) //nolint:staticcheck // chains of older SDKs take tips.
	}
	return readSignDocument{}, fmt.Errorf("%w: neither amino JSON nor a direct sign document", ErrForeign)
}

// same decodes a document and says whether the message encodes to it again.
func same(document []byte, into proto.Message) bool {
	if err := proto.Unmarshal(document, into); err != nil {
		return false
	}
	encoded, err := proto.Marshal(into)
	return err == nil && bytes.Equal(encoded, document)
}

// payers are who pays a transaction's fee and tip; nobody where no chain could read it.
func payers(authInfo []byte) string {
	var decoded tx.AuthInfo
	if err := proto.Unmarshal(authInfo, &decoded); err != nil {
		return ""
	}
	return decoded.GetFee().GetPayer() + " " + decoded.GetTip().GetTipper() //nolint:staticcheck // chains of older SDKs take tips.
}

func readBody(body []byte, payers, chainID string, number uint64) (readSignDocument, error) {
	var decoded tx.TxBody
	if err := proto.Unmarshal(body, &decoded); err != nil {
		return readSignDocument{}, fmt.Errorf("%w: body: %w", ErrForeign, err)
	}
	if len(decoded.Messages) == 0 {
		return readSignDocument{}, fmt.Errorf("%w: body without messages", ErrForeign)
	}
	acting := append(append(bytes.Clone(body), ' '), payers...)
	return readSignDocument{chainID: chainID, number: strconv.FormatUint(number, 10), acting: acting}, nil
}

// names looks for an address, as text.
func (d readSignDocument) names(address string) error {
	_, raw, err := bech32.DecodeAndConvert(address)
	if err != nil {
		return fmt.Errorf("%w: address %q: %w", ErrForeign, address, err)
	}
	text := bytes.ToLower(d.acting)
	for _, notation := range []string{strings.ToLower(address), "0x" + hex.EncodeToString(raw)} {
		if bytes.Contains(text, []byte(notation)) {
			return nil
		}
	}
	return fmt.Errorf("%w: no message and no payer names %s", ErrForeign, address)
}

// Package claim makes and verifies the text by which the sender of an UNMATCHED deposit says who gets its rTokens (protocol §8), signed with the
// key that sent the deposit in the way that wallets of its chain sign texts.
package claim

import (
	"encoding/hex"
	"fmt"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const keyLength = 33

// Scheme is how senders on a kind of original chain sign a text.
type Scheme interface {
	// Document is what a wallet is given to sign the text, for a signer in its own chain's notation.
	Document(text, signer string) (string, error)
	// Verify checks that the sender of a deposit signed its text. It calls charge before each
	// signature that it verifies.
	Verify(d Deposit, sender string, key, signature []byte, charge func()) error
}

// SchemeOf returns the scheme of a contract's original chain: ADR-36 of the Cosmos SDK, or personal_sign.
func SchemeOf(c types.Contract) Scheme {
	if c.Ethereum != nil {
		return personal{}
	}
	return adr36{prefix: c.AddressPrefix()}
}

// Deposit names a deposit and who shall get its rTokens.
type Deposit struct {
	// ChainID of this chain.
	ChainID  string
	Contract uint64
	TxHash   []byte
	Index    uint32
	// Recipient is a bech32 address of this chain.
	Recipient string
}

// Text is what the sender signs: "stafi/claim/v1 <chain-id> <contract>/<tx hash, lower-case hex>/<index> <recipient>".
func (d Deposit) Text() string {
	return fmt.Sprintf("stafi/claim/v1 %s %d/%s/%d %s", d.ChainID, d.Contract, hex.EncodeToString(d.TxHash), d.Index, d.Recipient)
}

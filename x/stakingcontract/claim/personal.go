package claim

import (
	"bytes"
	"fmt"

	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// personal is personal_sign of Ethereum wallets (EIP-191, version 0x45).
type personal struct{}

// Document is the text itself: a wallet shows it and adds the prefix by which no transaction can be meant.
func (personal) Document(text, _ string) (string, error) { return text, nil }

// Verify checks, in this order: the 65-byte low-S signature over the text recovers to the sender's address (EIP-55); the key, if one is
// given, is the 33-byte one that it recovers to. A sender that is a contract has no key, and can't claim.
func (personal) Verify(d Deposit, sender string, key, signature []byte, charge func()) error {
	charge()
	recovered, address, err := ethereum.MessageSigner(d.Text(), signature)
	if err != nil {
		return err
	}
	if address.Hex() != sender {
		return fmt.Errorf("signature is by %s over %q, wanted one by the sender %s", address, d.Text(), sender)
	}
	if len(key) > 0 && !bytes.Equal(key, recovered) {
		return fmt.Errorf("public key is %X, wanted none or the sender's %X", key, recovered)
	}
	return nil
}

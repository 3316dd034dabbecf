package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// claimText is what the sender of an UNMATCHED deposit signs (protocol §8).
func claimText(chainID string, contract uint64, txHash string, index uint32, recipient string) string {
	return fmt.Sprintf("stafi/claim/v1 %s %d/%s/%d %s", chainID, contract, strings.ToLower(txHash), index, recipient)
}

// signArbitrary signs a text as a wallet does it (ADR-36): 64 bytes, R‖S.
func signArbitrary(key *secp256k1.PrivKey, signer, text string) ([]byte, error) {
	document, err := json.Marshal(arbitraryDocument(signer, text))
	if err != nil {
		return nil, err
	}
	return key.Sign(document)
}

// arbitraryDocument is ADR-36's sign document; maps are marshalled with sorted keys, as amino JSON wants it.
func arbitraryDocument(signer, text string) map[string]any {
	return map[string]any{
		"account_number": "0", "chain_id": "", "memo": "", "sequence": "0",
		"fee": map[string]any{"amount": []any{}, "gas": "0"},
		"msgs": []any{map[string]any{
			"type":  "sign/MsgSignData",
			"value": map[string]any{"data": base64.StdEncoding.EncodeToString([]byte(text)), "signer": signer},
		}},
	}
}

// digestSignature signs a 32-byte digest as vault members do: 64 bytes, R‖S, low S.
func digestSignature(key *secp256k1.PrivKey, signBytes []byte, digest []byte) ([]byte, error) {
	if got := sha256.Sum256(signBytes); string(got[:]) != string(digest) {
		return nil, fmt.Errorf("sign bytes hash to %x, the session's digest is %x", got, digest)
	}
	return key.Sign(signBytes)
}

package types

import "strings"

// ClaimMemo begins what a payment names as its recipient where it also claims the earlier ones of the same sender that name nobody:
// stafi/claim/ADDRESS, which the 64 bytes that the deposit contract takes have room for (protocol §8).
const ClaimMemo = "stafi/claim/"

// ParseClaimMemo returns the address that such a payment names; false where the memo says something else.
func ParseClaimMemo(memo string) (recipient string, found bool) {
	return strings.CutPrefix(strings.TrimSpace(memo), ClaimMemo)
}

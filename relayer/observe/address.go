package observe

import (
	"encoding/hex"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// account is an address of the original chain in comparable form: its raw bytes, or empty where the text is no address of it.
type account string

// readAccount reads an address as an SDK chain does: bech32 in either case with the chain's prefix, or, as chains with an EVM
// accept in bank messages too, 0x and 40 hex digits.
func readAccount(prefix, text string) account {
	if digits, found := strings.CutPrefix(text, "0x"); found && len(digits) == 40 {
		bz, err := hex.DecodeString(digits)
		if err != nil {
			return ""
		}
		return account(bz)
	}
	hrp, bz, err := bech32.DecodeAndConvert(text)
	if err != nil || hrp != prefix {
		return ""
	}
	return account(bz)
}

// notation writes an address as the original chain does, in lower-case bech32; text that is no address of it is kept. Both are
// cut to the length of a sender.
func notation(prefix, text string) string {
	if bz := readAccount(prefix, text); bz != "" {
		if written, err := bech32.ConvertAndEncode(prefix, []byte(bz)); err == nil {
			return cut(written, types.MaxSender)
		}
	}
	return cut(text, types.MaxSender)
}

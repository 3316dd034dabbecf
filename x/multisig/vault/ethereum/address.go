package ethereum

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// ChainIDPrefix stands before an EVM chain's number in the name that this chain knows it by: eip155-1 is Ethereum.
const ChainIDPrefix = "eip155-"

// ChainID returns the name of the EVM chain with that number (EIP-155).
func ChainID(number uint64) string { return ChainIDPrefix + strconv.FormatUint(number, 10) }

// ChainNumber returns the number of an EVM chain by its name: eip155-1 is 1. It accepts exactly what ChainID makes of numbers above 0.
// Errors: ErrChainID.
func ChainNumber(chainID string) (uint64, error) {
	digits, found := strings.CutPrefix(chainID, ChainIDPrefix)
	number, err := strconv.ParseUint(digits, 10, 64)
	if !found || err != nil || number == 0 || ChainID(number) != chainID {
		return 0, fmt.Errorf("%w: %q, want %s and a number above 0", ErrChainID, chainID, ChainIDPrefix)
	}
	return number, nil
}

// ParseAddress reads an address in exactly its EIP-55 form: 0x, 40 hex digits, the letters' case its checksum. There is one text for an
// address: the checksum is wanted, not only respected, because a payment to a mistyped address can't be taken back. Errors: ErrAddress.
func ParseAddress(text string) (common.Address, error) {
	const size = 2 + 2*common.AddressLength
	if len(text) != size || text[:2] != "0x" || !common.IsHexAddress(text) {
		return common.Address{}, fmt.Errorf("%w: %.64q, want 0x and %d hex digits", ErrAddress, text, size-2)
	}
	address := common.HexToAddress(text)
	if address.Hex() != text {
		return common.Address{}, fmt.Errorf("%w: %s has a wrong EIP-55 checksum", ErrAddress, text)
	}
	return address, nil
}

// Recipient reads the address that a redemption names. Conditions, in this order: it is in its EIP-55 form (ErrAddress); it is not the zero
// address, not the Safe, not the contract's deposit contract, which refuses plain payments, and none of Safe's own contracts, which refuse them
// too or keep them for ever (ErrRecipient).
func Recipient(text string, safe, deposit common.Address) (common.Address, error) {
	address, err := ParseAddress(text)
	if err != nil {
		return common.Address{}, err
	}
	return address, checkRecipient(address, safe, deposit)
}

func checkRecipient(address common.Address, safe, deposit common.Address) error {
	canonical := Canonical()
	for _, forbidden := range []struct {
		name    string
		address common.Address
	}{
		{"the zero address", common.Address{}}, {"the vault itself", safe}, {"the deposit contract", deposit},
		{"the singleton factory", SingletonFactory}, {"the Safes' factory", canonical.Factory}, {"the Safes' code", canonical.Singleton},
		{"MultiSend", canonical.MultiSend},
	} {
		if address == forbidden.address {
			return fmt.Errorf("%w: %s is %s", ErrRecipient, address, forbidden.name)
		}
	}
	return nil
}

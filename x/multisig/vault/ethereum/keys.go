package ethereum

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// KeySize is the length of a compressed secp256k1 public key in bytes.
const KeySize = 33

// KeyAddress returns the address that a 33-byte compressed key owns: the last 20 bytes of keccak256 of its point. Errors: ErrKey.
func KeyAddress(key []byte) (common.Address, error) {
	if len(key) != KeySize {
		return common.Address{}, fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(key), KeySize)
	}
	point, err := crypto.DecompressPubkey(key)
	if err != nil {
		return common.Address{}, fmt.Errorf("%w: %X: %w", ErrKey, key, err)
	}
	return crypto.PubkeyToAddress(*point), nil
}

// SortKeys returns keys in a vault's order, which is that of their addresses: the order in which a Safe wants signatures. Errors: ErrKey.
func SortKeys(keys [][]byte) ([][]byte, error) {
	type owned struct {
		address common.Address
		key     []byte
	}
	all := make([]owned, len(keys))
	for i, key := range keys {
		address, err := KeyAddress(key)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		all[i] = owned{address, bytes.Clone(key)}
	}
	slices.SortFunc(all, func(a, b owned) int { return a.address.Cmp(b.address) })
	sorted := make([][]byte, len(keys))
	for i, one := range all {
		if i > 0 && one.address == all[i-1].address {
			return nil, fmt.Errorf("%w: %X is there twice", ErrKey, one.key)
		}
		sorted[i] = one.key
	}
	return sorted, nil
}

// KeyAddresses returns the keys' addresses, in the keys' order. Errors: ErrKey.
func KeyAddresses(keys [][]byte) ([]common.Address, error) {
	addresses := make([]common.Address, len(keys))
	for i, key := range keys {
		address, err := KeyAddress(key)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		addresses[i] = address
	}
	return addresses, nil
}

package cosmos

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/btcec/v2"

	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
)

// KeySize is the length of a compressed secp256k1 public key in bytes.
const KeySize = secp256k1.PubKeySize

// Address returns the bech32 address of the vault of 33-byte compressed keys of which threshold must sign, and the keys in the
// vault's order: sorted by their 20-byte addresses (protocol §7). Whoever orders the keys gets the same address.
// Errors: ErrKey, ErrThreshold, ErrPayload for a prefix that bech32 refuses.
func Address(prefix string, threshold uint32, keys [][]byte) (string, [][]byte, error) {
	sorted, err := sortKeys(keys)
	if err != nil {
		return "", nil, err
	}
	pubKey, err := vaultKey(threshold, sorted)
	if err != nil {
		return "", nil, err
	}
	if prefix == "" {
		return "", nil, fmt.Errorf("%w: empty bech32 prefix", ErrPayload)
	}
	address, err := bech32.ConvertAndEncode(prefix, pubKey.Address())
	if err != nil {
		return "", nil, fmt.Errorf("%w: bech32 prefix %q: %w", ErrPayload, prefix, err)
	}
	return address, sorted, nil
}

func sortKeys(keys [][]byte) ([][]byte, error) {
	sorted := make([][]byte, len(keys))
	for i, key := range keys {
		if err := ValidateKey(key); err != nil {
			return nil, fmt.Errorf("key %d: %w", i, err)
		}
		sorted[i] = bytes.Clone(key)
	}
	slices.SortFunc(sorted, func(a, b []byte) int { return bytes.Compare(keyAddress(a), keyAddress(b)) })
	for i := 1; i < len(sorted); i++ {
		if bytes.Equal(sorted[i-1], sorted[i]) {
			return nil, fmt.Errorf("%w: %X is there twice", ErrKey, sorted[i])
		}
	}
	return sorted, nil
}

// ValidateKey returns ErrKey unless key is a 33-byte compressed point of secp256k1.
func ValidateKey(key []byte) error {
	if len(key) != KeySize {
		return fmt.Errorf("%w: %d bytes, want %d", ErrKey, len(key), KeySize)
	}
	if _, err := btcec.ParsePubKey(key); err != nil {
		return fmt.Errorf("%w: %X: %w", ErrKey, key, err)
	}
	return nil
}

func keyAddress(key []byte) []byte { return (&secp256k1.PubKey{Key: key}).Address() }

// vaultKey is the multisig public key of keys that are in the vault's order.
func vaultKey(threshold uint32, sorted [][]byte) (*multisig.LegacyAminoPubKey, error) {
	if threshold == 0 || int(threshold) > len(sorted) {
		return nil, fmt.Errorf("%w: %d of %d keys", ErrThreshold, threshold, len(sorted))
	}
	pubKeys := make([]cryptotypes.PubKey, len(sorted))
	for i, key := range sorted {
		pubKeys[i] = &secp256k1.PubKey{Key: key}
	}
	return multisig.NewLegacyAminoPubKey(int(threshold), pubKeys), nil
}

package e2e

import (
	"crypto/sha256"

	"github.com/cosmos/cosmos-sdk/types/bech32"
)

func decodeBech32(address string) (prefix string, bytes []byte, err error) {
	return bech32.DecodeAndConvert(address)
}

// freshBytes are the 20 bytes of an address without a known key.
func freshBytes(name string) []byte {
	hash := sha256.Sum256([]byte("stafi end-to-end fresh address " + name))
	return hash[:20]
}

package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
)

// checksumSize truncates SHA-256: 8 bytes find bit rot; they are no defence
// against someone who can write to the disk.
const checksumSize = 8

// seal appends the checksum of key and value, so that a record under a wrong
// key is found too.
func seal(key, value []byte) []byte {
	sum := checksum(key, value)
	sealed := make([]byte, 0, len(value)+checksumSize)
	return append(append(sealed, value...), sum...)
}

func unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < checksumSize {
		return nil, fmt.Errorf("%w: %X has %d bytes, want at least %d", ErrCorrupt, key, len(sealed), checksumSize)
	}
	value, found := sealed[:len(sealed)-checksumSize], sealed[len(sealed)-checksumSize:]
	if want := checksum(key, value); !bytes.Equal(found, want) {
		return nil, fmt.Errorf("%w: %X has checksum %X, want %X", ErrCorrupt, key, found, want)
	}
	return value, nil
}

func checksum(key, value []byte) []byte {
	h := sha256.New()
	h.Write([]byte{byte(len(key))})
	h.Write(key)
	h.Write(value)
	return h.Sum(nil)[:checksumSize]
}

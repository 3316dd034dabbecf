package ethereum

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
)

// MessageDigest returns what a wallet signs when it is asked by personal_sign to sign a text: keccak256 of the text behind EIP-191's prefix
// of version 0x45 and its length in bytes. A text of 32 bytes is the only one that a Safe could read (SafeTx.EthSignDocument).
func MessageDigest(text string) common.Hash {
	return common.BytesToHash(accounts.TextHash([]byte(text)))
}

// MessageSigner returns the 33-byte compressed key and the address that signed a text by personal_sign. Conditions, in this order: the
// signature is 65 bytes, r, s and v; v is 27 or 28, or, as some wallets write it, 0 or 1; r and s are in [1, n), s in its lower half (EIP-2);
// a key is recovered. Any such signature recovers some key: the caller compares it with the one it wants. Errors: ErrSignatures.
func MessageSigner(text string, signature []byte) (key []byte, address common.Address, err error) {
	if len(signature) != SignatureSize {
		return nil, address, fmt.Errorf("%w: %d bytes, want %d", ErrSignatures, len(signature), SignatureSize)
	}
	standard := bytes.Clone(signature)
	v := &standard[SignatureSize-1]
	if *v < 2 {
		*v += electrum
	}
	if *v != electrum && *v != electrum+1 {
		return nil, address, fmt.Errorf("%w: v is %d, want 0, 1, 27 or 28", ErrSignatures, *v)
	}
	key, ok := recoverKey(MessageDigest(text).Bytes(), standard)
	if !ok {
		return nil, address, fmt.Errorf("%w: %X has an r or s that no signature in its one form has", ErrSignatures, signature)
	}
	address, err = KeyAddress(key)
	return key, address, err
}

package ethereum

import (
	"bytes"
	"fmt"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ethSignPrefix is what eth_sign puts before 32 bytes (EIP-191, version 0x45). The Safe takes such a signature, with 4 added to v, as well.
const ethSignPrefix = "\x19Ethereum Signed Message:\n32"

// documentABI encodes a SafeTx whole.
var documentABI = sync.OnceValue(func() abi.Arguments {
	return parseABI(`[{"type":"function","name":"safeTx","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},{"name":"safeTxGas","type":"uint256"},{"name":"baseGas","type":"uint256"},{"name":"gasPrice","type":"uint256"},{"name":"gasToken","type":"address"},{"name":"refundReceiver","type":"address"},{"name":"nonce","type":"uint256"}]}]`).
		Methods["safeTx"].Inputs
})

// Document returns a SafeTx whole, in the one form that DocumentDigest reads: the ABI's encoding of its ten fields.
func (t SafeTx) Document() []byte {
	document, err := documentABI().Pack(t.To, t.Value, t.Data, uint8(t.Operation), t.SafeTxGas, t.BaseGas, t.GasPrice, t.GasToken,
		t.RefundReceiver, t.Nonce)
	if err != nil {
		panic(err)
	}
	return document
}

// EthSignDocument returns what a SafeTx's hash is signed as by eth_sign: the prefix, then the document.
func (t SafeTx) EthSignDocument() []byte { return append([]byte(ethSignPrefix), t.Document()...) }

// DocumentDigest returns the digest that a signature over a document signs if the signature could move what a Safe holds: the document
// is a SafeTx, whatever it does, alone or after eth_sign's prefix. It is total. The Safe and its chain are not in the document but in the
// digest, so a signature made for another Safe or chain does not verify. Errors: ErrForeign.
func DocumentDigest(document []byte, d Domain) (common.Hash, error) {
	encoded, prefixed := bytes.CutPrefix(document, []byte(ethSignPrefix))
	tx, err := readDocument(encoded)
	if err != nil {
		return common.Hash{}, err
	}
	hash, err := tx.Hash(d)
	if err != nil || !prefixed {
		return hash, err
	}
	return crypto.Keccak256Hash([]byte(ethSignPrefix), hash.Bytes()), nil
}

func readDocument(document []byte) (SafeTx, error) {
	// A word for each field and one for the length of the data.
	if len(document) < (len(documentABI())+1)*common.HashLength {
		return SafeTx{}, fmt.Errorf("%w: document of %d bytes is no SafeTx", ErrForeign, len(document))
	}
	values, err := documentABI().Unpack(document)
	if err != nil {
		return SafeTx{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	tx := fromValues(values)
	if !bytes.Equal(tx.Document(), document) {
		return SafeTx{}, fmt.Errorf("%w: document is not in its one form", ErrForeign)
	}
	return tx, nil
}

// fromValues takes what the ABI read; the types are those of documentABI.
func fromValues(values []any) SafeTx {
	return SafeTx{
		To: values[0].(common.Address), Value: values[1].(*big.Int), Data: values[2].([]byte),
		Operation: Operation(values[3].(uint8)), SafeTxGas: values[4].(*big.Int), BaseGas: values[5].(*big.Int), GasPrice: values[6].(*big.Int),
		GasToken: values[7].(common.Address), RefundReceiver: values[8].(common.Address), Nonce: values[9].(*big.Int),
	}
}

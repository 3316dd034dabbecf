package ethereum

import (
	"math/big"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// Call is a plain call that the vault's Safe makes.
type Call struct {
	To common.Address
	// Value in wei; nil is 0.
	Value *big.Int
	Data  []byte
}

func (c Call) value() *big.Int {
	if c.Value == nil {
		return new(big.Int)
	}
	return c.Value
}

// safeABI has the functions of Safe 1.4.1, its proxy factory and MultiSend that a vault needs.
var safeABI = sync.OnceValue(func() abi.ABI {
	return parseABI(`[
{"type":"function","name":"setup","inputs":[{"name":"owners","type":"address[]"},{"name":"threshold","type":"uint256"},{"name":"to","type":"address"},{"name":"data","type":"bytes"},{"name":"fallbackHandler","type":"address"},{"name":"paymentToken","type":"address"},{"name":"payment","type":"uint256"},{"name":"paymentReceiver","type":"address"}]},
{"type":"function","name":"createProxyWithNonce","inputs":[{"name":"singleton","type":"address"},{"name":"initializer","type":"bytes"},{"name":"saltNonce","type":"uint256"}]},
{"type":"function","name":"multiSend","inputs":[{"name":"transactions","type":"bytes"}]},
{"type":"function","name":"swapOwner","inputs":[{"name":"prevOwner","type":"address"},{"name":"oldOwner","type":"address"},{"name":"newOwner","type":"address"}]},
{"type":"function","name":"addOwnerWithThreshold","inputs":[{"name":"owner","type":"address"},{"name":"threshold","type":"uint256"}]},
{"type":"function","name":"removeOwner","inputs":[{"name":"prevOwner","type":"address"},{"name":"owner","type":"address"},{"name":"threshold","type":"uint256"}]},
{"type":"function","name":"changeThreshold","inputs":[{"name":"threshold","type":"uint256"}]},
{"type":"function","name":"execTransaction","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},{"name":"safeTxGas","type":"uint256"},{"name":"baseGas","type":"uint256"},{"name":"gasPrice","type":"uint256"},{"name":"gasToken","type":"address"},{"name":"refundReceiver","type":"address"},{"name":"signatures","type":"bytes"}]}
]`)
})

func parseABI(text string) abi.ABI {
	parsed, err := abi.JSON(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	return parsed
}

// pack encodes a call. Its arguments' types are fixed where it is called, so an error is a mistake in this package.
func pack(function string, args ...any) []byte {
	data, err := safeABI().Pack(function, args...)
	if err != nil {
		panic(err)
	}
	return data
}

func setup(o Owners) []byte {
	none := common.Address{}
	return pack("setup", o.List, number(o.Threshold), none, []byte{}, none, none, new(big.Int), none)
}

func createProxy(singleton common.Address, initializer []byte, salt *big.Int) []byte {
	return pack("createProxyWithNonce", singleton, initializer, salt)
}

func swapOwner(previous, old, next common.Address) []byte {
	return pack("swapOwner", previous, old, next)
}

func addOwner(owner common.Address, threshold uint32) []byte {
	return pack("addOwnerWithThreshold", owner, number(threshold))
}

func removeOwner(previous, owner common.Address, threshold uint32) []byte {
	return pack("removeOwner", previous, owner, number(threshold))
}

func changeThreshold(threshold uint32) []byte { return pack("changeThreshold", number(threshold)) }

func number(n uint32) *big.Int { return new(big.Int).SetUint64(uint64(n)) }

// multiSend packs calls as MultiSend takes them: operation 0 in one byte, address in 20, value and length of the data in 32 each, data.
func multiSend(calls []Call) []byte {
	var packed []byte
	for _, call := range calls {
		packed = append(packed, byte(OperationCall))
		packed = append(packed, call.To.Bytes()...)
		packed = append(packed, common.BigToHash(call.value()).Bytes()...)
		packed = append(packed, common.BigToHash(big.NewInt(int64(len(call.Data)))).Bytes()...)
		packed = append(packed, call.Data...)
	}
	return pack("multiSend", packed)
}

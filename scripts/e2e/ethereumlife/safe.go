package ethereumlife

import (
	"bytes"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// safeABI is the part of Safe 1.4.1 that the harness reads, written from its documentation: nothing here is taken from what it checks.
var safeABI = mustABI(`[
{"type":"function","name":"execTransaction","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},
 {"name":"operation","type":"uint8"},{"name":"safeTxGas","type":"uint256"},{"name":"baseGas","type":"uint256"},{"name":"gasPrice","type":"uint256"},
 {"name":"gasToken","type":"address"},{"name":"refundReceiver","type":"address"},{"name":"signatures","type":"bytes"}],"outputs":[{"type":"bool"}]},
{"type":"function","name":"getOwners","inputs":[],"outputs":[{"type":"address[]"}]},
{"type":"function","name":"getThreshold","inputs":[],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"nonce","inputs":[],"outputs":[{"type":"uint256"}]},
{"type":"function","name":"SAFE","inputs":[],"outputs":[{"type":"address"}]},
{"type":"function","name":"deposit","inputs":[{"name":"recipient","type":"bytes"}],"outputs":[]},
{"type":"function","name":"multiSend","inputs":[{"name":"transactions","type":"bytes"}],"outputs":[]},
{"type":"error","name":"ZeroValue","inputs":[]},
{"type":"error","name":"RecipientTooLong","inputs":[{"name":"length","type":"uint256"}]}]`)

// Logs that the reckoning reads.
var (
	topicDeposit  = crypto.Keccak256Hash([]byte("Deposit(address,bytes,uint256)"))
	topicReceived = crypto.Keccak256Hash([]byte("SafeReceived(address,uint256)"))
	topicSuccess  = crypto.Keccak256Hash([]byte("ExecutionSuccess(bytes32,uint256)"))
	topicFailure  = crypto.Keccak256Hash([]byte("ExecutionFailure(bytes32,uint256)"))
)

// multiSend is Safe's MultiSendCallOnly, which anyone may call: the calls are then its own.
var multiSend = common.HexToAddress("0x9641d764fc13c8B624c04430C7356C1C7C8102e2")

func mustABI(text string) abi.ABI {
	parsed, err := abi.JSON(strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	return parsed
}

func pack(method string, arguments ...any) []byte {
	data, err := safeABI.Pack(method, arguments...)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", method, err))
	}
	return data
}

// execution is a transaction that asks a Safe to execute something.
type execution struct {
	to   common.Address
	data []byte
	// handover says that it changes the owners: the Safe calls itself, alone or among several calls.
	handover bool
}

// asExecution reads a transaction to the Safe, nil if it executes nothing.
func asExecution(tx *types.Transaction, safe common.Address) *execution {
	method := safeABI.Methods["execTransaction"]
	if tx.To() == nil || *tx.To() != safe || !bytes.HasPrefix(tx.Data(), method.ID) {
		return nil
	}
	values, err := method.Inputs.Unpack(tx.Data()[len(method.ID):])
	if err != nil {
		return nil
	}
	e := &execution{to: values[0].(common.Address), data: values[2].([]byte)}
	e.handover = e.to == safe || bytes.Contains(e.data, safe.Bytes())
	return e
}

// recipients are those of a payout: the one called, or those called by MultiSend.
func (e *execution) recipients() (called []common.Address) {
	if e.to != multiSend {
		return []common.Address{e.to}
	}
	values, err := safeABI.Methods["multiSend"].Inputs.Unpack(e.data[min(4, len(e.data)):])
	if err != nil {
		return nil
	}
	const head = 1 + common.AddressLength + 2*common.HashLength // operation, address, value, length of the data
	for packed := values[0].([]byte); len(packed) >= head; {
		called = append(called, common.BytesToAddress(packed[1:1+common.AddressLength]))
		size := new(big.Int).SetBytes(packed[head-common.HashLength : head]).Uint64()
		packed = packed[min(uint64(len(packed)), head+size):]
	}
	return called
}

// callFor is one call for MultiSend in its packed form.
func callFor(to common.Address, value *big.Int, data []byte) []byte {
	packed := append([]byte{0}, to.Bytes()...)
	packed = append(packed, common.LeftPadBytes(value.Bytes(), 32)...)
	packed = append(packed, common.LeftPadBytes(big.NewInt(int64(len(data))).Bytes(), 32)...)
	return append(packed, data...)
}

// owners are those that geth says a Safe has, sorted, and how many of them have to sign.
func (c *Chain) owners(ctx context.Context, safe common.Address) ([]common.Address, uint64, error) {
	list, err := c.read(ctx, safe, "getOwners")
	if err != nil {
		return nil, 0, err
	}
	threshold, err := c.read(ctx, safe, "getThreshold")
	if err != nil {
		return nil, 0, err
	}
	owners := list.([]common.Address)
	slices.SortFunc(owners, common.Address.Cmp)
	return owners, threshold.(*big.Int).Uint64(), nil
}

// safeNonce is how many transactions a Safe has executed, at a block.
func (c *Chain) safeNonce(ctx context.Context, safe common.Address, height uint64) (uint64, error) {
	nonce, err := c.readAt(ctx, safe, "nonce", hexutil.EncodeUint64(height))
	if err != nil {
		return 0, err
	}
	return nonce.(*big.Int).Uint64(), nil
}

// read asks a contract for the one value of a method without arguments.
func (c *Chain) read(ctx context.Context, contract common.Address, method string) (any, error) {
	return c.readAt(ctx, contract, method, newest)
}

// readAt is read on a block.
func (c *Chain) readAt(ctx context.Context, contract common.Address, method, block string) (any, error) {
	raw, err := c.askAt(ctx, common.Address{}, contract, new(big.Int), pack(method), block)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", method, contract, err)
	}
	values, err := safeABI.Unpack(method, raw)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", method, contract, err)
	}
	return values[0], nil
}

// Package deposit is the Go side of StafiDeposit.sol: what to send to a deposit contract and how to read what it logs (protocol §8).
package deposit

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// MaxRecipient is the longest recipient in bytes that the contract takes: the text of a 32-byte account address.
const MaxRecipient = 64

// ErrLog: a log is not one that a deposit contract made.
var ErrLog = errors.New("not a log of a deposit")

//go:embed StafiDeposit.json
var artifactJSON []byte

// compiled is what the compiler made.
type compiled struct {
	ABI              abi.ABI       `json:"abi"`
	Bytecode         hexutil.Bytes `json:"bytecode"`
	DeployedBytecode hexutil.Bytes `json:"deployedBytecode"`
	// Immutables are the places of the Safe's address, in 32 bytes, in the deployed code.
	Immutables []int `json:"immutables"`
}

// artifact is read when it is first used: most commands have to do with no Ethereum.
var artifact = sync.OnceValue(func() (a compiled) {
	if err := json.Unmarshal(artifactJSON, &a); err != nil {
		panic(err)
	}
	return a
})

// ABI returns the contract's interface, with its errors.
func ABI() abi.ABI { return artifact().ABI }

// CreationCode returns what deploys the deposit contract of a Safe, which must exist by then.
func CreationCode(safe common.Address) []byte {
	return append(bytes.Clone(artifact().Bytecode), common.LeftPadBytes(safe.Bytes(), common.HashLength)...)
}

// RuntimeCode returns the code that a deposit contract of that Safe has once it is deployed: what a verifier compares an account's code with.
func RuntimeCode(safe common.Address) []byte {
	code := bytes.Clone(artifact().DeployedBytecode)
	for _, at := range artifact().Immutables {
		copy(code[at:], common.LeftPadBytes(safe.Bytes(), common.HashLength))
	}
	return code
}

// Calldata returns the call that deposits the value sent with it for a recipient: a StaFi address as text.
func Calldata(recipient []byte) []byte {
	data, err := artifact().ABI.Pack("deposit", recipient)
	if err != nil {
		panic(err)
	}
	return data
}

// Topic is the first topic of a deposit's log: keccak256 of Deposit(address,bytes,uint256).
func Topic() common.Hash { return artifact().ABI.Events["Deposit"].ID }

// Event is one deposit.
type Event struct {
	// Sender called the deposit contract.
	Sender common.Address
	// Recipient is a StaFi address as text, or whatever the sender wrote: at most MaxRecipient bytes.
	Recipient []byte
	// Amount in wei, above 0.
	Amount *big.Int
}

// ParseLog reads a log of a deposit contract; that its address is that of the vault's is for the caller to see. Conditions, in this order:
// two topics, the first one Topic, the second an address; the data is exactly what the ABI makes of a recipient of at most MaxRecipient
// bytes and an amount above 0. Errors: ErrLog.
func ParseLog(topics []common.Hash, data []byte) (Event, error) {
	if len(topics) != 2 || topics[0] != Topic() {
		return Event{}, fmt.Errorf("%w: topics %v, want %s and an address", ErrLog, topics, Topic())
	}
	sender := common.BytesToAddress(topics[1].Bytes())
	if common.BytesToHash(sender.Bytes()) != topics[1] {
		return Event{}, fmt.Errorf("%w: sender %s is no address", ErrLog, topics[1])
	}
	arguments := artifact().ABI.Events["Deposit"].Inputs.NonIndexed()
	values, err := arguments.Unpack(data)
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrLog, err)
	}
	event := Event{Sender: sender, Recipient: values[0].([]byte), Amount: values[1].(*big.Int)}
	if again, err := arguments.Pack(event.Recipient, event.Amount); err != nil || !bytes.Equal(again, data) {
		return Event{}, fmt.Errorf("%w: data is not in its one form", ErrLog)
	}
	if len(event.Recipient) > MaxRecipient || event.Amount.Sign() == 0 {
		return Event{}, fmt.Errorf("%w: recipient of %d bytes and amount %s, want at most %d bytes and more than 0",
			ErrLog, len(event.Recipient), event.Amount, MaxRecipient)
	}
	return event, nil
}

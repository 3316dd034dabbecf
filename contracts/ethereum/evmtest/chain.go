// Package evmtest is a chain of a test's own: go-ethereum's EVM, with all rules of a transaction, over a state in memory, and the audited Safe
// contracts at their canonical addresses. There is no network, no consensus and no clock.
package evmtest

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
)

// BaseFee and GasPrice of every transaction that names no other price, in wei.
const (
	BaseFee  = 1_000_000_000
	GasPrice = 2_000_000_000
)

// Number is the chain's, by EIP-155.
const Number = 1

// MaxGas is the most gas that a transaction may have (EIP-7825).
const MaxGas = params.MaxTxGas

// Chain is a state and what happens to it. It is not for concurrent use.
type Chain struct {
	t     testing.TB
	state *state.StateDB
	txs   int
}

// New returns a chain under the rules of Osaka, empty.
func New(t testing.TB) *Chain {
	t.Helper()
	db, err := state.New(types.EmptyRootHash, state.NewDatabaseForTesting())
	require.NoError(t, err)
	return &Chain{t: t, state: db}
}

// Fork returns a chain that goes its own way from here.
func (c *Chain) Fork() *Chain { return &Chain{t: c.t, state: c.state.Copy(), txs: c.txs} }

// Account returns a new account with a thousand ether, by name.
func (c *Chain) Account(name string) common.Address {
	address := common.BytesToAddress(crypto.Keccak256([]byte(name)))
	c.Fund(address, Ether(1_000))
	return address
}

// Fund gives an account wei out of nothing, and leaves no log.
func (c *Chain) Fund(address common.Address, wei *big.Int) {
	c.state.AddBalance(address, uint256.MustFromBig(wei), tracing.BalanceChangeUnspecified)
	c.state.Finalise(c.rules())
}

// Ether is that many ether in wei.
func Ether(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(params.Ether)) }

// SetCode puts code at an address.
func (c *Chain) SetCode(address common.Address, code []byte) {
	c.state.SetNonce(address, 1, tracing.NonceChangeUnspecified)
	c.state.SetCode(address, code, tracing.CodeChangeUnspecified)
	c.state.Finalise(c.rules())
}

// Balance in wei.
func (c *Chain) Balance(address common.Address) *big.Int { return c.state.GetBalance(address).ToBig() }

// Code of an account.
func (c *Chain) Code(address common.Address) []byte { return c.state.GetCode(address) }

// Storage of an account at a slot.
func (c *Chain) Storage(address common.Address, slot common.Hash) common.Hash {
	return c.state.GetState(address, slot)
}

// Tx is a transaction to be sent. A nil To deploys Data.
type Tx struct {
	From  common.Address
	To    *common.Address
	Value *big.Int
	Data  []byte
	// Gas is the limit; 0 is MaxGas.
	Gas uint64
	// Price per gas in wei; nil is GasPrice.
	Price *big.Int
}

// Receipt is what became of a transaction.
type Receipt struct {
	// Reverted transactions changed nothing but their sender's nonce and balance.
	Reverted bool
	// Reason is what a reverted call returned: Error(string)'s text, else hex digits.
	Reason string
	// Gas used, in all.
	Gas      uint64
	Logs     []*types.Log
	Contract common.Address
	Return   []byte
}

// Send executes a transaction and fails the test if it could not be in a block.
func (c *Chain) Send(tx Tx) Receipt {
	c.t.Helper()
	price := tx.Price
	if price == nil {
		price = big.NewInt(GasPrice)
	}
	gas := tx.Gas
	if gas == 0 {
		gas = MaxGas
	}
	message := &core.Message{
		From: tx.From, To: tx.To, Nonce: c.state.GetNonce(tx.From), Value: amount(tx.Value), GasLimit: gas, Data: tx.Data,
		GasPrice: amount(price), GasFeeCap: amount(price), GasTipCap: new(uint256.Int),
	}
	c.txs++
	hash := common.BigToHash(big.NewInt(int64(c.txs)))
	c.state.SetTxContext(hash, c.txs, uint32(c.txs))
	evm := vm.NewEVM(c.block(), c.state, c.config(), vm.Config{})
	result, err := core.ApplyMessage(evm, message, core.NewGasPool(MaxGas))
	require.NoError(c.t, err, "the transaction can't be in a block")
	receipt := Receipt{
		Reverted: result.Failed(), Gas: result.UsedGas, Logs: c.state.GetLogs(hash, 1, common.Hash{}, 0), Return: result.ReturnData,
	}
	if tx.To == nil {
		receipt.Contract = crypto.CreateAddress(tx.From, message.Nonce)
	}
	if result.Failed() {
		receipt.Reason = reason(result)
	}
	c.state.Finalise(c.rules())
	return receipt
}

// Call executes a call without keeping what it changes, and returns what it returned.
func (c *Chain) Call(to common.Address, data []byte) Receipt {
	c.t.Helper()
	fork := c.Fork()
	return fork.Send(Tx{From: fork.Account("caller"), To: &to, Data: data})
}

// Deploy deploys code and fails the test if it reverts.
func (c *Chain) Deploy(code []byte) common.Address {
	c.t.Helper()
	receipt := c.Send(Tx{From: c.Account("deployer"), Data: code})
	require.False(c.t, receipt.Reverted, receipt.Reason)
	return receipt.Contract
}

func reason(result *core.ExecutionResult) string {
	if text, err := abi.UnpackRevert(result.Revert()); err == nil {
		return text
	}
	if data := result.Revert(); len(data) > 0 {
		return fmt.Sprintf("%x", data)
	}
	return result.Err.Error()
}

func amount(n *big.Int) *uint256.Int {
	if n == nil {
		return new(uint256.Int)
	}
	return uint256.MustFromBig(n)
}

func (c *Chain) config() *params.ChainConfig { return params.MergedTestChainConfig }

func (c *Chain) rules() params.Rules { return c.config().Rules(big.NewInt(1), true, 1) }

func (c *Chain) block() vm.BlockContext {
	return vm.BlockContext{
		CanTransfer: core.CanTransfer, Transfer: core.Transfer, GetHash: func(uint64) common.Hash { return common.Hash{} },
		GasLimit: 60_000_000, BlockNumber: big.NewInt(1), Time: 1, Difficulty: new(big.Int), BaseFee: big.NewInt(BaseFee),
		BlobBaseFee: big.NewInt(1), Random: &common.Hash{},
	}
}

package ethereumlife

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
)

const (
	// includeLimit is how long a transaction may take into a block, of which there is one in a slot, or in a few when the machine is busy.
	includeLimit e2e.Blocks = 90
	// userTip and userCap are what users pay per gas.
	userTip = 1_000_000_000
	userCap = 10_000_000_000
)

// Chain is geth as users and the harness reach it, beside the relayers' gate.
type Chain struct {
	address string
}

// call asks geth.
func (c *Chain) call(ctx context.Context, into any, method string, params ...any) error {
	return ethereum.Call(ctx, c.address, into, method, params...)
}

// Height is that of the newest block.
func (c *Chain) Height(ctx context.Context) (uint64, error) {
	var height hexutil.Uint64
	err := c.call(ctx, &height, "eth_blockNumber")
	return uint64(height), err
}

// Balance in wei at a block.
func (c *Chain) Balance(ctx context.Context, address common.Address, height uint64) (*big.Int, error) {
	var balance hexutil.Big
	err := c.call(ctx, &balance, "eth_getBalance", address, hexutil.Uint64(height))
	return balance.ToInt(), err
}

// Code of an account in the newest block.
func (c *Chain) Code(ctx context.Context, address common.Address) ([]byte, error) {
	var code hexutil.Bytes
	err := c.call(ctx, &code, "eth_getCode", address, "latest")
	return code, err
}

// Ask executes a call on the newest block without sending it.
func (c *Chain) Ask(ctx context.Context, from, to common.Address, value *big.Int, data []byte) ([]byte, error) {
	return c.askAt(ctx, from, to, value, data, newest)
}

// newest is the newest block's name.
const newest = "latest"

func (c *Chain) askAt(ctx context.Context, from, to common.Address, value *big.Int, data []byte, block string) ([]byte, error) {
	var result hexutil.Bytes
	err := c.call(ctx, &result, "eth_call", map[string]any{
		"from": from, "to": to, "value": (*hexutil.Big)(value), "data": hexutil.Bytes(data),
	}, block)
	return result, err
}

// Nonce of an account's next transaction, pending ones counted.
func (c *Chain) Nonce(ctx context.Context, address common.Address) (uint64, error) {
	var nonce hexutil.Uint64
	err := c.call(ctx, &nonce, "eth_getTransactionCount", address, "pending")
	return uint64(nonce), err
}

// Send signs a user's transaction, sends it and waits until it is in a block. to is nil where it creates a contract. A transaction that
// failed in its block is no error.
func (c *Chain) Send(ctx context.Context, user *User, to *common.Address, value *big.Int, gas uint64, data []byte) (*types.Receipt, error) {
	hash, err := c.send(ctx, user, to, value, gas, data)
	if err != nil {
		return nil, err
	}
	return e2e.Await(ctx, "transaction "+hash.Hex(), includeLimit, func(ctx context.Context) (*types.Receipt, bool, error) {
		var receipt *types.Receipt
		err := c.call(ctx, &receipt, "eth_getTransactionReceipt", hash)
		return receipt, err == nil && receipt != nil, err
	})
}

func (c *Chain) send(ctx context.Context, user *User, to *common.Address, value *big.Int, gas uint64, data []byte) (common.Hash, error) {
	user.mu.Lock()
	defer user.mu.Unlock()
	nonce, err := c.Nonce(ctx, user.Address)
	if err != nil {
		return common.Hash{}, err
	}
	number := big.NewInt(ethereum.ChainID)
	tx, err := types.SignNewTx(user.Key, types.LatestSignerForChainID(number), &types.DynamicFeeTx{
		ChainID: number, Nonce: nonce, To: to, Value: value, Data: data, Gas: gas,
		GasTipCap: big.NewInt(userTip), GasFeeCap: big.NewInt(userCap),
	})
	if err != nil {
		return common.Hash{}, err
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		return common.Hash{}, err
	}
	var sent common.Hash
	return tx.Hash(), c.call(ctx, &sent, "eth_sendRawTransaction", hexutil.Bytes(raw))
}

// succeeded is an error unless a transaction did in its block what it should.
func succeeded(receipt *types.Receipt) error {
	if receipt.Status != types.ReceiptStatusSuccessful {
		return fmt.Errorf("%w: transaction %s failed in block %s", errUnexpected, receipt.TxHash, receipt.BlockNumber)
	}
	return nil
}

// Block is a block with its transactions and their receipts, as geth gives them.
type Block struct {
	Transactions []Transaction
	Receipts     []*types.Receipt
}

// Transaction is one with its sender, as geth gives it.
type Transaction struct {
	*types.Transaction
	From common.Address
}

// UnmarshalJSON reads geth's form.
func (t *Transaction) UnmarshalJSON(raw []byte) error {
	var from struct {
		From common.Address `json:"from"`
	}
	if err := json.Unmarshal(raw, &from); err != nil {
		return err
	}
	t.From, t.Transaction = from.From, new(types.Transaction)
	return t.Transaction.UnmarshalJSON(raw)
}

// Block at a height.
func (c *Chain) Block(ctx context.Context, height uint64) (Block, error) {
	var found *struct {
		Transactions []Transaction `json:"transactions"`
	}
	if err := c.call(ctx, &found, "eth_getBlockByNumber", hexutil.Uint64(height), true); err != nil {
		return Block{}, err
	}
	if found == nil {
		return Block{}, fmt.Errorf("%w: geth has no block %d", errUnexpected, height)
	}
	block := Block{Transactions: found.Transactions}
	if len(block.Transactions) == 0 {
		return block, nil
	}
	if err := c.call(ctx, &block.Receipts, "eth_getBlockReceipts", hexutil.Uint64(height)); err != nil {
		return block, err
	}
	if len(block.Receipts) != len(block.Transactions) {
		return block, fmt.Errorf("%w: %d receipts for %d transactions of block %d", errUnexpected, len(block.Receipts), len(block.Transactions), height)
	}
	return block, nil
}

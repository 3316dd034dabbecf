package ethereum

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/pool"
)

// Event is a log that a successful transaction of a verified block emitted. The
// transaction's hash and the log's index in its receipt name it once and for all.
type Event struct {
	Block  uint64
	TxHash common.Hash
	Tx     uint64 // index in the block
	Log    *execution.Log
}

// Receipts are all receipts of a verified block, failed ones included, each with
// its transaction's hash. An empty block needs no source.
func (c *Client) Receipts(ctx context.Context, number uint64) ([]*execution.Receipt, error) {
	header, err := c.HeaderAt(ctx, number)
	if err != nil {
		return nil, err
	}
	_, receipts, err := c.contents(ctx, header)
	return receipts, err
}

// Events are all matching logs of a verified block, in order. A block whose
// bloom rules them out needs no source; of any other, all transactions and
// receipts are checked against its roots, so that none can be left out.
func (c *Client) Events(ctx context.Context, number uint64, filter execution.Filter) ([]Event, error) {
	header, err := c.HeaderAt(ctx, number)
	if err != nil || !filter.MayMatch(header.Bloom) {
		return nil, err
	}
	_, receipts, err := c.contents(ctx, header)
	if err != nil {
		return nil, err
	}
	var events []Event
	for _, receipt := range receipts {
		for _, l := range filter.In(receipt) {
			events = append(events, Event{Block: number, TxHash: receipt.TxHash, Tx: receipt.Index, Log: l})
		}
	}
	return events, nil
}

// contents fetches and verifies a block's transactions and receipts.
func (c *Client) contents(ctx context.Context, h *execution.Header) (execution.List, []*execution.Receipt, error) {
	if h.TransactionsRoot == types.EmptyTxsHash && h.ReceiptsRoot == types.EmptyReceiptsHash {
		return nil, nil, nil
	}
	txs, _, err := pool.Ask(ctx, c.blocks, c.blocks.Ranked(), func(ctx context.Context, source ExecutionSource) (execution.List, error) {
		txs, err := source.Transactions(ctx, h.Hash)
		if err != nil {
			return nil, err
		}
		return txs, h.VerifyTransactions(txs)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("transactions of block %d: %w", h.Number, err)
	}
	receipts, _, err := pool.Ask(ctx, c.blocks, c.blocks.Ranked(), func(ctx context.Context, source ExecutionSource) ([]*execution.Receipt, error) {
		receipts, err := source.Receipts(ctx, h.Hash)
		if err != nil {
			return nil, err
		}
		return h.Pair(txs, receipts)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("receipts of block %d: %w", h.Number, err)
	}
	return txs, receipts, nil
}

// VerifyInclusion proves one transaction and its receipt in a verified block
// from a proof that anybody may have made. Errors: those of HeaderAt and of
// execution.Header.VerifyInclusion.
func (c *Client) VerifyInclusion(ctx context.Context, number uint64, proof execution.Inclusion) (*execution.Receipt, error) {
	header, err := c.HeaderAt(ctx, number)
	if err != nil {
		return nil, err
	}
	return header.VerifyInclusion(proof)
}

// VerifiedBlock implements lightclient.Client. A transaction's bytes are its
// consensus encoding, its hash their keccak, its code 0 for status 1 and 1 for
// anything else, GasWanted its gas limit, or 0 for a type that go-ethereum does
// not know.
func (c *Client) VerifiedBlock(ctx context.Context, height int64) (*lightclient.Block, error) {
	if height < 0 {
		return nil, fmt.Errorf("%w: block %d", lightclient.ErrNotVerified, height)
	}
	header, err := c.HeaderAt(ctx, uint64(height))
	if err != nil {
		return nil, err
	}
	txs, receipts, err := c.contents(ctx, header)
	if err != nil {
		return nil, err
	}
	block := &lightclient.Block{ChainID: c.cfg.ChainID, Height: height, Time: header.Time(), Hash: header.Hash}
	var before uint64
	for i, receipt := range receipts {
		tx := lightclient.Tx{Hash: receipt.TxHash, Bytes: txs[i], GasWanted: gasLimit(txs[i]), GasUsed: int64(receipt.CumulativeGas - before)}
		if !receipt.Succeeded {
			tx.Code = 1
		}
		before = receipt.CumulativeGas
		block.Txs = append(block.Txs, tx)
	}
	return block, nil
}

// gasLimit of a verified transaction, which a block can't exceed and so never
// overflows.
func gasLimit(raw []byte) int64 {
	var tx types.Transaction
	if tx.UnmarshalBinary(raw) != nil {
		return 0
	}
	return int64(tx.Gas())
}

// AccountAt is an account in the state after a verified block, and some of its
// storage slots, in their order.
func (c *Client) AccountAt(ctx context.Context, number uint64, address common.Address, slots ...common.Hash) (*execution.Account, []common.Hash, error) {
	header, err := c.HeaderAt(ctx, number)
	if err != nil {
		return nil, nil, err
	}
	type proven struct {
		account *execution.Account
		values  []common.Hash
	}
	found, _, err := pool.Ask(ctx, c.blocks, c.blocks.Ranked(), func(ctx context.Context, source ExecutionSource) (proven, error) {
		proof, err := source.Proof(ctx, header.Hash, address, slots)
		if err != nil {
			return proven{}, err
		}
		account, values, err := proof.verify(header, address, slots)
		return proven{account: account, values: values}, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("account %s after block %d: %w", address, number, err)
	}
	return found.account, found.values, nil
}

func (p *StateProof) verify(h *execution.Header, address common.Address, slots []common.Hash) (*execution.Account, []common.Hash, error) {
	account, err := h.VerifyAccount(address, p.Account)
	if err != nil {
		return nil, nil, err
	}
	if len(p.Slots) != len(slots) {
		return nil, nil, fmt.Errorf("%w: paths of %d slots, want %d", lightclient.ErrMalformed, len(p.Slots), len(slots))
	}
	values := make([]common.Hash, len(slots))
	for i, slot := range slots {
		if values[i], err = account.VerifyStorage(slot, p.Slots[i]); err != nil {
			return nil, nil, err
		}
	}
	return account, values, nil
}

// VerifiedValue implements lightclient.Client: the store is an account's address
// (0x and 40 hex digits), the key a slot's 32 bytes, the value 32 bytes, or nil
// for a slot that is empty.
func (c *Client) VerifiedValue(ctx context.Context, storeName string, key []byte, height int64) ([]byte, error) {
	digits, ok := strings.CutPrefix(storeName, "0x")
	address, err := hex.DecodeString(digits)
	if !ok || err != nil || len(address) != common.AddressLength || len(key) != common.HashLength || height < 0 {
		return nil, errors.New("store must be 0x and 40 hex digits, key 32 bytes, height not negative")
	}
	_, values, err := c.AccountAt(ctx, uint64(height), common.BytesToAddress(address), common.BytesToHash(key))
	if err != nil || values[0] == (common.Hash{}) {
		return nil, err
	}
	return values[0][:], nil
}

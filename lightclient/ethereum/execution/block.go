package execution

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/trie"
)

const (
	// MaxItems bounds the transactions of a block: at 21,000 gas each, of one with
	// 1.3 billion gas.
	MaxItems = 1 << 16
	// MaxBlock bounds the bytes of a block's transactions, or of its receipts.
	MaxBlock = 64 << 20
)

// List is the consensus encoding of a block's transactions, or of its receipts,
// in order.
type List [][]byte

// Len implements types.DerivableList.
func (l List) Len() int { return len(l) }

// EncodeIndex implements types.DerivableList.
func (l List) EncodeIndex(i int, w *bytes.Buffer) { w.Write(l[i]) }

// Root is the root of the list's Merkle-Patricia trie.
func (l List) Root() common.Hash { return types.DeriveSha(l, trie.NewStackTrie(nil)) }

func (l List) checkSize() error {
	size := 0
	for _, item := range l {
		size += len(item)
	}
	if len(l) > MaxItems || size > MaxBlock {
		return fmt.Errorf("%w: %d items and %d bytes, want at most %d and %d", ErrTooLarge, len(l), size, MaxItems, MaxBlock)
	}
	return nil
}

// VerifyTransactions checks that a list is all transactions of a verified
// block. Errors: ErrTooLarge, ErrTransactionsRoot.
func (h *Header) VerifyTransactions(all List) error {
	if err := all.checkSize(); err != nil {
		return err
	}
	if root := all.Root(); root != h.TransactionsRoot {
		return fmt.Errorf("%w: block %d: %d transactions give %s, want %s", ErrTransactionsRoot, h.Number, len(all), root, h.TransactionsRoot)
	}
	return nil
}

// VerifyReceipts checks that a list is all receipts of a verified block, failed
// ones included, and reads them. Their TxHash stays zero: see VerifyBlock.
// Errors: ErrTooLarge, ErrReceiptsRoot, ErrMalformed.
func (h *Header) VerifyReceipts(all List) ([]*Receipt, error) {
	if err := all.checkSize(); err != nil {
		return nil, err
	}
	if root := all.Root(); root != h.ReceiptsRoot {
		return nil, fmt.Errorf("%w: block %d: %d receipts give %s, want %s", ErrReceiptsRoot, h.Number, len(all), root, h.ReceiptsRoot)
	}
	receipts := make([]*Receipt, len(all))
	for i, raw := range all {
		receipt, err := decodeReceipt(raw)
		if err != nil {
			return nil, fmt.Errorf("receipt %d of block %d: %w", i, h.Number, err)
		}
		receipt.Index, receipts[i] = uint64(i), receipt
	}
	return receipts, nil
}

// VerifyBlock checks transactions and receipts of a verified block, both whole,
// and pairs them. Errors: those of VerifyTransactions and VerifyReceipts.
func (h *Header) VerifyBlock(transactions, receipts List) ([]*Receipt, error) {
	if err := h.VerifyTransactions(transactions); err != nil {
		return nil, err
	}
	return h.Pair(transactions, receipts)
}

// Pair checks all receipts of a verified block and gives each the hash of its
// transaction, out of a list that VerifyTransactions has accepted. Errors: those
// of VerifyReceipts.
func (h *Header) Pair(transactions, receipts List) ([]*Receipt, error) {
	read, err := h.VerifyReceipts(receipts)
	if err != nil {
		return nil, err
	}
	if len(read) != len(transactions) {
		return nil, fmt.Errorf("%w: %d receipts for %d transactions", ErrReceiptsRoot, len(read), len(transactions))
	}
	for i, receipt := range read {
		receipt.TxHash = crypto.Keccak256Hash(transactions[i])
	}
	return read, nil
}

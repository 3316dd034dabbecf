package execution

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
)

// Receipt is what a block commits to of a transaction's execution. Type is 0
// for a legacy transaction; Succeeded is status 1; CumulativeGas is the gas of
// the block up to and with this transaction.
type Receipt struct {
	Index         uint64 // of the transaction in its block
	TxHash        common.Hash
	Type          byte
	Succeeded     bool
	CumulativeGas uint64
	Logs          []Log
}

// Log is an event of a contract. Index is its position within its receipt,
// which, unlike the position within the block, one receipt proves.
type Log struct {
	Index   int
	Address common.Address
	Topics  []common.Hash
	Data    []byte
}

// maxTopics is what the EVM's log instructions allow.
const maxTopics = 4

// consensusReceipt is a receipt's RLP.
type consensusReceipt struct {
	StatusOrRoot  []byte
	CumulativeGas uint64
	Bloom         types.Bloom
	Logs          []consensusLog
}

type consensusLog struct {
	Address common.Address
	Topics  []common.Hash
	Data    []byte
}

// decodeReceipt reads a receipt of any type. A receipt from before statuses
// (Byzantium) counts as failed. Error: ErrMalformed.
func decodeReceipt(raw []byte) (*Receipt, error) {
	receipt := new(Receipt)
	if len(raw) > 0 && raw[0] < 0x80 { // EIP-2718: a type, then the receipt
		receipt.Type, raw = raw[0], raw[1:]
	}
	var c consensusReceipt
	if err := rlp.DecodeBytes(raw, &c); err != nil {
		return nil, fmt.Errorf("%w: receipt: %w", ErrMalformed, err)
	}
	receipt.Succeeded = bytes.Equal(c.StatusOrRoot, []byte{1})
	receipt.CumulativeGas = c.CumulativeGas
	receipt.Logs = make([]Log, len(c.Logs))
	for i, l := range c.Logs {
		if len(l.Topics) > maxTopics {
			return nil, fmt.Errorf("%w: log %d has %d topics, want at most %d", ErrMalformed, i, len(l.Topics), maxTopics)
		}
		receipt.Logs[i] = Log{Index: i, Address: l.Address, Topics: l.Topics, Data: l.Data}
	}
	return receipt, nil
}

// Inclusion proves one transaction and its receipt. Both lie under the same
// index, which is what ties the hash of the one to the logs of the other.
type Inclusion struct {
	Index       uint64
	Transaction Path
	Receipt     Path
}

// VerifyInclusion proves a transaction and its receipt in a verified block. In
// this order: the receipt's path; the receipt can be read; its status is 1; the
// transaction's path, whose leaf's keccak is the transaction's hash. Errors:
// ErrTooLarge, ErrNode, ErrAbsent, ErrMalformed, ErrReceiptFailed.
func (h *Header) VerifyInclusion(proof Inclusion) (*Receipt, error) {
	raw, err := proof.Receipt.item(h.ReceiptsRoot, proof.Index)
	if err != nil {
		return nil, fmt.Errorf("receipt %d of block %d: %w", proof.Index, h.Number, err)
	}
	receipt, err := decodeReceipt(raw)
	if err != nil {
		return nil, fmt.Errorf("receipt %d of block %d: %w", proof.Index, h.Number, err)
	}
	if !receipt.Succeeded {
		return nil, fmt.Errorf("%w: receipt %d of block %d", ErrReceiptFailed, proof.Index, h.Number)
	}
	tx, err := proof.Transaction.item(h.TransactionsRoot, proof.Index)
	if err != nil {
		return nil, fmt.Errorf("transaction %d of block %d: %w", proof.Index, h.Number, err)
	}
	receipt.Index, receipt.TxHash = proof.Index, crypto.Keccak256Hash(tx)
	return receipt, nil
}

package ethereumlife

import (
	"context"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Inflow is a payment to the Safe that its logs or the deposit contract's tell.
type Inflow struct {
	TxHash common.Hash
	// Index of the log in its receipt.
	Index uint32
	// Recipient as the sender wrote it, empty for a plain payment.
	Recipient string
	Amount    *big.Int
}

// Execution is a transaction of the Safe: it used a nonce up.
type Execution struct {
	Height   uint64
	TxHash   common.Hash
	Sender   common.Address
	Success  bool
	Handover bool
	// Recipients whom it pays or was to pay.
	Recipients []common.Address
	// Refund in wei that the Safe paid to its sender, and GasUsed by the transaction.
	Refund  *big.Int
	GasUsed uint64
}

// Spent is what an account spent by its own transactions.
type Spent struct {
	// Gas is gas used times price, of all transactions; Value what the successful ones carried. Both in wei.
	Gas, Value *big.Int
	// Sent transactions, and those of them that failed.
	Sent, Failed int
}

// Scan is what geth's blocks say, read without any of this project's code.
type Scan struct {
	Inflows    []Inflow
	Executions []Execution
	Spent      map[common.Address]*Spent
}

// Of is what an account spent.
func (s Scan) Of(address common.Address) *Spent {
	if spent := s.Spent[address]; spent != nil {
		return spent
	}
	return &Spent{Gas: new(big.Int), Value: new(big.Int)}
}

// ScanBlocks reads every transaction up to and including a height. Only what a Safe and its deposit contract log is looked at closer.
func (c *Chain) ScanBlocks(ctx context.Context, to uint64, safe, deposit common.Address) (Scan, error) {
	scan := Scan{Spent: map[common.Address]*Spent{}}
	for height := uint64(1); height <= to; height++ {
		block, err := c.Block(ctx, height)
		if err != nil {
			return scan, fmt.Errorf("block %d: %w", height, err)
		}
		for i, tx := range block.Transactions {
			if err := scan.read(tx, block.Receipts[i], safe, deposit); err != nil {
				return scan, fmt.Errorf("transaction %d of block %d: %w", i, height, err)
			}
		}
	}
	return scan, nil
}

func (s *Scan) read(tx Transaction, receipt *types.Receipt, safe, deposit common.Address) error {
	if tx.Hash() != receipt.TxHash {
		return fmt.Errorf("%w: transaction %s has the receipt of %s", errUnexpected, tx.Hash(), receipt.TxHash)
	}
	s.spend(tx, receipt)
	for i, log := range receipt.Logs {
		switch {
		case log.Address == deposit && log.Topics[0] == topicDeposit:
			inflow, err := readDeposit(log)
			if err != nil {
				return err
			}
			inflow.TxHash, inflow.Index = receipt.TxHash, uint32(i) //nolint:gosec // a receipt has few logs
			s.Inflows = append(s.Inflows, inflow)
		case log.Address == safe && log.Topics[0] == topicReceived && common.BytesToAddress(log.Topics[1].Bytes()) != deposit:
			s.Inflows = append(s.Inflows, Inflow{TxHash: receipt.TxHash, Index: uint32(i), Amount: new(big.Int).SetBytes(log.Data)}) //nolint:gosec // a receipt has few logs
		case log.Address == safe && (log.Topics[0] == topicSuccess || log.Topics[0] == topicFailure):
			execution, err := readExecution(tx, receipt, log, safe)
			if err != nil {
				return err
			}
			s.Executions = append(s.Executions, execution)
		}
	}
	return nil
}

func (s *Scan) spend(tx Transaction, receipt *types.Receipt) {
	spent := s.Of(tx.From)
	s.Spent[tx.From] = spent
	spent.Sent++
	spent.Gas.Add(spent.Gas, new(big.Int).Mul(receipt.EffectiveGasPrice, new(big.Int).SetUint64(receipt.GasUsed)))
	if receipt.Status == types.ReceiptStatusSuccessful {
		spent.Value.Add(spent.Value, tx.Value())
	} else {
		spent.Failed++
	}
}

// readDeposit reads Deposit(address,bytes,uint256): where the bytes begin, the amount, their length, the bytes.
func readDeposit(log *types.Log) (Inflow, error) {
	word := func(i int) *big.Int { return new(big.Int).SetBytes(log.Data[32*i : 32*(i+1)]) }
	if len(log.Data) < 96 || word(0).Uint64() != 64 || uint64(len(log.Data)) < 96+word(2).Uint64() {
		return Inflow{}, fmt.Errorf("%w: deposit log with data %x", errUnexpected, log.Data)
	}
	return Inflow{Recipient: string(log.Data[96 : 96+word(2).Uint64()]), Amount: word(1)}, nil
}

func readExecution(tx Transaction, receipt *types.Receipt, log *types.Log, safe common.Address) (Execution, error) {
	called := asExecution(tx.Transaction, safe)
	if called == nil || len(log.Data) != 32 {
		return Execution{}, fmt.Errorf("%w: the Safe executed something in %s, which does not ask it to", errUnexpected, receipt.TxHash)
	}
	return Execution{
		Height: receipt.BlockNumber.Uint64(), TxHash: receipt.TxHash, Sender: tx.From, Success: log.Topics[0] == topicSuccess,
		Handover: called.handover, Recipients: called.recipients(), Refund: new(big.Int).SetBytes(log.Data), GasUsed: receipt.GasUsed,
	}, nil
}

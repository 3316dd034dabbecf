package ethtest

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// Deposits is a block of so many transactions, each with a deposit of 1 wei more
// than the one before.
func Deposits(contract common.Address, count int) (transactions, receipts execution.List, stateRoot common.Hash) {
	for i := range count {
		tx := types.NewTx(&types.DynamicFeeTx{Nonce: uint64(i), Gas: 60_000, To: &contract, Value: big.NewInt(int64(i + 1))})
		transactions = append(transactions, mustBinary(tx.MarshalBinary()))
		receipts = append(receipts, Receipt(true, uint64(i+1)*50_000, DepositLog(contract, "stafi1recipient", int64(i+1))))
	}
	return transactions, receipts, common.Hash{}
}

// DepositLog is a deposit contract's event.
func DepositLog(contract common.Address, recipient string, amount int64) *types.Log {
	data := append(common.BigToHash(big.NewInt(64)).Bytes(), common.BigToHash(big.NewInt(amount)).Bytes()...)
	data = append(data, common.BigToHash(big.NewInt(int64(len(recipient)))).Bytes()...)
	data = append(data, recipient...)
	return &types.Log{
		Address: contract, Data: append(data, make([]byte, (32-len(recipient)%32)%32)...),
		Topics: []common.Hash{crypto.Keccak256Hash([]byte("Deposit(address,bytes,uint256)")), common.BytesToHash([]byte{0xa1, 0x1c, 0xe0})},
	}
}

// Receipt is the consensus encoding of a receipt.
func Receipt(succeeded bool, cumulativeGas uint64, logs ...*types.Log) []byte {
	r := &types.Receipt{Type: types.DynamicFeeTxType, CumulativeGasUsed: cumulativeGas, Logs: logs}
	if succeeded {
		r.Status = types.ReceiptStatusSuccessful
	}
	r.Bloom = types.CreateBloom(r)
	return mustBinary(r.MarshalBinary())
}

func mustBinary(raw []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return raw
}

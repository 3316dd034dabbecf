package ethereum

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// First topics of the logs of a Safe that this chain needs.
var (
	// TopicSuccess and TopicFailure come with the SafeTx hash as second topic and the refund in wei as data.
	TopicSuccess = crypto.Keccak256Hash([]byte("ExecutionSuccess(bytes32,uint256)"))
	TopicFailure = crypto.Keccak256Hash([]byte("ExecutionFailure(bytes32,uint256)"))
	// TopicReceived comes with the sender as second topic and the value in wei as data: a plain payment, or a deposit contract's.
	TopicReceived = crypto.Keccak256Hash([]byte("SafeReceived(address,uint256)"))
)

// Execution is a log of a Safe that says that one of its transactions was executed and its nonce is used up.
type Execution struct {
	// SafeTx is the hash that was signed. One that no session asked for is an outflow that nothing explains.
	SafeTx common.Hash
	// Success is false where the execution failed: nothing of it happened but the refund.
	Success bool
	// Refund in wei went to whoever sent the transaction.
	Refund *big.Int
}

// ParseExecution reads ExecutionSuccess or ExecutionFailure; that the log's address is the Safe's is for the caller to see. Errors: ErrForeign.
func ParseExecution(topics []common.Hash, data []byte) (Execution, error) {
	if len(topics) != 2 || (topics[0] != TopicSuccess && topics[0] != TopicFailure) || len(data) != common.HashLength {
		return Execution{}, fmt.Errorf("%w: log of %d topics and %d bytes is no execution", ErrForeign, len(topics), len(data))
	}
	return Execution{SafeTx: topics[1], Success: topics[0] == TopicSuccess, Refund: new(big.Int).SetBytes(data)}, nil
}

// Received is a log of a Safe that says that value arrived by a plain call.
type Received struct {
	// Sender called the Safe. Where it is the deposit contract, its own log says for whom, and this one is not a deposit of its own.
	Sender common.Address
	Amount *big.Int
}

// ParseReceived reads SafeReceived; that the log's address is the Safe's is for the caller to see. Errors: ErrForeign.
func ParseReceived(topics []common.Hash, data []byte) (Received, error) {
	if len(topics) != 2 || topics[0] != TopicReceived || len(data) != common.HashLength {
		return Received{}, fmt.Errorf("%w: log of %d topics and %d bytes is no payment", ErrForeign, len(topics), len(data))
	}
	sender := common.BytesToAddress(topics[1].Bytes())
	if common.BytesToHash(sender.Bytes()) != topics[1] {
		return Received{}, fmt.Errorf("%w: sender %s is no address", ErrForeign, topics[1])
	}
	return Received{Sender: sender, Amount: new(big.Int).SetBytes(data)}, nil
}

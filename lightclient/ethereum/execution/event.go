package execution

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
)

// First topics of the events of a vault.
var (
	// DepositEvent of the deposit contract: Deposit(address indexed sender, bytes recipient, uint256 amount).
	DepositEvent = crypto.Keccak256Hash([]byte("Deposit(address,bytes,uint256)"))
	// SafeReceivedEvent of a Safe: SafeReceived(address indexed sender, uint256 value), a plain transfer to it.
	SafeReceivedEvent = crypto.Keccak256Hash([]byte("SafeReceived(address,uint256)"))
	// ExecutionSuccessEvent of a Safe 1.4: ExecutionSuccess(bytes32 indexed txHash, uint256 payment).
	ExecutionSuccessEvent = crypto.Keccak256Hash([]byte("ExecutionSuccess(bytes32,uint256)"))
	// ExecutionFailureEvent of a Safe 1.4: ExecutionFailure(bytes32 indexed txHash, uint256 payment).
	ExecutionFailureEvent = crypto.Keccak256Hash([]byte("ExecutionFailure(bytes32,uint256)"))
)

// Deposit is a deposit contract's event. Amount is in wei.
type Deposit struct {
	Sender    common.Address
	Recipient []byte
	Amount    *uint256.Int
}

// Received is a plain transfer to a Safe. Amount is in wei.
type Received struct {
	Sender common.Address
	Amount *uint256.Int
}

// Execution is the end of a Safe transaction: its nonce is used up, and, unless
// Succeeded, nothing else happened. Payment is what the Safe paid the sender, in wei.
type Execution struct {
	SafeTxHash common.Hash
	Succeeded  bool
	Payment    *uint256.Int
}

// ParseDeposit reads a log of a deposit contract. Errors: ErrWrongAddress,
// ErrWrongTopic, ErrWrongEvent.
func ParseDeposit(l *Log, contract common.Address) (*Deposit, error) {
	if err := l.of(contract, DepositEvent, 2); err != nil {
		return nil, err
	}
	sender, err := topicAddress(l.Topics[1])
	if err != nil {
		return nil, err
	}
	recipient, amount, err := splitDeposit(l.Data)
	return &Deposit{Sender: sender, Recipient: recipient, Amount: amount}, err
}

const word = 32

// splitDeposit reads the ABI encoding of (bytes, uint256) in its one canonical
// form: offset 64, amount, length, bytes, zeros up to a whole word.
func splitDeposit(data []byte) ([]byte, *uint256.Int, error) {
	if len(data) < 3*word || len(data)%word != 0 {
		return nil, nil, fmt.Errorf("%w: %d bytes of data", ErrWrongEvent, len(data))
	}
	offset, amount := readWord(data), readWord(data[word:])
	size, tail := readWord(data[2*word:]), data[3*word:]
	if !offset.Eq(uint256.NewInt(2*word)) || size.GtUint64(uint64(len(tail))) {
		return nil, nil, fmt.Errorf("%w: recipient of %s bytes at %s, %d are there", ErrWrongEvent, size, offset, len(tail))
	}
	n := int(size.Uint64())
	if len(tail)-n >= word || !isZero(tail[n:]) {
		return nil, nil, fmt.Errorf("%w: %d bytes after a recipient of %d", ErrWrongEvent, len(tail)-n, n)
	}
	return append([]byte{}, tail[:n]...), amount, nil
}

// ParseReceived reads a Safe's SafeReceived log. Errors: ErrWrongAddress,
// ErrWrongTopic, ErrWrongEvent.
func ParseReceived(l *Log, safe common.Address) (*Received, error) {
	if err := l.of(safe, SafeReceivedEvent, 2); err != nil {
		return nil, err
	}
	sender, err := topicAddress(l.Topics[1])
	if err != nil {
		return nil, err
	}
	amount, err := oneWord(l.Data)
	return &Received{Sender: sender, Amount: amount}, err
}

// ParseExecution reads a Safe's ExecutionSuccess or ExecutionFailure log.
// Errors: ErrWrongAddress, ErrWrongTopic, ErrWrongEvent.
func ParseExecution(l *Log, safe common.Address) (*Execution, error) {
	failed := len(l.Topics) > 0 && l.Topics[0] == ExecutionFailureEvent
	event := ExecutionSuccessEvent
	if failed {
		event = ExecutionFailureEvent
	}
	if err := l.of(safe, event, 2); err != nil {
		return nil, err
	}
	payment, err := oneWord(l.Data)
	return &Execution{SafeTxHash: l.Topics[1], Succeeded: !failed, Payment: payment}, err
}

func oneWord(data []byte) (*uint256.Int, error) {
	if len(data) != word {
		return nil, fmt.Errorf("%w: %d bytes of data, want %d", ErrWrongEvent, len(data), word)
	}
	return readWord(data), nil
}

func readWord(data []byte) *uint256.Int { return new(uint256.Int).SetBytes32(data[:word]) }

func topicAddress(topic common.Hash) (common.Address, error) {
	if !isZero(topic[:word-common.AddressLength]) {
		return common.Address{}, fmt.Errorf("%w: topic %s is no address", ErrWrongEvent, topic)
	}
	return common.BytesToAddress(topic[:]), nil
}

func isZero(b []byte) bool {
	for _, octet := range b {
		if octet != 0 {
			return false
		}
	}
	return true
}

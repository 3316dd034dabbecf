package observe

import (
	"context"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// safeBlock is what a block's logs say of a contract's Safes, but for dust. It holds copies,
// nothing of the block.
type safeBlock struct {
	hash common.Hash
	logs []safeLog
	// unread are logs of a Safe or a deposit contract that say nothing that can be read.
	unread []Quarantined
}

// safeLog is one log of a Safe or its deposit contract; one of the last three is set.
type safeLog struct {
	tx common.Hash
	// index is the log's place in its receipt.
	index uint32
	// safe is the place of the Safe among the reader's.
	safe      int
	deposit   *execution.Deposit
	received  *execution.Received
	execution *execution.Execution
}

// safeEvents are the first topics of a Safe's logs that matter.
var safeEvents = []common.Hash{execution.SafeReceivedEvent, execution.ExecutionSuccessEvent, execution.ExecutionFailureEvent}

func (r *ethereumReader) filter() execution.Filter {
	filter := execution.Filter{Events: append([]common.Hash{execution.DepositEvent}, safeEvents...)}
	for _, s := range r.safes {
		filter.Addresses = append(filter.Addresses, s.address, s.deposit)
	}
	return filter
}

// logs of a block, from memory where it has them.
func (r *ethereumReader) logs(ctx context.Context, height uint64) (*safeBlock, error) {
	if r.memory.scanner != nil {
		if block := recall(r.memory, logShelf, height); block != nil {
			return block, nil
		}
	}
	header, err := r.chain.HeaderAt(ctx, height)
	if err != nil {
		return nil, err
	}
	events, err := r.chain.Events(ctx, height, r.filter())
	if err != nil {
		return nil, err
	}
	block := &safeBlock{hash: header.Hash}
	for _, event := range events {
		r.read(block, event)
	}
	if r.memory.scanner != nil {
		remember(r.memory, logShelf, height, block)
	}
	return block, nil
}

// read adds a log to its block. A deposit contract's address vouches for its code and a Safe's for its own, so that a log that can't be read is not
// to be expected; it is quarantined, and what it did to a Safe is in the balance.
func (r *ethereumReader) read(block *safeBlock, event ethereum.Event) {
	found, err := r.parse(event.Log)
	if err != nil {
		block.unread = append(block.unread, Quarantined{
			Height: event.Block, Hash: event.TxHash, Reason: cut(err.Error(), contracttypes.MaxMemo),
		})
		return
	}
	if found != nil && !found.isDust(r.isDust) {
		found.tx, found.index = event.TxHash, uint32(event.Log.Index)
		block.logs = append(block.logs, *found)
	}
}

// isDust says whether a log is of an inflow too small for an event. It is forgotten at once: there
// may be any amount of it in a range, for dust ends none.
func (l safeLog) isDust(isDust func(*big.Int) bool) bool {
	return l.deposit != nil && isDust(l.deposit.Amount.ToBig()) || l.received != nil && isDust(l.received.Amount.ToBig())
}

// parse reads a log by who emitted it: a deposit contract's event of a Safe, or the reverse, is nothing.
func (r *ethereumReader) parse(l *execution.Log) (found *safeLog, err error) {
	if len(l.Topics) == 0 {
		return nil, nil
	}
	topic := l.Topics[0]
	for i, s := range r.safes {
		found := &safeLog{safe: i}
		switch {
		case l.Address == s.deposit && topic == execution.DepositEvent:
			found.deposit, err = execution.ParseDeposit(l, s.deposit)
		case l.Address == s.address && topic == execution.SafeReceivedEvent:
			found.received, err = execution.ParseReceived(l, s.address)
		case l.Address == s.address && slices.Contains(safeEvents, topic):
			found.execution, err = execution.ParseExecution(l, s.address)
		default:
			continue
		}
		return found, err
	}
	return nil, nil
}

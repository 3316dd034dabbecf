package execution

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Filter picks logs by emitting contract and event; both must be listed.
type Filter struct {
	Addresses []common.Address
	Events    []common.Hash // first topics
}

// Matches tells whether a log is of one of the contracts and one of the events.
func (f Filter) Matches(l *Log) bool {
	return len(l.Topics) > 0 && slices.Contains(f.Addresses, l.Address) && slices.Contains(f.Events, l.Topics[0])
}

// MayMatch tells by a verified header's bloom whether its block can hold a log
// that matches. No is proven; yes may be chance.
func (f Filter) MayMatch(bloom types.Bloom) bool {
	return slices.ContainsFunc(f.Addresses, func(a common.Address) bool { return bloom.Test(a.Bytes()) }) &&
		slices.ContainsFunc(f.Events, func(e common.Hash) bool { return bloom.Test(e.Bytes()) })
}

// In lists the matching logs of a receipt, in order; none of a failed one.
func (f Filter) In(r *Receipt) []*Log {
	var found []*Log
	for i := range r.Logs {
		if r.Succeeded && f.Matches(&r.Logs[i]) {
			found = append(found, &r.Logs[i])
		}
	}
	return found
}

// Log is the receipt's log at a position. Error: ErrNoLog.
func (r *Receipt) Log(index int) (*Log, error) {
	if index < 0 || index >= len(r.Logs) {
		return nil, fmt.Errorf("%w: position %d of %d", ErrNoLog, index, len(r.Logs))
	}
	return &r.Logs[index], nil
}

// of checks, in this order: the emitting contract, the event, the number of
// topics. Errors: ErrWrongAddress, ErrWrongTopic, ErrWrongEvent.
func (l *Log) of(contract common.Address, event common.Hash, topics int) error {
	if l.Address != contract {
		return fmt.Errorf("%w: %s, want %s", ErrWrongAddress, l.Address, contract)
	}
	if len(l.Topics) == 0 || l.Topics[0] != event {
		return fmt.Errorf("%w: %v, want %s", ErrWrongTopic, l.Topics, event)
	}
	if len(l.Topics) != topics {
		return fmt.Errorf("%w: %d topics, want %d", ErrWrongEvent, len(l.Topics), topics)
	}
	return nil
}

package types

import (
	"crypto/sha256"

	"cosmossdk.io/math"
)

// Hash is the identity of an observation: the SHA-256 of its protobuf encoding, which is deterministic because the message has no map.
func (o Observation) Hash() ([]byte, error) {
	encoded, err := o.Marshal()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(encoded)
	return sum[:], nil
}

// Partial says whether the observation ends within block `to`: then it reports a part of that block's events and no balances.
func (o Observation) Partial() bool { return o.ToIndex != 0 }

// Vault returns the id of the vault that an event is about, 0 where the event is empty.
func (e Event) Vault() uint64 {
	switch kind := e.Kind.(type) {
	case *Event_Deposit:
		return kind.Deposit.Vault
	case *Event_Execution:
		return kind.Execution.Vault
	case *Event_Outflow:
		return kind.Outflow.Vault
	case *Event_Surplus:
		return kind.Surplus.Vault
	case *Event_Account:
		return kind.Account.Vault
	case *Event_Sequence:
		return kind.Sequence.Vault
	}
	return 0
}

// ValidateShape checks what an observation says by itself (protocol §8), in this order: range, header hash, a part of a block, the order
// and shape of its events, its balances. It returns ErrInvalidObservation or ErrInvalidEvent with the value found and the value wanted.
func (o Observation) ValidateShape() error {
	if o.To <= o.From {
		return ErrInvalidObservation.Wrapf("to is %d, wanted more than from %d", o.To, o.From)
	}
	if len(o.BlockHash) != HashSize {
		return ErrInvalidObservation.Wrapf("block_hash has %d bytes, wanted %d", len(o.BlockHash), HashSize)
	}
	if err := o.validatePart(); err != nil {
		return err
	}
	previous := o.From + 1
	for i, event := range o.Events {
		if event.Height < previous || event.Height > o.To {
			return ErrInvalidEvent.Wrapf("event %d is at height %d, wanted from %d to %d", i, event.Height, previous, o.To)
		}
		if err := event.ValidateShape(); err != nil {
			return ErrInvalidEvent.Wrapf("event %d: %s", i, err)
		}
		previous = event.Height
	}
	for i, balance := range o.Balances {
		if balance.Amount.IsNil() || balance.Amount.IsNegative() {
			return ErrInvalidObservation.Wrapf("balance %d is %s, wanted at least 0", i, balance.Amount)
		}
	}
	return nil
}

func (o Observation) validatePart() error {
	if !o.Partial() {
		return nil
	}
	first := uint32(0)
	if o.To == o.From+1 {
		first = o.FromIndex
	}
	if n := o.eventsAt(o.To); o.ToIndex <= first || n != o.ToIndex-first {
		return ErrInvalidObservation.Wrapf("%d events of block %d from index %d to %d, wanted one for each", n, o.To, first, o.ToIndex)
	}
	if len(o.Balances) != 0 {
		return ErrInvalidObservation.Wrapf("%d balances within a block, wanted none", len(o.Balances))
	}
	return nil
}

func (o Observation) eventsAt(height uint64) (n uint32) {
	for _, event := range o.Events {
		if event.Height == height {
			n++
		}
	}
	return n
}

// ValidateShape checks one event by itself and returns ErrInvalidEvent.
func (e Event) ValidateShape() error {
	switch kind := e.Kind.(type) {
	case *Event_Deposit:
		return kind.Deposit.validate()
	case *Event_Execution:
		return hashLength("tx_hash", kind.Execution.TxHash)
	case *Event_Outflow:
		if len(kind.Outflow.TxHash) != 0 {
			if err := hashLength("tx_hash", kind.Outflow.TxHash); err != nil {
				return err
			}
		}
		return positive(kind.Outflow.Amount)
	case *Event_Surplus:
		return positive(kind.Surplus.Amount)
	case *Event_Account:
		if len(kind.Account.Type) > MaxMemo {
			return ErrInvalidEvent.Wrapf("type has %d bytes, wanted at most %d", len(kind.Account.Type), MaxMemo)
		}
		if locked := kind.Account.Locked; !locked.IsNil() && locked.IsNegative() {
			return ErrInvalidEvent.Wrapf("locked is %s, wanted at least 0", locked)
		}
		return nil
	case *Event_Sequence:
		return hashLength("tx_hash", kind.Sequence.TxHash)
	}
	return ErrInvalidEvent.Wrap("is empty, wanted a kind")
}

func (d DepositEvent) validate() error {
	if err := hashLength("tx_hash", d.TxHash); err != nil {
		return err
	}
	if len(d.Memo) > MaxMemo {
		return ErrInvalidEvent.Wrapf("memo has %d bytes, wanted at most %d", len(d.Memo), MaxMemo)
	}
	if len(d.Sender) == 0 || len(d.Sender) > MaxSender {
		return ErrInvalidEvent.Wrapf("sender has %d bytes, wanted from 1 to %d", len(d.Sender), MaxSender)
	}
	return positive(d.Amount)
}

func hashLength(name string, hash []byte) error {
	if len(hash) != HashSize {
		return ErrInvalidEvent.Wrapf("%s has %d bytes, wanted %d", name, len(hash), HashSize)
	}
	return nil
}

func positive(amount math.Int) error {
	if amount.IsNil() || !amount.IsPositive() {
		return ErrInvalidEvent.Wrapf("amount is %s, wanted more than 0", amount)
	}
	return nil
}

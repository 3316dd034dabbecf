package observe

import (
	"bytes"
	"fmt"
	stdmath "math"
	"math/big"
	"strings"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Limits bound one observation: its events, and the bytes of its protobuf encoding (protocol §8).
type Limits struct {
	Events uint32
	Bytes  uint32
}

// room is what is left of an observation's limits.
type room struct{ events, bytes int }

func (r room) less(other room) room { return room{r.events - other.events, r.bytes - other.bytes} }

func (r room) holds(other room) bool { return other.events <= r.events && other.bytes <= r.bytes }

// empty is the room in an observation that has nothing but its fixed fields, at their longest.
func (l Limits) empty() room {
	fixed := types.Observation{
		Contract: stdmath.MaxUint64, From: stdmath.MaxUint64, To: stdmath.MaxUint64, FromIndex: stdmath.MaxUint32, ToIndex: stdmath.MaxUint32,
		BlockHash: make([]byte, types.HashSize),
	}
	return room{int(l.Events), int(l.Bytes) - fixed.Size()}
}

// Sizes, at their longest, of what the end of a range says of one vault.
var (
	longestAmount     = math.NewIntFromBigInt(new(big.Int).SetBytes(bytes.Repeat([]byte{0xff}, math.MaxBitLen/8)))
	longestDifference = eventRoom(types.Event{Height: stdmath.MaxUint64, Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{
		Vault: stdmath.MaxUint64, TxHash: make([]byte, types.HashSize), Amount: longestAmount,
	}}})
	longestAccount = eventRoom(types.Event{Height: stdmath.MaxUint64, Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: stdmath.MaxUint64, Plain: true, Number: stdmath.MaxUint64, Sequence: stdmath.MaxUint64, Type: strings.Repeat("x", types.MaxMemo),
		Locked: longestAmount,
	}}})
	longestSequence = eventRoom(types.Event{Height: stdmath.MaxUint64, Kind: &types.Event_Sequence{Sequence: &types.SequenceEvent{
		Vault: stdmath.MaxUint64, TxHash: make([]byte, types.HashSize), Sequence: stdmath.MaxUint64,
	}}})
	longestBalance = room{0, field((&types.Balance{Vault: stdmath.MaxUint64, Amount: longestAmount}).Size())}
)

// end is the room that the end of a range may take: for each open vault a balance, a difference
// and, while it is not known, an account; for each CLOSED one with a foreign transaction in the
// range or in the block that is to be added, a difference; and for each account with such a
// transaction, or where the range before may have had one, its next sequence.
func (d *derivation) end(foreign map[uint64][32]byte) room {
	var total room
	add := func(r room) { total = room{total.events + r.events, total.bytes + r.bytes} }
	for _, vault := range d.vaults {
		if vault.Open {
			add(longestBalance)
			if !vault.AccountKnown {
				add(longestAccount)
			}
		}
		_, before := d.foreign[vault.ID]
		_, now := foreign[vault.ID]
		if vault.Open || before || now {
			add(longestDifference)
		}
	}
	for _, owner := range d.accounts.owners {
		_, before := d.foreign[owner.ID]
		_, now := foreign[owner.ID]
		if before || now || d.resumes() {
			add(longestSequence)
		}
	}
	return total
}

func (b blockEffects) room() room {
	total := room{}
	for _, e := range b.effects {
		need := eventRoom(e.event)
		total = room{total.events + need.events, total.bytes + need.bytes}
	}
	return total
}

func eventRoom(event types.Event) room { return room{1, field(event.Size())} }

// field is the size of a repeated message of n bytes with a one-byte tag.
func field(n int) int { return 1 + varint(uint64(n)) + n }

func varint(n uint64) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func (l Limits) tooSmall(need room) error {
	return fmt.Errorf("%w: %d events and %d bytes, want at least %d and %d", ErrLimits, l.Events, l.Bytes, need.events, need.bytes)
}

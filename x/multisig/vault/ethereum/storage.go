package ethereum

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Slots of Safe 1.4.1's storage (SafeStorage.sol).
const (
	slotSingleton = iota
	slotModules
	slotOwners
	slotOwnerCount
	slotThreshold
	slotNonce
)

// Slots that are named by a hash.
var (
	slotGuard    = crypto.Keccak256Hash([]byte("guard_manager.guard.address"))
	slotFallback = crypto.Keccak256Hash([]byte("fallback_manager.handler.address"))
)

// Slot is a place in a contract's storage and what has to be there; zero is proven by absence.
type Slot struct {
	Key   common.Hash
	Value common.Hash
}

// Storage returns what a vault's Safe has in its storage, so that a state proof of these slots proves that it is the committee's Safe and
// nothing else can move its funds: its code is the singleton's; no modules, guard or fallback handler; exactly these owners, in
// this order; this threshold. 7 + the number of owners slots, in this order. The proxy's own code is proven by its hash.
func Storage(singleton common.Address, o Owners) []Slot {
	slots := []Slot{
		{slot(slotSingleton), word(singleton)},
		{mapped(sentinel, slotModules), word(sentinel)},
		{slotGuard, common.Hash{}},
		{slotFallback, common.Hash{}},
		{slot(slotOwnerCount), common.BigToHash(number(uint32(len(o.List))))},
		{slot(slotThreshold), common.BigToHash(number(o.Threshold))},
	}
	previous := sentinel
	for _, owner := range o.List {
		slots = append(slots, Slot{mapped(previous, slotOwners), word(owner)})
		previous = owner
	}
	return append(slots, Slot{mapped(previous, slotOwners), word(sentinel)})
}

// NonceSlot is where a Safe keeps its nonce: a proof of it says which payloads can still execute.
func NonceSlot() common.Hash { return slot(slotNonce) }

func slot(index byte) common.Hash { return common.Hash{common.HashLength - 1: index} }

func word(address common.Address) common.Hash { return common.BytesToHash(address.Bytes()) }

// mapped is the slot of an address in the mapping at an index.
func mapped(key common.Address, index byte) common.Hash {
	return crypto.Keccak256Hash(word(key).Bytes(), slot(index).Bytes())
}

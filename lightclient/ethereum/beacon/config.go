package beacon

import (
	"errors"
	"fmt"
	"time"
)

// Fork is an upgrade of the consensus layer, in order.
type Fork byte

// Forks of which header shapes and signing domains are known. A light client
// needs Capella or later; the earlier two are named for their versions only.
const (
	Phase0 Fork = iota
	Altair
	Bellatrix
	Capella
	Deneb
	Electra
	Fulu
)

var forkNames = [...]string{"phase0", "altair", "bellatrix", "capella", "deneb", "electra", "fulu"}

// String is the name that the beacon API uses for the fork.
func (f Fork) String() string {
	if int(f) < len(forkNames) {
		return forkNames[f]
	}
	return fmt.Sprintf("fork %d", byte(f))
}

// ParseFork is the fork of a beacon API name. Error: ErrFork.
func ParseFork(name string) (Fork, error) {
	for f, known := range forkNames {
		if known == name {
			return Fork(f), nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrFork, name)
}

// Version is a fork's 4-byte version, part of every signing domain.
type Version [4]byte

// Activation says from which epoch on a fork rules, and by which version.
type Activation struct {
	Fork    Fork
	Epoch   uint64
	Version Version
}

// Preset is the sizes that a network was built with.
type Preset struct {
	SlotsPerEpoch     uint64
	EpochsPerPeriod   uint64 // of one sync committee
	SyncCommitteeSize int    // a power of two, a multiple of 8
}

// MainnetPreset is that of mainnet and the public test networks: 512 keys, periods of 8,192 slots.
func MainnetPreset() Preset {
	return Preset{SlotsPerEpoch: 32, EpochsPerPeriod: 256, SyncCommitteeSize: 512}
}

// MinimalPreset is that of development networks: 32 keys, periods of 64 slots.
func MinimalPreset() Preset {
	return Preset{SlotsPerEpoch: 8, EpochsPerPeriod: 8, SyncCommitteeSize: 32}
}

// Network is what tells one Ethereum network from another. Forks are in
// ascending order of fork and epoch and start at epoch 0. End, if not 0, is the
// first epoch of a fork that this code does not know: nothing from there on is
// believed.
type Network struct {
	Preset
	GenesisTime           time.Time
	GenesisValidatorsRoot Root
	SlotDuration          time.Duration
	Forks                 []Activation
	End                   uint64
}

// Validate checks, in this order: the preset's sizes, the slot's duration, the
// forks' order.
func (n *Network) Validate() error {
	size := n.SyncCommitteeSize
	if size < 8 || size > MaxSyncCommitteeSize || size&(size-1) != 0 {
		return fmt.Errorf("sync committee of %d keys, want a power of two from 8 to %d", size, MaxSyncCommitteeSize)
	}
	if n.SlotsPerEpoch == 0 || n.EpochsPerPeriod == 0 || n.SlotsPerEpoch > 1<<16 || n.EpochsPerPeriod > 1<<16 {
		return fmt.Errorf("%d slots an epoch and %d epochs a period, want 1 to 65536", n.SlotsPerEpoch, n.EpochsPerPeriod)
	}
	if n.SlotDuration < time.Millisecond || n.SlotDuration > maxSlotDuration {
		return fmt.Errorf("slot of %s, want 1ms to %s", n.SlotDuration, maxSlotDuration)
	}
	if n.GenesisTime.Unix() <= 0 || n.GenesisValidatorsRoot == (Root{}) {
		return errors.New("genesis time and genesis validators root must be given")
	}
	return validateForks(n.Forks)
}

func validateForks(forks []Activation) error {
	if len(forks) == 0 || forks[0].Epoch != 0 {
		return errors.New("the first fork must be active from epoch 0")
	}
	for i, a := range forks {
		if a.Fork > Fulu {
			return fmt.Errorf("%w: %d", ErrFork, a.Fork)
		}
		if i > 0 && (a.Fork <= forks[i-1].Fork || a.Epoch < forks[i-1].Epoch) {
			return fmt.Errorf("fork %s at epoch %d is listed after %s at %d", a.Fork, a.Epoch, forks[i-1].Fork, forks[i-1].Epoch)
		}
	}
	return nil
}

// Epoch of a slot.
func (n *Network) Epoch(slot uint64) uint64 { return slot / n.SlotsPerEpoch }

// Period of the sync committee that signs at a slot.
func (n *Network) Period(slot uint64) uint64 { return slot / n.SlotsPerEpoch / n.EpochsPerPeriod }

// SlotTime is when a slot begins, UTC.
func (n *Network) SlotTime(slot uint64) time.Time {
	return n.GenesisTime.Add(time.Duration(min(slot, maxSlot)) * n.SlotDuration)
}

// Their product is the longest time.Duration: slots of 12 s for 200 years.
const (
	maxSlot         = 1 << 29
	maxSlotDuration = 17 * time.Second
)

// SlotAt is the slot that a moment lies in; 0 before genesis.
func (n *Network) SlotAt(now time.Time) uint64 {
	if now.Before(n.GenesisTime) {
		return 0
	}
	return uint64(now.Sub(n.GenesisTime) / n.SlotDuration)
}

// activation is the fork that rules a slot. Error: ErrFork past End.
func (n *Network) activation(slot uint64) (Activation, error) {
	epoch := n.Epoch(slot)
	if n.End != 0 && epoch >= n.End {
		return Activation{}, fmt.Errorf("%w: epoch %d, known until %d", ErrFork, epoch, n.End)
	}
	for i := len(n.Forks) - 1; i >= 0; i-- {
		if epoch >= n.Forks[i].Epoch {
			return n.Forks[i], nil
		}
	}
	return Activation{}, fmt.Errorf("%w: epoch %d is before the first one", ErrFork, epoch)
}

// ForkAt is the fork that rules a slot. Errors: ErrFork when it is not known,
// ErrNoExecution before Capella.
func (n *Network) ForkAt(slot uint64) (Fork, error) {
	a, err := n.activation(slot)
	if err != nil {
		return 0, err
	}
	if a.Fork < Capella {
		return 0, fmt.Errorf("%w: slot %d is in %s", ErrNoExecution, slot, a.Fork)
	}
	return a.Fork, nil
}

// domainSyncCommittee is DOMAIN_SYNC_COMMITTEE of the consensus specs.
var domainSyncCommittee = [4]byte{0x07, 0, 0, 0}

// signingDomain is the domain of a signature made at a slot: by the version of
// the fork of the slot before it, as committees sign the previous slot's block.
func (n *Network) signingDomain(signatureSlot uint64) (Root, error) {
	a, err := n.activation(max(signatureSlot, 1) - 1)
	if err != nil {
		return Root{}, err
	}
	var version Root
	copy(version[:], a.Version[:])
	forkData := hashPair(version, n.GenesisValidatorsRoot)
	var domain Root
	copy(domain[:], domainSyncCommittee[:])
	copy(domain[4:], forkData[:28])
	return domain, nil
}

// CheckAge refuses a header older than a weak subjectivity period, whose
// committee could have been bought since. Error: ErrStaleCheckpoint.
func (n *Network) CheckAge(slot uint64, now time.Time, limit time.Duration) error {
	if age := now.Sub(n.SlotTime(slot)); age > limit {
		return fmt.Errorf("%w: slot %d is %s old, want at most %s", ErrStaleCheckpoint, slot, age, limit)
	}
	return nil
}

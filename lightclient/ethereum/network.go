package ethereum

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
)

// ErrNetwork: a network has no definition, or one that can't be.
var ErrNetwork = errors.New("invalid network")

// Network is an Ethereum network by name: what its two layers are told apart from others by.
type Network struct {
	// Name is lower-case letters, digits and hyphens, at most 32.
	Name string
	// ChainID is its number by EIP-155, in every transaction; above 0.
	ChainID uint64
	// Consensus is its presets, genesis and forks.
	Consensus beacon.Network
}

// PublicNetworks are those that need no file.
func PublicNetworks() []Network {
	return []Network{
		{Name: "mainnet", ChainID: 1, Consensus: beacon.MainnetNetwork()},
		{Name: "sepolia", ChainID: 11_155_111, Consensus: beacon.SepoliaNetwork()},
		{Name: "hoodi", ChainID: 560_048, Consensus: beacon.HoodiNetwork()},
	}
}

// FindNetwork returns the public network of that name, or the one that the file of that path defines. Errors: ErrNetwork; those of reading a file.
func FindNetwork(nameOrPath string) (Network, error) {
	var names []string
	for _, public := range PublicNetworks() {
		if public.Name == nameOrPath {
			return public, nil
		}
		names = append(names, public.Name)
	}
	raw, err := os.ReadFile(nameOrPath)
	if err != nil {
		return Network{}, fmt.Errorf("%w: %q is none of %s, and no file: %w", ErrNetwork, nameOrPath, strings.Join(names, ", "), err)
	}
	network, err := ParseNetwork(raw)
	if err != nil {
		return Network{}, fmt.Errorf("%s: %w", nameOrPath, err)
	}
	return network, nil
}

// Validate checks, in this order: the name, the chain id, the consensus layer's constants, that its forks come to one with execution blocks,
// and that End is after them. Error: ErrNetwork.
func (n Network) Validate() error {
	foreign := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if n.Name == "" || len(n.Name) > 32 || strings.ContainsFunc(n.Name, foreign) {
		return fmt.Errorf("%w: name %q, want 1 to 32 lower-case letters, digits and hyphens", ErrNetwork, n.Name)
	}
	if n.ChainID == 0 {
		return fmt.Errorf("%w: chain_id is 0", ErrNetwork)
	}
	if err := n.Consensus.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrNetwork, err)
	}
	last := n.Consensus.Forks[len(n.Consensus.Forks)-1]
	if last.Fork < beacon.Capella {
		return fmt.Errorf("%w: the last fork is %s, want %s or a later one", ErrNetwork, last.Fork, beacon.Capella)
	}
	if n.Consensus.End != 0 && n.Consensus.End <= last.Epoch {
		return fmt.Errorf("%w: end_epoch %d, want 0 or more than the %d of %s", ErrNetwork, n.Consensus.End, last.Epoch, last.Fork)
	}
	return nil
}

// networkFile is a network in JSON: names as in the consensus specs' configurations, in lower case.
type networkFile struct {
	Name                  string      `json:"name"`
	ChainID               uint64      `json:"chain_id"`
	GenesisTime           int64       `json:"genesis_time"`
	GenesisValidatorsRoot beacon.Root `json:"genesis_validators_root"`
	SlotDuration          int64       `json:"slot_duration_ms"`
	SlotsPerEpoch         uint64      `json:"slots_per_epoch"`
	EpochsPerPeriod       uint64      `json:"epochs_per_sync_committee_period"`
	SyncCommitteeSize     int         `json:"sync_committee_size"`
	Forks                 []forkFile  `json:"forks"`
	End                   uint64      `json:"end_epoch,omitempty"`
}

type forkFile struct {
	Name    string         `json:"name"`
	Epoch   uint64         `json:"epoch"`
	Version beacon.Version `json:"version"`
}

// maxNetworkFile bounds what is read, in bytes.
const maxNetworkFile = 64 << 10

// maxSlotMilliseconds keeps a slot's duration, which Validate bounds closer, from overflowing.
const maxSlotMilliseconds = 1 << 20

// ParseNetwork reads a network's definition: one JSON object with every field known and none missing that Validate wants. Error: ErrNetwork.
func ParseNetwork(raw []byte) (Network, error) {
	if len(raw) > maxNetworkFile {
		return Network{}, fmt.Errorf("%w: %d bytes, want at most %d", ErrNetwork, len(raw), maxNetworkFile)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var file networkFile
	if err := decoder.Decode(&file); err != nil {
		return Network{}, fmt.Errorf("%w: %w", ErrNetwork, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Network{}, fmt.Errorf("%w: something follows the definition", ErrNetwork)
	}
	network, err := file.network()
	if err != nil {
		return Network{}, err
	}
	return network, network.Validate()
}

func (f networkFile) network() (Network, error) {
	if f.SlotDuration < 0 || f.SlotDuration > maxSlotMilliseconds {
		return Network{}, fmt.Errorf("%w: slot_duration_ms %d, want up to %d", ErrNetwork, f.SlotDuration, maxSlotMilliseconds)
	}
	forks := make([]beacon.Activation, len(f.Forks))
	for i, fork := range f.Forks {
		known, err := beacon.ParseFork(fork.Name)
		if err != nil {
			return Network{}, fmt.Errorf("%w: forks[%d]: %w", ErrNetwork, i, err)
		}
		forks[i] = beacon.Activation{Fork: known, Epoch: fork.Epoch, Version: fork.Version}
	}
	return Network{Name: f.Name, ChainID: f.ChainID, Consensus: beacon.Network{
		Preset:                beacon.Preset{SlotsPerEpoch: f.SlotsPerEpoch, EpochsPerPeriod: f.EpochsPerPeriod, SyncCommitteeSize: f.SyncCommitteeSize},
		GenesisTime:           time.Unix(f.GenesisTime, 0).UTC(),
		GenesisValidatorsRoot: f.GenesisValidatorsRoot,
		SlotDuration:          time.Duration(f.SlotDuration) * time.Millisecond,
		Forks:                 forks,
		End:                   f.End,
	}}, nil
}

// Marshal returns the definition that ParseNetwork reads back. Error: ErrNetwork, for one that it would refuse.
func (n Network) Marshal() ([]byte, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	c := n.Consensus
	file := networkFile{
		Name: n.Name, ChainID: n.ChainID, GenesisTime: c.GenesisTime.Unix(), GenesisValidatorsRoot: c.GenesisValidatorsRoot,
		SlotDuration: c.SlotDuration.Milliseconds(), SlotsPerEpoch: c.SlotsPerEpoch, EpochsPerPeriod: c.EpochsPerPeriod,
		SyncCommitteeSize: c.SyncCommitteeSize, End: c.End,
	}
	for _, fork := range c.Forks {
		file.Forks = append(file.Forks, forkFile{Name: fork.Fork.String(), Epoch: fork.Epoch, Version: fork.Version})
	}
	raw, err := json.MarshalIndent(file, "", "  ")
	return append(raw, '\n'), err
}

// WriteFile writes the definition to a file that FindNetwork reads.
func (n Network) WriteFile(path string) error {
	raw, err := n.Marshal()
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

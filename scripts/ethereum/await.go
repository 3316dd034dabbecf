package ethereum

import (
	"context"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/scripts/e2e"
)

// awaitExecution waits until the execution client shows the genesis block that
// this package made.
func awaitExecution(ctx context.Context, address string, want common.Hash) error {
	return e2e.AwaitDoneFor(ctx, "geth's genesis block", startLimit, func(ctx context.Context) (bool, error) {
		var block struct {
			Hash common.Hash `json:"hash"`
		}
		if err := Call(ctx, address, &block, "eth_getBlockByNumber", "0x0", false); err != nil {
			return false, err
		}
		if block.Hash != want {
			return false, fmt.Errorf("genesis block %s, want %s", block.Hash, want)
		}
		return true, nil
	})
}

// awaitNetwork waits until the consensus client says what its network is.
func awaitNetwork(ctx context.Context, address string) (beacon.Network, error) {
	return e2e.AwaitFor(ctx, "Lodestar's genesis", startLimit, func(ctx context.Context) (beacon.Network, bool, error) {
		network, err := readNetwork(ctx, address)
		return network, err == nil, err
	})
}

func readNetwork(ctx context.Context, address string) (beacon.Network, error) {
	var genesis struct {
		Time int64       `json:"genesis_time,string"`
		Root beacon.Root `json:"genesis_validators_root"`
	}
	if err := get(ctx, address+"/eth/v1/beacon/genesis", &genesis); err != nil {
		return beacon.Network{}, err
	}
	var spec struct {
		Slots   uint64         `json:"SLOTS_PER_EPOCH,string"`
		Epochs  uint64         `json:"EPOCHS_PER_SYNC_COMMITTEE_PERIOD,string"`
		Keys    int            `json:"SYNC_COMMITTEE_SIZE,string"`
		Seconds int64          `json:"SECONDS_PER_SLOT,string"`
		Version beacon.Version `json:"CAPELLA_FORK_VERSION"`
	}
	if err := get(ctx, address+"/eth/v1/config/spec", &spec); err != nil {
		return beacon.Network{}, err
	}
	network := beacon.Network{
		Preset:                beacon.Preset{SlotsPerEpoch: spec.Slots, EpochsPerPeriod: spec.Epochs, SyncCommitteeSize: spec.Keys},
		GenesisTime:           time.Unix(genesis.Time, 0).UTC(),
		GenesisValidatorsRoot: genesis.Root,
		SlotDuration:          time.Duration(spec.Seconds) * time.Second,
		Forks:                 []beacon.Activation{{Fork: beacon.Capella, Epoch: 0, Version: spec.Version}},
	}
	if network.Preset != beacon.MinimalPreset() {
		return network, fmt.Errorf("preset %+v, want %+v", network.Preset, beacon.MinimalPreset())
	}
	return network, network.Validate()
}

// Checkpoint is the newest finalized block that all consensus clients show, for
// which it waits. An operator gets one out of band: here it is their own word.
func (p *Peers) Checkpoint(ctx context.Context, limit time.Duration) (lightclient.Checkpoint, error) {
	return e2e.AwaitFor(ctx, "the first finalized checkpoint", limit, func(ctx context.Context) (lightclient.Checkpoint, bool, error) {
		var header struct {
			Root   beacon.Root `json:"root"`
			Header struct {
				Message struct {
					Slot uint64 `json:"slot,string"`
				} `json:"message"`
			} `json:"header"`
		}
		if err := get(ctx, p.Beacon+"/eth/v1/beacon/headers/finalized", &header); err != nil {
			return lightclient.Checkpoint{}, false, err
		}
		slot := header.Header.Message.Slot
		return lightclient.Checkpoint{Height: int64(slot), Hash: header.Root}, slot > 0, p.allShow(ctx, slot, header.Root)
	})
}

// allShow is an error as long as a consensus client has another block in a slot, or none.
func (p *Peers) allShow(ctx context.Context, slot uint64, root beacon.Root) error {
	for _, address := range p.Beacons {
		var found struct {
			Root beacon.Root `json:"root"`
		}
		if err := get(ctx, fmt.Sprintf("%s/eth/v1/beacon/blocks/%d/root", address, slot), &found); err != nil {
			return err
		}
		if found.Root != root {
			return fmt.Errorf("%s has block %s in slot %d, want %s", address, found.Root, slot, root)
		}
	}
	return nil
}

// ExecutionBlock is the execution block of a beacon block, as the consensus client says.
func (p *Peers) ExecutionBlock(ctx context.Context, root [32]byte) (number uint64, hash common.Hash, err error) {
	var block struct {
		Message struct {
			Body struct {
				Payload struct {
					Number uint64      `json:"block_number,string"`
					Hash   common.Hash `json:"block_hash"`
				} `json:"execution_payload"`
			} `json:"body"`
		} `json:"message"`
	}
	err = get(ctx, fmt.Sprintf("%s/eth/v2/beacon/blocks/0x%x", p.Beacon, root), &block)
	return block.Message.Body.Payload.Number, block.Message.Body.Payload.Hash, err
}

package ethereum

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// ErrForeignNetwork: a source is of another network than the one that it is to serve. Nothing that it says could be proven: this is for
// the operator, who is told what he mixed up before the source counts as a liar.
var ErrForeignNetwork = errors.New("source is of another network")

// Checked is a source that can be asked which network it is of.
type Checked interface {
	// CheckNetwork compares the source's own word with a network. Errors: ErrForeignNetwork; those of the connection.
	CheckNetwork(ctx context.Context, n Network) error
}

var (
	_ Checked = (*HTTPBeacon)(nil)
	_ Checked = (*HTTPExecution)(nil)
)

// CheckNetwork implements Checked by eth_chainId.
func (s *HTTPExecution) CheckNetwork(ctx context.Context, n Network) error {
	var number hexutil.Uint64
	if err := s.endpoint.one(ctx, call{"eth_chainId", []any{}, &number, smallAnswer}); err != nil {
		return err
	}
	if uint64(number) != n.ChainID {
		return fmt.Errorf("%w: %s has chain id %d, want the %d of %s", ErrForeignNetwork, s.Name(), uint64(number), n.ChainID, n.Name)
	}
	return nil
}

// CheckNetwork implements Checked by the genesis that the source names and by those of its constants that a light client uses: time and
// validators' root of the genesis, preset, each fork's version and epoch. One that it does not name is passed over. Besides ErrForeignNetwork:
// beacon.ErrFork for a fork that is planned and not known here, from which on nothing can be followed.
func (s *HTTPBeacon) CheckNetwork(ctx context.Context, n Network) error {
	if err := s.checkGenesis(ctx, n); err != nil {
		return err
	}
	var answer struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := s.get(ctx, "/eth/v1/config/spec", &answer, lightclient.ErrHeightUnavailable); err != nil {
		return err
	}
	return n.checkSpec(s.Name(), specNumbers(answer.Data))
}

func (s *HTTPBeacon) checkGenesis(ctx context.Context, n Network) error {
	var answer struct {
		Data struct {
			Time int64       `json:"genesis_time,string"`
			Root beacon.Root `json:"genesis_validators_root"`
		} `json:"data"`
	}
	if err := s.get(ctx, "/eth/v1/beacon/genesis", &answer, lightclient.ErrSourceLagging); err != nil {
		return err
	}
	if want := n.Consensus.GenesisValidatorsRoot; answer.Data.Root != want {
		return fmt.Errorf("%w: %s has genesis_validators_root %s, want the %s of %s", ErrForeignNetwork, s.Name(), answer.Data.Root, want, n.Name)
	}
	if want := n.Consensus.GenesisTime.Unix(); answer.Data.Time != want {
		return fmt.Errorf("%w: %s has genesis_time %d, want the %d of %s", ErrForeignNetwork, s.Name(), answer.Data.Time, want, n.Name)
	}
	return nil
}

// specNumbers takes the numbers out of a source's constants: decimal, or versions, 0x and hex.
func specNumbers(constants map[string]json.RawMessage) map[string]uint64 {
	numbers := map[string]uint64{}
	for name, raw := range constants {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			continue
		}
		if number, err := strconv.ParseUint(text, 0, 64); err == nil {
			numbers[name] = number
		}
	}
	return numbers
}

const (
	forkEpoch   = "_FORK_EPOCH"
	forkVersion = "_FORK_VERSION"
	// farFuture is the epoch of a fork that is not planned yet.
	farFuture = 1<<64 - 1
)

// checkSpec compares a source's constants with those of a network, by name.
func (n Network) checkSpec(source string, found map[string]uint64) error {
	for _, one := range n.constants() {
		if number, named := found[one.name]; named && number != one.want {
			return fmt.Errorf("%w: %s has %s %d, want the %d of %s", ErrForeignNetwork, source, one.name, number, one.want, n.Name)
		}
	}
	return n.checkPlanned(source, found)
}

type constant struct {
	name string
	want uint64
}

// constants of the network, by the names of the consensus specs.
func (n Network) constants() []constant {
	c := n.Consensus
	all := []constant{
		{"SLOT_DURATION_MS", uint64(c.SlotDuration.Milliseconds())},
		{"SLOTS_PER_EPOCH", c.SlotsPerEpoch},
		{"EPOCHS_PER_SYNC_COMMITTEE_PERIOD", c.EpochsPerPeriod},
		{"SYNC_COMMITTEE_SIZE", uint64(c.SyncCommitteeSize)},
	}
	if c.SlotDuration%time.Second == 0 {
		all = append(all, constant{"SECONDS_PER_SLOT", uint64(c.SlotDuration / time.Second)})
	}
	for _, fork := range c.Forks {
		version, _ := strconv.ParseUint(fmt.Sprintf("%x", fork.Version[:]), 16, 64)
		if fork.Fork == beacon.Phase0 {
			all = append(all, constant{"GENESIS" + forkVersion, version})
			continue
		}
		name := strings.ToUpper(fork.Fork.String())
		all = append(all, constant{name + forkVersion, version}, constant{name + forkEpoch, fork.Epoch})
	}
	return all
}

// checkPlanned looks for forks that the source plans and this network's definition lacks.
func (n Network) checkPlanned(source string, found map[string]uint64) error {
	first := n.Consensus.Forks[0].Fork
	listed := map[string]bool{}
	for _, fork := range n.Consensus.Forks {
		listed[fork.Fork.String()] = true
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		upper, isEpoch := strings.CutSuffix(name, forkEpoch)
		fork, epoch := strings.ToLower(upper), found[name]
		if !isEpoch || listed[fork] || epoch == farFuture || n.Consensus.End != 0 && epoch >= n.Consensus.End {
			continue
		}
		if known, err := beacon.ParseFork(fork); err == nil && known < first {
			continue // the network began after it
		} else if err == nil {
			return fmt.Errorf("%w: %s has %s %d, %s lacks that fork", ErrForeignNetwork, source, name, epoch, n.Name)
		}
		return fmt.Errorf("%w: %s plans %s at epoch %d", beacon.ErrFork, source, fork, epoch)
	}
	return nil
}

// CheckCheckpoint looks whether a client could be rooted in a checkpoint by this source, and how old the checkpoint is. In this order: the source knows
// the block (ErrHeightUnavailable) and proves its committee; the block is of the checkpoint's slot (ErrCheckpoint); it is at most limit old
// (beacon.ErrStaleCheckpoint).
func (s *HTTPBeacon) CheckCheckpoint(ctx context.Context, checkpoint lightclient.Checkpoint, now time.Time, limit time.Duration) (age time.Duration, err error) {
	bootstrap, err := s.Bootstrap(ctx, checkpoint.Hash)
	if err != nil {
		return 0, err
	}
	rooted, err := s.network.NewStore(checkpoint.Hash, bootstrap)
	if err != nil {
		return 0, err
	}
	slot := rooted.Finalized.Beacon.Slot
	if int64(slot) != checkpoint.Height {
		return 0, fmt.Errorf("%w: %s is of slot %d, want %d", lightclient.ErrCheckpoint, beacon.Root(checkpoint.Hash), slot, checkpoint.Height)
	}
	return now.Sub(s.network.SlotTime(slot)), s.network.CheckAge(slot, now, limit)
}

// CheckFollowing looks whether the source has what following from a slot on asks for: the best updates from the slot's sync committee period on,
// and the newest finality update. Within one period there may be no update of it yet. Errors: ErrHeightUnavailable, ErrSourceLagging.
func (s *HTTPBeacon) CheckFollowing(ctx context.Context, slot uint64) error {
	newest, err := s.FinalityUpdate(ctx)
	if err != nil {
		return err
	}
	period := s.network.Period(slot)
	if period >= s.network.Period(newest.Attested.Beacon.Slot) {
		return nil
	}
	updates, err := s.Updates(ctx, period, 1)
	if err == nil && len(updates) == 0 {
		err = fmt.Errorf("%w: %s has no update of sync committee period %d, of slot %d", lightclient.ErrHeightUnavailable, s.Name(), period, slot)
	}
	return err
}

// CheckHistory looks whether the source proves the state of the block so many below its head, which a node that keeps only recent states
// does not, and has its transactions and receipts. It returns that block's number. Error: ErrHeightUnavailable.
func (s *HTTPExecution) CheckHistory(ctx context.Context, blocks uint64) (number uint64, err error) {
	var head hexutil.Uint64
	if err := s.endpoint.one(ctx, call{"eth_blockNumber", []any{}, &head, smallAnswer}); err != nil {
		return 0, err
	}
	number = uint64(head) - min(uint64(head), blocks)
	raws, err := s.Headers(ctx, number, number)
	if err != nil {
		return number, err
	}
	header, err := execution.DecodeHeader(raws[0], keccak(raws[0]))
	if err != nil {
		return number, err
	}
	proof, err := s.Proof(ctx, header.Hash, common.Address{}, nil)
	if err == nil {
		_, err = header.VerifyAccount(common.Address{}, proof.Account)
	}
	if err != nil {
		return number, fmt.Errorf("%w: %s does not prove the state of block %d, %d below its head: %w",
			lightclient.ErrHeightUnavailable, s.Name(), number, uint64(head)-number, err)
	}
	return number, s.checkContents(ctx, header.Hash, number)
}

func (s *HTTPExecution) checkContents(ctx context.Context, hash common.Hash, number uint64) error {
	_, err := s.Transactions(ctx, hash)
	if err == nil {
		_, err = s.Receipts(ctx, hash)
	}
	if err != nil {
		return fmt.Errorf("%w: %s does not have the transactions and receipts of block %d: %w", lightclient.ErrHeightUnavailable, s.Name(), number, err)
	}
	return nil
}

package observe

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Input is everything that an observation is derived from. Vaults and their ledgers must be those of one height of this chain, and
// From and FromIndex the contract's observed position at it.
type Input struct {
	Contract types.Contract
	Vaults   []Vault
	// From is the contract's observed height and FromIndex its observed index: the range begins with event FromIndex of block
	// From+1.
	From      uint64
	FromIndex uint32
	// To is the last block of the range.
	To uint64
	// LeastEvent is the contract's at the observed position (ContractState.least_event), in base
	// units; nil is 0. An inflow below it is dust, whatever its memo: no event, but a part of the
	// balance at the end of the range. It must be the same for all parts of a split block, because
	// it moves indices.
	LeastEvent math.Int
	// Chain is read where the contract's is a Cosmos chain, Ethereum where it is an Ethereum network.
	Chain    Chain
	Ethereum EthereumChain
	Books    Books
}

// Derive derives the observation to propose: of the blocks up to To as many as fit the limits,
// whole blocks where that is possible, else up to an event index of the first block that has any.
// The limits count the end of the range at its longest, so that where to cut does not depend on
// balances; and where state can be proven of recent blocks only, a range that is cut ends within a
// block, where none is told. A range is never cut where it would say nothing, because the chain
// refuses to hear of that: then the block that does not fit is split at once. It is deterministic.
// Errors: ErrInput, ErrIndex, ErrLimits, ErrAmount, and those of Chain and Books, which mean that
// the observation can't be derived now.
func Derive(ctx context.Context, in Input, limits Limits) (types.Observation, []Quarantined, error) {
	d, err := newDerivation(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return d.derive(ctx, limits)
}

// Rederive derives exactly the range of a proposal, for an attestation: the blocks up to To, or, where toIndex is not 0, the events
// of block To up to toIndex after those of the blocks before it. Nothing but the range and the vault set (see Attesting) is taken from the proposal, and no limits
// apply, for the chain has checked them: the answer is to agree if and only if the hashes of both observations are equal. Where the
// block has fewer events than toIndex says, all of them are returned, and the hashes differ. Errors: those of Derive but ErrLimits.
func Rederive(ctx context.Context, in Input, toIndex uint32) (types.Observation, []Quarantined, error) {
	d, err := newDerivation(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return d.rederive(ctx, toIndex)
}

// isDust says whether an inflow is too small for an event of its own.
func (in Input) isDust(amount *big.Int) bool {
	return !in.LeastEvent.IsNil() && amount.Cmp(in.LeastEvent.BigIntMut()) < 0
}

// derivation is the state of one derivation.
type derivation struct {
	in       Input
	vaults   []Vault
	accounts *accounts
	reader   reader
	// cutsWithin is as the kind says.
	cutsWithin bool
	// held says who holds the accounts that were handed on in what was added.
	held holders
	// ledgers are the vaults' after what was added.
	ledgers ledgers
	// sequences are the next ones of the accounts, by their owners, after the sessions that were
	// added; of accounts that executed any.
	sequences map[uint64]uint64
	// last is the last block that was added with an event.
	last blockEnd

	observation types.Observation
	effects     []effect
	foreign     map[uint64][32]byte
	quarantined []Quarantined
	left        room
}

func newDerivation(in Input) (*derivation, error) {
	if in.To <= in.From {
		return nil, fmt.Errorf("%w: range from %d to %d, want to above from", ErrInput, in.From, in.To)
	}
	d := &derivation{
		in: in, vaults: ordered(slices.Clone(in.Vaults)), held: holders{}, foreign: map[uint64][32]byte{}, sequences: map[uint64]uint64{},
		observation: types.Observation{Contract: in.Contract.Id, From: in.From, FromIndex: in.FromIndex},
	}
	kind, err := kindOf(in.Contract)
	if err != nil {
		return nil, err
	}
	if d.accounts, err = accountsOf(d.vaults, kind.account); err != nil {
		return nil, err
	}
	d.ledgers, d.cutsWithin = ledgersOf(d.vaults), kind.cutsWithin()
	d.reader, err = kind.reader(in, d.accounts)
	return d, err
}

func (d *derivation) derive(ctx context.Context, limits Limits) (types.Observation, []Quarantined, error) {
	if err := d.fill(ctx, limits); err != nil {
		return types.Observation{}, nil, err
	}
	return d.finish(ctx)
}

func (d *derivation) rederive(ctx context.Context, toIndex uint32) (types.Observation, []Quarantined, error) {
	for height := d.in.From + 1; height <= d.in.To; height++ {
		block, err := d.next(ctx, height)
		if err != nil {
			return types.Observation{}, nil, err
		}
		if toIndex != 0 && height == d.in.To {
			first := d.firstIndex(height)
			d.part(block, uint64(max(toIndex, first)-first))
			break
		}
		d.whole(block)
	}
	return d.finish(ctx)
}

// fill adds blocks while they and the end of the range after them fit.
func (d *derivation) fill(ctx context.Context, limits Limits) error {
	d.left = limits.empty()
	for height := d.in.From + 1; height <= d.in.To; height++ {
		block, err := d.next(ctx, height)
		if err != nil {
			return err
		}
		need := block.room()
		if d.left.less(need).holds(d.end(block.foreign)) {
			d.left = d.left.less(need)
			d.whole(block)
			continue
		}
		ended, err := d.canEnd(ctx)
		if err != nil || ended {
			return err
		}
		return d.split(block, limits)
	}
	return nil
}

// canEnd says whether the range may end after the block that was added last, because something is
// told then. A transaction that no session explains is no event of its block: it shows at the end
// of the range, and only of a range that has it.
func (d *derivation) canEnd(ctx context.Context) (bool, error) {
	switch {
	case d.cutsWithin || len(d.effects) == 0 && len(d.foreign) == 0:
		return false, nil
	case len(d.effects) > 0:
		return true, nil
	}
	trial := *d
	ended, _, err := trial.finish(ctx)
	return len(ended.Events) > 0, err
}

// split takes as many events of a block as fit where nothing ends after them. Where none does, the range ends after the last event before.
func (d *derivation) split(block blockEffects, limits Limits) error {
	var fitting uint64
	left := d.left
	for _, e := range block.effects {
		need := eventRoom(e.event)
		if !left.holds(need) {
			break
		}
		left = left.less(need)
		fitting++
	}
	if fitting == 0 && len(d.effects) > 0 {
		d.endWithin()
		return nil
	}
	if fitting == 0 {
		need := d.end(block.foreign)
		return limits.tooSmall(room{need.events + 1, need.bytes + int(limits.Bytes) - d.left.bytes})
	}
	d.part(block, fitting)
	return nil
}

// next derives a block's effects, without those of the first block that are reported already.
func (d *derivation) next(ctx context.Context, height uint64) (blockEffects, error) {
	block, err := d.reader.block(ctx, height)
	if err != nil {
		return blockEffects{}, fmt.Errorf("block %d: %w", height, err)
	}
	if height == d.in.From+1 {
		if uint64(d.in.FromIndex) > uint64(len(block.effects)) {
			return blockEffects{}, fmt.Errorf("%w: %d events in block %d, want at least %d", ErrIndex, len(block.effects), height, d.in.FromIndex)
		}
		block.effects = block.effects[d.in.FromIndex:]
	}
	d.held.attribute(block.effects)
	d.judge(block.effects)
	return block, nil
}

// whole adds a complete block.
func (d *derivation) whole(block blockEffects) {
	d.add(block, block.effects)
	for owner, hash := range block.foreign {
		if _, found := d.foreign[owner]; !found {
			d.foreign[owner] = hash
		}
	}
	d.observation.ToIndex = 0
}

// part adds the next n events of a block, or as many as there are.
func (d *derivation) part(block blockEffects, n uint64) {
	n = min(n, uint64(len(block.effects)))
	d.add(block, block.effects[:n])
	d.observation.ToIndex = d.firstIndex(block.height) + uint32(n)
}

func (d *derivation) add(block blockEffects, effects []effect) {
	d.effects = append(d.effects, effects...)
	d.held.book(effects)
	d.ledgers.book(effects)
	for _, e := range effects {
		if e.next != 0 {
			d.sequences[d.accounts.ownerOf(e.vault)] = e.next
		}
	}
	d.quarantined = append(d.quarantined, block.quarantined...)
	d.observation.To = block.height
	d.observation.BlockHash = slices.Clone(block.hash[:])
	if len(effects) > 0 {
		d.last = blockEnd{block.height, block.hash, d.firstIndex(block.height) + uint32(len(effects))}
	}
}

// blockEnd is a block with the index after its last event that was added.
type blockEnd struct {
	height uint64
	hash   [32]byte
	index  uint32
}

// endWithin ends the range after the last event that was added.
func (d *derivation) endWithin() {
	d.observation.To, d.observation.BlockHash, d.observation.ToIndex = d.last.height, slices.Clone(d.last.hash[:]), d.last.index
}

// firstIndex is the index of the first event of a block that is not reported already.
func (d *derivation) firstIndex(height uint64) uint32 {
	if height == d.in.From+1 {
		return d.in.FromIndex
	}
	return 0
}

// finish writes the events and, unless the range ends within a block, what is proven at its end.
func (d *derivation) finish(ctx context.Context) (types.Observation, []Quarantined, error) {
	for _, e := range d.effects {
		d.observation.Events = append(d.observation.Events, e.event)
	}
	if d.observation.Partial() {
		return d.observation, d.quarantined, nil
	}
	for _, vault := range d.vaults {
		if err := d.endOf(ctx, vault, d.ledgers[vault.ID]); err != nil {
			return types.Observation{}, nil, fmt.Errorf("vault %d at height %d: %w", vault.ID, d.observation.To, err)
		}
	}
	return d.observation, d.quarantined, nil
}

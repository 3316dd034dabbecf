package ethtest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// Genesis is when every chain of this package starts.
var Genesis = time.Unix(1_800_000_000, 0).UTC()

// Network is a minimal network with one fork after the other: from Capella at
// epoch 0, each of the given epochs starts the next fork.
func Network(epochs ...uint64) beacon.Network {
	n := beacon.Network{
		Preset: beacon.MinimalPreset(), GenesisTime: Genesis, SlotDuration: 6 * time.Second,
		GenesisValidatorsRoot: sha256.Sum256([]byte("validators")),
		Forks:                 []beacon.Activation{{Fork: beacon.Capella, Version: beacon.Version{3, 0, 0, 1}}},
	}
	for i, epoch := range epochs {
		fork := beacon.Capella + beacon.Fork(i+1)
		n.Forks = append(n.Forks, beacon.Activation{Fork: fork, Epoch: epoch, Version: beacon.Version{byte(fork), 0, 0, 1}})
	}
	return n
}

// Block is a beacon block with its execution block.
type Block struct {
	Header       beacon.Header
	Root         beacon.Root
	State        Tree
	RawHeader    []byte // execution header, RLP
	Hash         common.Hash
	Number       uint64
	Transactions execution.List
	Receipts     execution.List
}

// Contents fills the execution block of a slot.
type Contents func(slot uint64) (transactions, receipts execution.List, stateRoot common.Hash)

// Marked fills blocks with nothing, but in a way that makes them other blocks.
func Marked(uint64) (transactions, receipts execution.List, stateRoot common.Hash) {
	return nil, nil, common.Hash{0xee}
}

// Chain has a block in every slot from 1 on, finalized two epochs later.
type Chain struct {
	Network    beacon.Network
	Blocks     []*Block // by slot; that of slot 0 is empty
	Contents   Contents
	seed       uint64
	committees map[uint64]*Committee
}

// New makes a chain up to a slot. Chains of other seeds have other committees.
func New(n beacon.Network, seed, slots uint64, contents Contents) *Chain {
	c := &Chain{Network: n, Blocks: []*Block{{}}, Contents: contents, seed: seed, committees: map[uint64]*Committee{}}
	c.Extend(slots)
	return c
}

// Extend adds blocks up to a slot.
func (c *Chain) Extend(to uint64) {
	for slot := uint64(len(c.Blocks)); slot <= to; slot++ {
		c.Blocks = append(c.Blocks, c.next(slot))
	}
}

// Fork copies a chain up to a slot; what is added to the copy from then on differs.
func (c *Chain) Fork(slot uint64, contents Contents) *Chain {
	other := *c
	other.Blocks = append([]*Block{}, c.Blocks[:slot+1]...)
	other.Contents = contents
	return &other
}

// Committee of a period.
func (c *Chain) Committee(period uint64) *Committee {
	if c.committees[period] == nil {
		c.committees[period] = NewCommittee(c.Network.SyncCommitteeSize, c.seed<<32+period)
	}
	return c.committees[period]
}

// Now is the time of a slot.
func (c *Chain) Now(slot uint64) time.Time { return c.Network.SlotTime(slot) }

func (c *Chain) next(slot uint64) *Block {
	parent := c.Blocks[slot-1]
	b := c.executionBlock(slot, parent)
	b.State = c.state(slot)
	body := Tree{25: b.Header.Execution.Root(c.fork(slot))}
	b.Header.ExecutionBranch = body.Branch(25)
	b.Header.Beacon = beacon.BlockHeader{
		Slot: slot, ProposerIndex: slot % 7, ParentRoot: parent.Root, StateRoot: b.State.Root(), BodyRoot: body.Root(),
	}
	b.Root = b.Header.Beacon.Root()
	return b
}

func (c *Chain) fork(slot uint64) beacon.Fork {
	f, err := c.Network.ForkAt(slot)
	if err != nil {
		panic(err)
	}
	return f
}

// indices of the finalized root, the current and the next committee in a state.
func (c *Chain) indices(slot uint64) (finalized, current, next uint64) {
	if c.fork(slot) >= beacon.Electra {
		return 169, 86, 87
	}
	return 105, 54, 55
}

// finalSlot is the slot that the state at a slot has finalized.
func (c *Chain) finalSlot(slot uint64) uint64 {
	return max(slot/c.Network.SlotsPerEpoch, 2)*c.Network.SlotsPerEpoch - 2*c.Network.SlotsPerEpoch
}

func (c *Chain) state(slot uint64) Tree {
	finalized, current, next := c.indices(slot)
	period := c.Network.Period(slot)
	return Tree{
		finalized: c.Blocks[c.finalSlot(slot)].Root,
		current:   c.Committee(period).Root,
		next:      c.Committee(period + 1).Root,
	}
}

func (c *Chain) executionBlock(slot uint64, parent *Block) *Block {
	b := &Block{Number: parent.Number + 1}
	var state common.Hash
	if c.Contents != nil {
		b.Transactions, b.Receipts, state = c.Contents(slot)
	}
	header := &types.Header{
		ParentHash: parent.Hash, UncleHash: types.EmptyUncleHash, Root: state, TxHash: b.Transactions.Root(), ReceiptHash: b.Receipts.Root(),
		Bloom: bloom(b.Receipts), Difficulty: new(big.Int), Number: new(big.Int).SetUint64(b.Number), GasLimit: 30_000_000,
		Time: uint64(c.Network.SlotTime(slot).Unix()), BaseFee: big.NewInt(7), WithdrawalsHash: &types.EmptyWithdrawalsHash,
	}
	raw, err := rlp.EncodeToBytes(header)
	if err != nil {
		panic(err)
	}
	b.RawHeader, b.Hash = raw, header.Hash()
	b.Header.Execution = beacon.PayloadHeader{
		ParentHash: beacon.Root(parent.Hash), StateRoot: beacon.Root(state), BlockNumber: b.Number,
		Timestamp: header.Time, ExtraData: []byte("ethtest"), BlockHash: beacon.Root(b.Hash),
		ReceiptsRoot: beacon.Root{0xff}, // a lie, which nobody may read
	}
	if c.fork(slot) >= beacon.Deneb {
		b.Header.Execution.BlobGasUsed = slot
	}
	return b
}

func bloom(receipts execution.List) types.Bloom {
	var all types.Bloom
	for _, raw := range receipts {
		var r types.Receipt
		if r.UnmarshalBinary(raw) == nil {
			one := types.CreateBloom(&r)
			for i := range all {
				all[i] |= one[i]
			}
		}
	}
	return all
}

// Bootstrap roots a light client at a slot.
func (c *Chain) Bootstrap(slot uint64) *beacon.Bootstrap {
	_, current, _ := c.indices(slot)
	b := c.Blocks[slot]
	return &beacon.Bootstrap{Header: b.Header, Committee: c.Committee(c.Network.Period(slot)).Public, Branch: b.State.Branch(current)}
}

// FinalityUpdate is signed by all in the slot after the attested one.
func (c *Chain) FinalityUpdate(attested uint64) *beacon.Update {
	u := &beacon.Update{Attested: c.Blocks[attested].Header, SignatureSlot: attested + 1}
	finalized, _, _ := c.indices(attested)
	final := c.Blocks[c.finalSlot(attested)].Header
	u.Finalized, u.FinalityBranch = &final, c.Blocks[attested].State.Branch(finalized)
	c.Sign(u, c.Network.SyncCommitteeSize)
	return u
}

// Update is a finality update that shows the next committee as well.
func (c *Chain) Update(attested uint64) *beacon.Update {
	u := c.FinalityUpdate(attested)
	_, _, next := c.indices(attested)
	u.NextCommittee = c.Committee(c.Network.Period(attested) + 1).Public
	u.CommitteeBranch = c.Blocks[attested].State.Branch(next)
	return u
}

// PeriodUpdate is the update that a full node keeps of a period: attested at its
// end, or at the chain's.
func (c *Chain) PeriodUpdate(period uint64) *beacon.Update {
	slots := c.Network.SlotsPerEpoch * c.Network.EpochsPerPeriod
	return c.Update(min((period+1)*slots-2, uint64(len(c.Blocks))-1))
}

// Sign has so many members of the right committee sign an update.
func (c *Chain) Sign(u *beacon.Update, members int) {
	c.SignAs(u, c.Network.Period(u.SignatureSlot), c.Version(u.SignatureSlot-1), members)
}

// SignAs signs with the committee of any period and the version of any fork.
func (c *Chain) SignAs(u *beacon.Update, period uint64, version beacon.Version, members int) {
	u.Aggregate = c.Committee(period).Sign(hash(u.Attested.Beacon.Root(), c.domain(version)), members)
}

// Version of the fork that rules a slot.
func (c *Chain) Version(slot uint64) beacon.Version {
	var version beacon.Version
	for _, a := range c.Network.Forks {
		if slot/c.Network.SlotsPerEpoch >= a.Epoch {
			version = a.Version
		}
	}
	return version
}

func (c *Chain) domain(version beacon.Version) beacon.Root {
	var padded, domain beacon.Root
	copy(padded[:], version[:])
	fork := hash(padded, c.Network.GenesisValidatorsRoot)
	binary.LittleEndian.PutUint32(domain[:], 7) // DOMAIN_SYNC_COMMITTEE
	copy(domain[4:], fork[:28])
	return domain
}

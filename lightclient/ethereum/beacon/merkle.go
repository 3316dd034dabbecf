package beacon

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// Generalized indices: where in a state or a block body a leaf is. Electra
// grew the state by a level.
const (
	executionIndex = 25 // execution payload in a block body

	finalizedIndex        = 105
	currentCommitteeIndex = 54
	nextCommitteeIndex    = 55

	finalizedIndexElectra        = 169
	currentCommitteeIndexElectra = 86
	nextCommitteeIndexElectra    = 87
)

func finalizedIndexOf(f Fork) uint64 {
	if f >= Electra {
		return finalizedIndexElectra
	}
	return finalizedIndex
}

func currentCommitteeIndexOf(f Fork) uint64 {
	if f >= Electra {
		return currentCommitteeIndexElectra
	}
	return currentCommitteeIndex
}

func nextCommitteeIndexOf(f Fork) uint64 {
	if f >= Electra {
		return nextCommitteeIndexElectra
	}
	return nextCommitteeIndex
}

// depth is the number of nodes of a generalized index's branch.
func depth(index uint64) int { return bits.Len64(index) - 1 }

// leadsTo is the specs' is_valid_normalized_merkle_branch: a branch from a leaf
// at a generalized index to a root. Nodes in excess, of a container of a later
// fork, come first and are zero.
func leadsTo(leaf Root, branch []Root, index uint64, root Root) bool {
	extra := len(branch) - depth(index)
	if extra < 0 || !isZero(branch[:extra]) {
		return false
	}
	for i, node := range branch[extra:] {
		if index>>i&1 == 1 {
			leaf = hashPair(node, leaf)
		} else {
			leaf = hashPair(leaf, node)
		}
	}
	return leaf == root
}

func hashPair(left, right Root) Root {
	var pair [64]byte
	copy(pair[:32], left[:])
	copy(pair[32:], right[:])
	return sha256.Sum256(pair[:])
}

// merkleize hashes leaves in place up to one root. Their number is a power of two.
func merkleize(leaves []Root) Root {
	for len(leaves) > 1 {
		for i := 0; i < len(leaves); i += 2 {
			leaves[i/2] = hashPair(leaves[i], leaves[i+1])
		}
		leaves = leaves[:len(leaves)/2]
	}
	return leaves[0]
}

func uintLeaf(v uint64) (leaf Root) {
	binary.LittleEndian.PutUint64(leaf[:], v)
	return leaf
}

// Root is the hash-tree root, by which a beacon block is known.
func (h *BlockHeader) Root() Root {
	return merkleize([]Root{uintLeaf(h.Slot), uintLeaf(h.ProposerIndex), h.ParentRoot, h.StateRoot, h.BodyRoot, {}, {}, {}})
}

// Root is the hash-tree root of a payload header as a fork has it.
func (p *PayloadHeader) Root(f Fork) Root {
	var fee Root
	copy(fee[:], p.FeeRecipient[:])
	leaves := make([]Root, 16, 32)
	copy(leaves, []Root{
		p.ParentHash, fee, p.StateRoot, p.ReceiptsRoot, p.LogsBloom.root(), p.PrevRandao,
		uintLeaf(p.BlockNumber), uintLeaf(p.GasLimit), uintLeaf(p.GasUsed), uintLeaf(p.Timestamp),
		p.ExtraData.root(), Root(p.BaseFeePerGas), p.BlockHash, p.TransactionsRoot, p.WithdrawalsRoot,
	})
	if f >= Deneb {
		leaves[15] = uintLeaf(p.BlobGasUsed)
		leaves = leaves[:32]
		leaves[16] = uintLeaf(p.ExcessBlobGas)
	}
	return merkleize(leaves)
}

func (b *Bloom) root() Root {
	var leaves [8]Root
	rest := b[:]
	for i := range leaves {
		rest = rest[copy(leaves[i][:], rest):]
	}
	return merkleize(leaves[:])
}

func (e extraData) root() Root {
	var data Root
	copy(data[:], e)
	return hashPair(data, uintLeaf(uint64(len(e))))
}

// Root is the hash-tree root of the committee.
func (c *SyncCommittee) Root() Root {
	leaves := make([]Root, len(c.Pubkeys))
	for i := range leaves {
		leaves[i] = c.Pubkeys[i].root()
	}
	return hashPair(merkleize(leaves), c.Aggregate.root())
}

func (p *Pubkey) root() Root {
	var tail Root
	copy(tail[:], p[32:])
	return hashPair(Root(p[:32]), tail)
}

package ethtest

import (
	"crypto/sha256"
	"math/bits"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
)

// Tree is a Merkle tree of which only some leaves, by generalized index, are
// not zero.
type Tree map[uint64]beacon.Root

// Root of the whole tree.
func (t Tree) Root() beacon.Root { return t.node(1) }

// Branch is the siblings of a node, lowest first.
func (t Tree) Branch(index uint64) []beacon.Root {
	var branch []beacon.Root
	for ; index > 1; index /= 2 {
		branch = append(branch, t.node(index^1))
	}
	return branch
}

func (t Tree) node(index uint64) beacon.Root {
	if leaf, ok := t[index]; ok {
		return leaf
	}
	for leaf := range t {
		if up := bits.Len64(leaf) - bits.Len64(index); up > 0 && leaf>>up == index {
			return hash(t.node(2*index), t.node(2*index+1))
		}
	}
	return beacon.Root{}
}

func hash(a, b beacon.Root) beacon.Root { return sha256.Sum256(append(a[:], b[:]...)) }

// Sealed is a header of a state and of an empty execution block, on its own.
func Sealed(slot uint64, state Tree, f beacon.Fork) beacon.Header {
	var h beacon.Header
	body := Tree{25: h.Execution.Root(f)}
	h.ExecutionBranch = body.Branch(25)
	h.Beacon = beacon.BlockHeader{Slot: slot, StateRoot: state.Root(), BodyRoot: body.Root()}
	return h
}

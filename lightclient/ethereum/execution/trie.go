package execution

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
)

const (
	// MaxNodes bounds a path: a key of 32 bytes has 64 nibbles.
	MaxNodes = 65
	// MaxProof bounds the bytes of a path: a branch has at most 532 bytes, and no
	// block's gas pays for a receipt of 8 MiB.
	MaxProof = 8 << 20
)

// Path is trie nodes in RLP from the root to a leaf, or to the node that shows
// that there is none.
type Path [][]byte

// lookup walks a path for a key. In this order: the path's size; each node's
// keccak is the one that its parent, or the root, names; no node is left over.
// A nil value is a proven absence. Errors: ErrTooLarge, ErrNode.
func (p Path) lookup(root common.Hash, key []byte) ([]byte, error) {
	if err := p.checkSize(); err != nil {
		return nil, err
	}
	if len(p) == 0 && root == types.EmptyRootHash {
		return nil, nil
	}
	reader := &pathReader{path: p}
	value, err := trie.VerifyProof(root, key, reader)
	if reader.err != nil {
		err = reader.err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNode, err)
	}
	if reader.next != len(p) {
		return nil, fmt.Errorf("%w: %d nodes, %d lie on the path", ErrNode, len(p), reader.next)
	}
	return value, nil
}

func (p Path) checkSize() error {
	size := 0
	for _, node := range p {
		size += len(node)
	}
	if len(p) > MaxNodes || size > MaxProof {
		return fmt.Errorf("%w: path of %d nodes and %d bytes, want at most %d and %d", ErrTooLarge, len(p), size, MaxNodes, MaxProof)
	}
	return nil
}

// pathReader hands out the nodes in order, each only under its own keccak: the
// verifier asks by hash and does not hash itself.
type pathReader struct {
	path Path
	next int
	err  error
}

var errNoNode = errors.New("path ends early")

// Get implements ethdb.KeyValueReader.
func (r *pathReader) Get(hash []byte) ([]byte, error) {
	if r.next == len(r.path) {
		r.err = errNoNode
		return nil, r.err
	}
	node := r.path[r.next]
	if found := crypto.Keccak256Hash(node); found != common.BytesToHash(hash) {
		r.err = fmt.Errorf("node %d hashes to %s, want %x", r.next, found, hash)
		return nil, r.err
	}
	r.next++
	return node, nil
}

// Has implements ethdb.KeyValueReader; the verifier does not call it.
func (r *pathReader) Has([]byte) (bool, error) {
	return false, errors.New("a path is read in order only")
}

// indexKey is the key of a list's item: the RLP of its index.
func indexKey(index uint64) []byte { return rlp.AppendUint64(nil, index) }

// item is the value of a list's index. Errors: those of lookup, ErrAbsent.
func (p Path) item(root common.Hash, index uint64) ([]byte, error) {
	value, err := p.lookup(root, indexKey(index))
	if err != nil {
		return nil, err
	}
	if len(value) == 0 {
		return nil, fmt.Errorf("%w: index %d under %s", ErrAbsent, index, root)
	}
	return value, nil
}

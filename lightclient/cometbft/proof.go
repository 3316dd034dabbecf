package cometbft

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	ics23 "github.com/cosmos/ics23/go"

	"github.com/stafiprotocol/stafid/lightclient"
)

// Names of the two proof operations of a Cosmos SDK multistore.
const (
	opIAVL   = "ics23:iavl"
	opSimple = "ics23:simple"
)

// VerifyState checks an ICS-23 proof that a key of a store has a value, or with
// an empty value that it is absent, under an application hash. In this order:
// two operations, iavl then simple; their keys; each in canonical encoding (so
// that one statement has one proof); membership or non-membership of the key
// under the store's root; membership of that root under the application hash.
// Error: ErrProof.
func VerifyState(ops *crypto.ProofOps, appHash []byte, storeName string, key, value []byte) error {
	if ops == nil || len(ops.Ops) != 2 {
		return refuse("want 2 proof operations")
	}
	leaf, err := decodeOp(ops.Ops[0], opIAVL, key)
	if err != nil {
		return err
	}
	top, err := decodeOp(ops.Ops[1], opSimple, []byte(storeName))
	if err != nil {
		return err
	}
	root, err := leafRoot(leaf, key, value)
	if err != nil {
		return err
	}
	if top.GetExist() == nil || !ics23.VerifyMembership(ics23.TendermintSpec, appHash, top, []byte(storeName), root) {
		return refuse("root %X of store %s is not under application hash %X", root, storeName, appHash)
	}
	return nil
}

// leafRoot is the root of the store that a proof of presence or absence leads to.
func leafRoot(proof *ics23.CommitmentProof, key, value []byte) ([]byte, error) {
	if len(value) > 0 {
		return presentRoot(proof, key, value)
	}
	return absentRoot(proof, key)
}

func presentRoot(proof *ics23.CommitmentProof, key, value []byte) ([]byte, error) {
	exist := proof.GetExist()
	if exist == nil {
		return nil, refuse("value of key %X comes without proof of presence", key)
	}
	root, err := exist.Calculate()
	if err != nil {
		return nil, refuse("key %X: %v", key, err)
	}
	if !ics23.VerifyMembership(ics23.IavlSpec, root, proof, key, value) {
		return nil, refuse("key %X does not have the value %X", key, value)
	}
	return root, nil
}

// absentRoot follows ics23's own order of checks, but takes neighbours with an empty value, which ics23 refuses: SDK indexes
// consist of them, and the neighbour of an absent balance can be one.
func absentRoot(proof *ics23.CommitmentProof, key []byte) ([]byte, error) {
	nonexist := proof.GetNonexist()
	if nonexist == nil {
		return nil, refuse("absence of key %X comes without proof of absence", key)
	}
	if !bytes.Equal(nonexist.Key, key) {
		return nil, refuse("absence of key %X proven, want %X", nonexist.Key, key)
	}
	root, err := commonRoot(nonexist.Left, nonexist.Right)
	if err != nil {
		return nil, refuse("key %X: %v", key, err)
	}
	if !between(nonexist.Left, nonexist.Right, key) {
		return nil, refuse("key %X is not proven absent", key)
	}
	return root, nil
}

// commonRoot is the root to which the neighbours that are there lead.
func commonRoot(left, right *ics23.ExistenceProof) ([]byte, error) {
	var root []byte
	for _, neighbour := range []*ics23.ExistenceProof{left, right} {
		if neighbour == nil {
			continue
		}
		found, err := neighbourRoot(neighbour)
		if err != nil {
			return nil, err
		}
		if root != nil && !bytes.Equal(root, found) {
			return nil, fmt.Errorf("neighbours lead to roots %X and %X", root, found)
		}
		root = found
	}
	if root == nil {
		return nil, errors.New("no neighbour")
	}
	return root, nil
}

// neighbourRoot is ics23's calculation of a root from a leaf that may be empty.
func neighbourRoot(neighbour *ics23.ExistenceProof) ([]byte, error) {
	if err := neighbour.CheckAgainstSpec(ics23.IavlSpec); err != nil {
		return nil, err
	}
	if len(neighbour.Value) > 0 {
		return neighbour.Calculate()
	}
	hash, err := emptyLeaf(neighbour.Leaf, neighbour.Key)
	for _, step := range neighbour.Path {
		if err != nil {
			return nil, err
		}
		hash, err = step.Apply(hash)
	}
	return hash, err
}

// emptyLeaf is the hash of an IAVL leaf without value: SHA-256 of its prefix, the key behind its length, and the hash of no bytes
// behind its length. IavlSpec, which was checked, fixes these operations.
func emptyLeaf(leaf *ics23.LeafOp, key []byte) ([]byte, error) {
	if len(key) == 0 {
		return nil, errors.New("leaf without key")
	}
	value := sha256.Sum256(nil)
	preimage := bytes.Clone(leaf.Prefix)
	preimage = append(binary.AppendUvarint(preimage, uint64(len(key))), key...)
	preimage = append(binary.AppendUvarint(preimage, uint64(len(value))), value[:]...)
	hash := sha256.Sum256(preimage)
	return hash[:], nil
}

// between tells whether the key lies between two leaves that are next to each other, or outside of the outermost one.
func between(left, right *ics23.ExistenceProof, key []byte) bool {
	if left != nil && bytes.Compare(left.Key, key) >= 0 || right != nil && bytes.Compare(key, right.Key) >= 0 {
		return false
	}
	inner := ics23.IavlSpec.InnerSpec
	switch {
	case left == nil:
		return ics23.IsLeftMost(inner, right.Path)
	case right == nil:
		return ics23.IsRightMost(inner, left.Path)
	}
	return ics23.IsLeftNeighbor(inner, left.Path, right.Path)
}

func decodeOp(op crypto.ProofOp, kind string, key []byte) (*ics23.CommitmentProof, error) {
	if op.Type != kind || !bytes.Equal(op.Key, key) {
		return nil, refuse("operation %q for %X, want %q for %X", op.Type, op.Key, kind, key)
	}
	proof := new(ics23.CommitmentProof)
	if err := proof.Unmarshal(op.Data); err != nil {
		return nil, refuse("operation %q: %v", kind, err)
	}
	again, err := proof.Marshal()
	if err != nil || !bytes.Equal(again, op.Data) {
		return nil, refuse("operation %q is not in canonical encoding", kind)
	}
	return proof, nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{lightclient.ErrProof}, args...)...)
}

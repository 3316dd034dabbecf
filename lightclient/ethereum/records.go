package ethereum

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Kind is what stores of this package are marked with.
const Kind = "ethereum"

// Prefixes of records; 0x00 is the store's own.
const (
	prefixState        = byte(0x01) // the state, JSON
	prefixHeader       = byte(0x02) // block number → verified execution header, RLP
	prefixAnchor       = byte(0x03) // tip or head → anchor
	prefixMisbehaviour = byte(0x04) // sequence → misbehaviour, JSON
)

var (
	stateKey = []byte{prefixState}
	tipKey   = []byte{prefixAnchor, 1}
	headKey  = []byte{prefixAnchor, 2}
)

// state points at what the client stands on. Tip is the newest proven finalized
// slot; Head the newest that a quorum of sources showed, at or below Tip, with
// its execution block. All are 0 while unrooted.
type state struct {
	Checkpoint lightclient.Checkpoint `json:"checkpoint"`
	Tip        uint64                 `json:"tip_slot"`
	Head       uint64                 `json:"head_slot"`
	Block      uint64                 `json:"head_block"`
	Frozen     bool                   `json:"frozen"`
	Conflicts  int64                  `json:"conflicts"`
}

// anchor is what proves a store again without a network: the bootstrap of the
// checkpoint, or the store before and the update that was applied to it, with
// the slot at which it was.
type anchor struct {
	bootstrap *beacon.Bootstrap
	before    *beacon.Store
	update    *beacon.Update
	nowSlot   uint64
}

// anchorHead is fork ‖ be64(now slot) ‖ be32(length of the store before, 0 for a checkpoint).
const anchorHead = 1 + 8 + 4

func (a anchor) marshal(n *beacon.Network) ([]byte, error) {
	attested, before := uint64(0), []byte(nil)
	var err error
	if a.bootstrap != nil {
		attested = a.bootstrap.Header.Beacon.Slot
	} else {
		attested = a.update.Attested.Beacon.Slot
		if before, err = n.EncodeStore(a.before); err != nil {
			return nil, err
		}
	}
	fork, err := n.ForkAt(attested)
	if err != nil {
		return nil, err
	}
	var proof []byte
	if a.bootstrap != nil {
		proof, err = n.EncodeBootstrap(a.bootstrap, fork)
	} else {
		proof, err = n.EncodeUpdate(a.update, fork)
	}
	raw := make([]byte, 0, anchorHead+len(before)+len(proof))
	raw = append(raw, byte(fork))
	raw = binary.BigEndian.AppendUint64(raw, a.nowSlot)
	raw = binary.BigEndian.AppendUint32(raw, uint32(len(before)))
	return append(append(raw, before...), proof...), err
}

func unmarshalAnchor(n *beacon.Network, raw []byte) (a anchor, err error) {
	if len(raw) < anchorHead {
		return a, fmt.Errorf("%w: anchor of %d bytes", store.ErrCorrupt, len(raw))
	}
	fork, size := beacon.Fork(raw[0]), int(binary.BigEndian.Uint32(raw[9:]))
	a.nowSlot = binary.BigEndian.Uint64(raw[1:])
	rest := raw[anchorHead:]
	if size > len(rest) {
		return a, fmt.Errorf("%w: anchor's store of %d bytes, %d are there", store.ErrCorrupt, size, len(rest))
	}
	if size == 0 {
		a.bootstrap, err = n.DecodeBootstrap(rest, fork)
		return a, err
	}
	if a.before, err = n.DecodeStore(rest[:size]); err != nil {
		return a, err
	}
	a.update, err = n.DecodeUpdate(rest[size:], fork)
	return a, err
}

// prove derives the anchor's store anew. Errors: those of beacon.
func (a anchor) prove(n *beacon.Network, checkpoint lightclient.Checkpoint) (*beacon.Store, error) {
	if a.bootstrap != nil {
		return n.NewStore(checkpoint.Hash, a.bootstrap)
	}
	return n.Apply(a.before, a.update, a.nowSlot)
}

func putState(batch *store.Batch, st state) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return err
	}
	batch.Put(stateKey, raw)
	return nil
}

// loadState is the zero state when there is none.
func loadState(db *store.Store) (state, error) {
	raw, err := db.Get(stateKey)
	if errors.Is(err, store.ErrNotFound) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	var st state
	if err := json.Unmarshal(raw, &st); err != nil {
		return state{}, fmt.Errorf("%w: state: %w", store.ErrCorrupt, err)
	}
	return st, nil
}

func headerKey(number uint64) []byte { return store.HeightKey(prefixHeader, int64(number)) }

func loadHeader(db *store.Store, number uint64) (*execution.Header, error) {
	raw, err := db.Get(headerKey(number))
	if err != nil {
		return nil, err
	}
	h, err := execution.DecodeHeader(raw, keccak(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: header %d: %w", store.ErrCorrupt, number, err)
	}
	if h.Number != number {
		return nil, fmt.Errorf("%w: header %d is stored as %d", store.ErrCorrupt, h.Number, number)
	}
	return h, nil
}

func keccak(raw []byte) common.Hash { return crypto.Keccak256Hash(raw) }

package cometbft

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/store"
)

// Kind is what stores of this package are marked with.
const Kind = "cometbft"

// Prefixes of records; 0x00 is the store's own.
const (
	prefixState       = byte(0x01) // the state, JSON
	prefixHeader      = byte(0x02) // height → verified header, protobuf
	prefixAnchor      = byte(0x03) // height → anchor: light block and what proved it
	prefixMisbehavior = byte(0x04) // sequence → misbehaviour, JSON
)

var stateKey = []byte{prefixState}

// state points at what the client stands on. Head is the newest height that
// witnesses were asked about; Tip is the newest verified, at or above Head. Both
// have an anchor. Heights are 0 while unrooted.
type state struct {
	Checkpoint lightclient.Checkpoint `json:"checkpoint"`
	Head       int64                  `json:"head"`
	Tip        int64                  `json:"tip"`
	Frozen     bool                   `json:"frozen"`
	Conflicts  int64                  `json:"conflicts"`
}

// anchor is a light block with what is needed to verify it again without a
// network: the height of the anchor that proved it, 0 for a checkpoint, and the
// time at which it was verified.
type anchor struct {
	block      *types.LightBlock
	parent     int64
	verifiedAt time.Time
}

const anchorHead = 16 // be64(parent) ‖ be64(verifiedAt, Unix nanoseconds)

func (a anchor) marshal() ([]byte, error) {
	proto, err := a.block.ToProto()
	if err != nil {
		return nil, fmt.Errorf("encoding light block %d: %w", a.block.Height, err)
	}
	block, err := proto.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding light block %d: %w", a.block.Height, err)
	}
	raw := make([]byte, 0, anchorHead+len(block))
	raw = binary.BigEndian.AppendUint64(raw, uint64(a.parent))
	raw = binary.BigEndian.AppendUint64(raw, uint64(a.verifiedAt.UnixNano()))
	return append(raw, block...), nil
}

// unmarshalAnchor decodes an anchor and checks it in itself. Error: store.ErrCorrupt.
func unmarshalAnchor(raw []byte, chainID string, height int64) (anchor, error) {
	if len(raw) < anchorHead {
		return anchor{}, fmt.Errorf("%w: anchor %d has %d bytes", store.ErrCorrupt, height, len(raw))
	}
	block, err := unmarshalLightBlock(raw[anchorHead:])
	if err == nil {
		block, err = canonical(block, chainID, height)
	}
	if err == nil {
		err = block.ValidateBasic(chainID)
	}
	if err != nil {
		return anchor{}, fmt.Errorf("%w: anchor %d: %w", store.ErrCorrupt, height, err)
	}
	return anchor{
		block:      block,
		parent:     int64(binary.BigEndian.Uint64(raw)),
		verifiedAt: time.Unix(0, int64(binary.BigEndian.Uint64(raw[8:]))).UTC(),
	}, nil
}

func unmarshalLightBlock(raw []byte) (*types.LightBlock, error) {
	var proto cmtproto.LightBlock
	if err := proto.Unmarshal(raw); err != nil {
		return nil, err
	}
	return types.LightBlockFromProto(&proto)
}

func putAnchor(batch *store.Batch, a anchor) error {
	raw, err := a.marshal()
	if err != nil {
		return err
	}
	batch.Put(store.HeightKey(prefixAnchor, a.block.Height), raw)
	return putHeader(batch, a.block.Header)
}

func putHeader(batch *store.Batch, header *types.Header) error {
	raw, err := header.ToProto().Marshal()
	if err != nil {
		return fmt.Errorf("encoding header %d: %w", header.Height, err)
	}
	batch.Put(store.HeightKey(prefixHeader, header.Height), raw)
	return nil
}

func putState(batch *store.Batch, st state) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("encoding state: %w", err)
	}
	batch.Put(stateKey, raw)
	return nil
}

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

func loadAnchor(db *store.Store, chainID string, height int64) (anchor, error) {
	raw, err := db.Get(store.HeightKey(prefixAnchor, height))
	if err != nil {
		return anchor{}, err
	}
	return unmarshalAnchor(raw, chainID, height)
}

func loadHeader(db *store.Store, height int64) (*types.Header, error) {
	raw, err := db.Get(store.HeightKey(prefixHeader, height))
	if err != nil {
		return nil, err
	}
	var proto cmtproto.Header
	if err := proto.Unmarshal(raw); err != nil {
		return nil, fmt.Errorf("%w: header %d: %w", store.ErrCorrupt, height, err)
	}
	header, err := types.HeaderFromProto(&proto)
	if err != nil {
		return nil, fmt.Errorf("%w: header %d: %w", store.ErrCorrupt, height, err)
	}
	return &header, nil
}

package execution

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
)

// MaxHeader bounds an RLP header in bytes; one of mainnet has about 600.
const MaxHeader = 4096

// Header is what callers need of an execution block's header. Time is in Unix
// seconds UTC.
type Header struct {
	Hash             common.Hash
	ParentHash       common.Hash
	StateRoot        common.Hash
	TransactionsRoot common.Hash
	ReceiptsRoot     common.Hash
	Bloom            types.Bloom
	Number           uint64
	GasLimit         uint64
	GasUsed          uint64
	Timestamp        uint64
}

// Time is when the block was made, UTC.
func (h *Header) Time() time.Time { return time.Unix(int64(h.Timestamp), 0).UTC() }

// Positions of fields in a header's RLP list; later forks append.
const (
	fieldParentHash   = 0
	fieldStateRoot    = 3
	fieldTransactions = 4
	fieldReceipts     = 5
	fieldBloom        = 6
	fieldNumber       = 8
	fieldGasLimit     = 9
	fieldGasUsed      = 10
	fieldTimestamp    = 11
	fieldsAtLeast     = 15 // of every header since genesis
	fieldsAtMost      = 64
)

// DecodeHeader reads the RLP header of a proven block hash. In this order: its
// size; its keccak (ErrBlockHash); its fields (ErrMalformed, which then is the
// chain's own doing).
func DecodeHeader(raw []byte, hash common.Hash) (*Header, error) {
	if len(raw) > MaxHeader {
		return nil, fmt.Errorf("%w: header of %d bytes, want at most %d", ErrTooLarge, len(raw), MaxHeader)
	}
	if found := crypto.Keccak256Hash(raw); found != hash {
		return nil, fmt.Errorf("%w: %s, want %s", ErrBlockHash, found, hash)
	}
	fields, err := splitHeader(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: header %s: %w", ErrMalformed, hash, err)
	}
	h := &Header{Hash: hash}
	err = readFields(fields, []fixedField{
		{fieldParentHash, h.ParentHash[:]},
		{fieldStateRoot, h.StateRoot[:]},
		{fieldTransactions, h.TransactionsRoot[:]},
		{fieldReceipts, h.ReceiptsRoot[:]},
		{fieldBloom, h.Bloom[:]},
	}, []numberField{
		{fieldNumber, &h.Number},
		{fieldGasLimit, &h.GasLimit},
		{fieldGasUsed, &h.GasUsed},
		{fieldTimestamp, &h.Timestamp},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: header %s: %w", ErrMalformed, hash, err)
	}
	return h, nil
}

type fixedField struct {
	at int
	to []byte
}

type numberField struct {
	at int
	to *uint64
}

// splitHeader is the content of each field; lists are refused, as headers have none.
func splitHeader(raw []byte) ([][]byte, error) {
	content, rest, err := rlp.SplitList(raw)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the header", len(rest))
	}
	fields := make([][]byte, 0, fieldsAtMost)
	for len(content) > 0 && len(fields) < fieldsAtMost {
		field, tail, err := rlp.SplitString(content)
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", len(fields), err)
		}
		fields, content = append(fields, field), tail
	}
	if len(content) > 0 || len(fields) < fieldsAtLeast {
		return nil, fmt.Errorf("%d fields, want %d to %d", len(fields), fieldsAtLeast, fieldsAtMost)
	}
	return fields, nil
}

func readFields(fields [][]byte, fixed []fixedField, numbers []numberField) error {
	for _, f := range fixed {
		if len(fields[f.at]) != len(f.to) {
			return fmt.Errorf("field %d has %d bytes, want %d", f.at, len(fields[f.at]), len(f.to))
		}
		copy(f.to, fields[f.at])
	}
	for _, f := range numbers {
		if len(fields[f.at]) > 8 {
			return fmt.Errorf("field %d is a number of %d bytes, want at most 8", f.at, len(fields[f.at]))
		}
		var wide [8]byte
		copy(wide[8-len(fields[f.at]):], fields[f.at])
		*f.to = binary.BigEndian.Uint64(wide[:])
	}
	return nil
}

// DecodeParents reads RLP headers from a verified header's parent downwards,
// newest first, each under the hash that the one before it names. Errors: those
// of DecodeHeader; ErrMalformed when a number does not follow.
func DecodeParents(child *Header, raws [][]byte) ([]*Header, error) {
	headers := make([]*Header, 0, len(raws))
	for _, raw := range raws {
		parent, err := DecodeHeader(raw, child.ParentHash)
		if err != nil {
			return nil, fmt.Errorf("parent of block %d: %w", child.Number, err)
		}
		if parent.Number+1 != child.Number {
			return nil, fmt.Errorf("%w: parent of block %d has number %d", ErrMalformed, child.Number, parent.Number)
		}
		headers, child = append(headers, parent), parent
	}
	return headers, nil
}

package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	dbm "github.com/cometbft/cometbft-db"
)

// HeightKey is a prefix byte and a height, big-endian, so that records sort by
// height. Heights are not negative.
func HeightKey(prefix byte, height int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefix}, uint64(height))
}

// Floor is the highest height at or below the given one that has a record.
// Error: ErrNotFound.
func (s *Store) Floor(prefix byte, height int64) (int64, error) {
	return s.first(s.db.ReverseIterator([]byte{prefix}, afterHeight(prefix, height)))
}

// Ceil is the lowest height at or above the given one that has a record.
// Error: ErrNotFound.
func (s *Store) Ceil(prefix byte, height int64) (int64, error) {
	return s.first(s.db.Iterator(HeightKey(prefix, height), []byte{prefix + 1}))
}

// Heights lists at most limit heights from one, included, to another, excluded,
// that have a record, lowest first.
func (s *Store) Heights(prefix byte, from, to int64, limit int) ([]int64, error) {
	it, err := s.db.Iterator(HeightKey(prefix, max(from, 0)), HeightKey(prefix, max(to, 0)))
	if err != nil {
		return nil, err
	}
	var heights []int64
	for ; it.Valid() && len(heights) < limit; it.Next() {
		height, err := heightOf(it.Key())
		if err != nil {
			return nil, errors.Join(err, it.Close())
		}
		heights = append(heights, height)
	}
	return heights, errors.Join(it.Error(), it.Close())
}

func (s *Store) first(it dbm.Iterator, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	if !it.Valid() {
		return 0, errors.Join(ErrNotFound, it.Error(), it.Close())
	}
	height, err := heightOf(it.Key())
	return height, errors.Join(err, it.Close())
}

func heightOf(key []byte) (int64, error) {
	if len(key) != 9 {
		return 0, fmt.Errorf("%w: key %X has %d bytes, want 9", ErrCorrupt, key, len(key))
	}
	height := binary.BigEndian.Uint64(key[1:])
	if height > math.MaxInt64 {
		return 0, fmt.Errorf("%w: height %d in key", ErrCorrupt, height)
	}
	return int64(height), nil
}

func afterHeight(prefix byte, height int64) []byte {
	if height == math.MaxInt64 {
		return []byte{prefix + 1}
	}
	return HeightKey(prefix, height+1)
}

package store

import (
	"errors"

	dbm "github.com/cometbft/cometbft-db"
)

// Batch collects writes that happen together or not at all. Errors while
// collecting are kept and returned by Commit. A batch is used once.
type Batch struct {
	batch dbm.Batch
	err   error
}

// Batch starts an empty batch.
func (s *Store) Batch() *Batch { return &Batch{batch: s.db.NewBatch()} }

// Put writes a record, sealed with its checksum.
func (b *Batch) Put(key, value []byte) {
	b.err = errors.Join(b.err, b.batch.Set(key, seal(key, value)))
}

// Delete removes a record if it exists.
func (b *Batch) Delete(key []byte) {
	b.err = errors.Join(b.err, b.batch.Delete(key))
}

// Commit writes the batch and waits until it is on disk.
func (b *Batch) Commit() error {
	if b.err != nil {
		return errors.Join(b.err, b.batch.Close())
	}
	return errors.Join(b.batch.WriteSync(), b.batch.Close())
}

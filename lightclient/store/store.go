package store

import (
	"encoding/json"
	"errors"
	"fmt"

	dbm "github.com/cometbft/cometbft-db"
)

// SchemaVersion is the layout that this code writes; a store with another one
// is refused, never migrated in place.
const SchemaVersion = 1

var (
	// ErrNotFound: no record under that key.
	ErrNotFound = errors.New("record not found")
	// ErrCorrupt: a record's checksum does not match its key and value.
	ErrCorrupt = errors.New("record is corrupt")
	// ErrSchema: the store was written with another layout.
	ErrSchema = errors.New("store has another schema")
	// ErrOtherChain: the store belongs to another chain or kind of chain.
	ErrOtherChain = errors.New("store belongs to another chain")
)

var schemaKey = []byte{0x00}

// schema identifies a store; it is its first record.
type schema struct {
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	ChainID string `json:"chain_id"`
}

// Store is safe for concurrent use. Keys start with a prefix byte other than
// 0x00, which holds the schema.
type Store struct {
	db dbm.DB
}

// Open opens or creates a store in a directory (goleveldb, one process at a
// time) for a chain of a kind. Errors: ErrSchema, ErrOtherChain, ErrCorrupt.
func Open(dir, kind, chainID string) (*Store, error) {
	db, err := dbm.NewDB("lightclient", dbm.GoLevelDBBackend, dir)
	if err != nil {
		return nil, fmt.Errorf("opening light client store in %s: %w", dir, err)
	}
	s, err := New(db, kind, chainID)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// New uses an open database, which the store then owns.
func New(db dbm.DB, kind, chainID string) (*Store, error) {
	s := &Store{db: db}
	want := schema{Version: SchemaVersion, Kind: kind, ChainID: chainID}
	found, err := s.readSchema()
	if errors.Is(err, ErrNotFound) {
		return s, s.writeSchema(want)
	}
	if err != nil {
		return nil, err
	}
	return s, want.matches(found)
}

// Close releases the database.
func (s *Store) Close() error { return s.db.Close() }

// Get returns the value under a key. Errors: ErrNotFound, ErrCorrupt.
func (s *Store) Get(key []byte) ([]byte, error) {
	sealed, err := s.db.Get(key)
	if err != nil {
		return nil, fmt.Errorf("reading record %X: %w", key, err)
	}
	if sealed == nil {
		return nil, fmt.Errorf("%w: %X", ErrNotFound, key)
	}
	return unseal(key, sealed)
}

// Has tells whether a key has a record, without reading its checksum.
func (s *Store) Has(key []byte) (bool, error) { return s.db.Has(key) }

func (s *Store) readSchema() (schema, error) {
	raw, err := s.Get(schemaKey)
	if err != nil {
		return schema{}, err
	}
	var found schema
	if err := json.Unmarshal(raw, &found); err != nil {
		return schema{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return found, nil
}

func (s *Store) writeSchema(want schema) error {
	raw, err := json.Marshal(want)
	if err != nil {
		return err
	}
	batch := s.Batch()
	batch.Put(schemaKey, raw)
	return batch.Commit()
}

func (want schema) matches(found schema) error {
	if found.Version != want.Version {
		return fmt.Errorf("%w: found %d, want %d", ErrSchema, found.Version, want.Version)
	}
	if found.Kind != want.Kind || found.ChainID != want.ChainID {
		return fmt.Errorf("%w: found %s %q, want %s %q", ErrOtherChain, found.Kind, found.ChainID, want.Kind, want.ChainID)
	}
	return nil
}

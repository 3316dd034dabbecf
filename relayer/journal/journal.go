package journal

import (
	"encoding/json"
	"errors"
	"fmt"

	dbm "github.com/cometbft/cometbft-db"
)

// Version is the layout that this code writes; a journal of another version, chain or operator is refused.
const Version = 1

var (
	// ErrNotFound: no record under that kind and key.
	ErrNotFound = errors.New("no such journal record")
	// ErrOwner: the journal belongs to another chain, operator or layout.
	ErrOwner = errors.New("journal belongs to someone else")
)

// Kind separates the records of one concern from the others.
type Kind string

// Kinds of records. Names are part of the layout.
const (
	// Outbox: duty transactions, by duty key.
	Outbox Kind = "outbox"
	// Nonce: the newest unordered timeout used, in Unix nanoseconds.
	Nonce Kind = "nonce"
	// Signed: payloads that this relayer signed, by vault, sequence and session.
	Signed Kind = "signed"
	// Account: transactions that create a vault's account, by vault.
	Account Kind = "account"
	// Transaction: nonces of the funder's account on an EVM chain that are not proven used, by chain and nonce.
	Transaction Kind = "transaction"
	// Quarantine: transactions of original chains that could not be parsed, by chain, height and hash.
	Quarantine Kind = "quarantine"
	// Receipt: the highest RPC receipt of each client, by era, contract, operator and client.
	Receipt Kind = "receipt"
	// Batch: receipts that are being handed in, by contract.
	Batch Kind = "receipt-batch"
)

// Owner identifies whose journal it is.
type Owner struct {
	Version   int    `json:"version"`
	ChainID   string `json:"chain_id"`
	Submitter string `json:"submitter"`
}

var ownerKey = []byte("owner")

// Journal is safe for concurrent use.
type Journal struct{ db dbm.DB }

// Open opens or creates the journal in a directory; one process at a time holds it. Error: ErrOwner.
func Open(dir string, owner Owner) (*Journal, error) {
	db, err := dbm.NewDB("journal", dbm.GoLevelDBBackend, dir)
	if err != nil {
		return nil, fmt.Errorf("opening journal in %s (is another relayer running?): %w", dir, err)
	}
	j, err := New(db, owner)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return j, nil
}

// New uses an open database, which the journal then owns.
func New(db dbm.DB, owner Owner) (*Journal, error) {
	owner.Version = Version
	j := &Journal{db: db}
	raw, err := db.Get(ownerKey)
	if err != nil {
		return nil, fmt.Errorf("reading journal's owner: %w", err)
	}
	if raw == nil {
		return j, j.claim(owner)
	}
	var found Owner
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, fmt.Errorf("%w: owner record is unreadable: %w", ErrOwner, err)
	}
	if found != owner {
		return nil, fmt.Errorf("%w: found %+v, want %+v", ErrOwner, found, owner)
	}
	return j, nil
}

func (j *Journal) claim(owner Owner) error {
	raw, err := json.Marshal(owner)
	if err != nil {
		return err
	}
	return j.db.SetSync(ownerKey, raw)
}

// Close releases the database.
func (j *Journal) Close() error { return j.db.Close() }

// Get reads a record into value. Error: ErrNotFound.
func (j *Journal) Get(kind Kind, key string, value any) error {
	raw, err := j.db.Get(path(kind, key))
	if err != nil {
		return fmt.Errorf("reading journal %s/%s: %w", kind, key, err)
	}
	if raw == nil {
		return fmt.Errorf("%w: %s/%s", ErrNotFound, kind, key)
	}
	if err := json.Unmarshal(raw, value); err != nil {
		return fmt.Errorf("journal record %s/%s is unreadable: %w", kind, key, err)
	}
	return nil
}

// Put writes one record and waits until it is on disk.
func (j *Journal) Put(kind Kind, key string, value any) error {
	return j.Write(Record{Kind: kind, Key: key, Value: value})
}

// Record is one write of a batch; a nil Value deletes.
type Record struct {
	Kind  Kind
	Key   string
	Value any
}

// Write writes all records or none, and waits until they are on disk.
func (j *Journal) Write(records ...Record) error {
	batch := j.db.NewBatch()
	for _, record := range records {
		if err := add(batch, record); err != nil {
			return errors.Join(err, batch.Close())
		}
	}
	if err := errors.Join(batch.WriteSync(), batch.Close()); err != nil {
		return fmt.Errorf("writing journal: %w", err)
	}
	return nil
}

func add(batch dbm.Batch, record Record) error {
	key := path(record.Kind, record.Key)
	if record.Value == nil {
		return batch.Delete(key)
	}
	raw, err := json.Marshal(record.Value)
	if err != nil {
		return fmt.Errorf("encoding journal %s/%s: %w", record.Kind, record.Key, err)
	}
	return batch.Set(key, raw)
}

// Each calls visit for every record of a kind whose key begins with prefix, in order of key, until it returns an error.
// The journal must not be written to meanwhile.
func (j *Journal) Each(kind Kind, prefix string, visit func(key string, raw []byte) error) error {
	from := path(kind, prefix)
	it, err := j.db.Iterator(from, after(from))
	if err != nil {
		return fmt.Errorf("listing journal %s/%s: %w", kind, prefix, err)
	}
	skip := len(path(kind, ""))
	for ; it.Valid(); it.Next() {
		if err := visit(string(it.Key()[skip:]), it.Value()); err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return errors.Join(it.Error(), it.Close())
}

// Number formats a number so that keys sort by it.
func Number(n uint64) string { return fmt.Sprintf("%020d", n) }

func path(kind Kind, key string) []byte { return []byte("r/" + string(kind) + "/" + key) }

// after is the first key that does not begin with prefix; prefixes here never end in 0xFF.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++
	return end
}

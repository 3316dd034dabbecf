package rpc

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

var (
	// ErrStale: the receipt counts no more calls than one that is kept.
	ErrStale = errors.New("receipt is not above the highest known")
	// ErrFull: as many clients are kept as may be.
	ErrFull = errors.New("no room for another client's receipts")
)

// Scope is what receipts are for: a contract and an era of one operator (bech32).
type Scope struct {
	Era      uint64
	Contract uint64
	Operator string
}

// key begins the journal's keys of a scope; eras sort.
func (s Scope) key() string {
	return fmt.Sprintf("%s/%s/%s/", journal.Number(s.Era), journal.Number(s.Contract), s.Operator)
}

// Kept is a client's highest receipt in a scope, and how many of its calls were handed in.
type Kept struct {
	// Client is a 33-byte compressed key, Signature 64 bytes.
	Client    []byte `json:"client"`
	Calls     uint64 `json:"calls"`
	Signature []byte `json:"signature"`
	Handed    uint64 `json:"handed"`
}

// Receipts keeps the highest receipt of each client on disk. Safe for concurrent use; receipts that come together are written together.
type Receipts struct {
	journal *journal.Journal
	max     int

	mu      sync.Mutex
	kept    map[Scope]map[string]Kept
	next    *commit
	writing bool
}

// commit is one write to the journal that several wait for.
type commit struct {
	records []journal.Record
	done    chan struct{}
	err     error
}

// OpenReceipts reads what is kept; at most limit clients are, in all scopes of the newest era.
func OpenReceipts(j *journal.Journal, limit int) (*Receipts, error) {
	r := &Receipts{journal: j, max: limit, kept: map[Scope]map[string]Kept{}}
	stored, err := journal.List[Kept](j, journal.Receipt, "")
	if err != nil {
		return nil, err
	}
	for _, entry := range stored {
		scope, err := scopeOf(entry.Key)
		if err != nil {
			return nil, err
		}
		r.in(scope)[string(entry.Value.Client)] = entry.Value
	}
	return r, nil
}

func scopeOf(key string) (Scope, error) {
	var s Scope
	parts := strings.Split(key, "/")
	if len(parts) != 4 {
		return s, fmt.Errorf("journal key %q of a receipt, want four parts", key)
	}
	if _, err := fmt.Sscanf(parts[0]+" "+parts[1], "%d %d", &s.Era, &s.Contract); err != nil {
		return s, fmt.Errorf("journal key %q of a receipt: %w", key, err)
	}
	s.Operator = parts[2]
	return s, nil
}

// in is the map of a scope; the caller holds the lock or is alone.
func (r *Receipts) in(scope Scope) map[string]Kept {
	if r.kept[scope] == nil {
		r.kept[scope] = map[string]Kept{}
	}
	return r.kept[scope]
}

// Highest is the most calls that a client has signed for in a scope.
func (r *Receipts) Highest(scope Scope, client []byte) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[scope][string(client)].Calls
}

// Take keeps a verified receipt and returns once it is on disk. Errors: ErrStale, ErrFull, and those of the disk; what could not be written is
// not kept.
func (r *Receipts) Take(scope Scope, signed receipt.Receipt) error {
	r.mu.Lock()
	clients := r.in(scope)
	known, found := clients[string(signed.Client)]
	if signed.Calls <= known.Calls {
		r.mu.Unlock()
		return fmt.Errorf("%w: %d, want more than %d", ErrStale, signed.Calls, known.Calls)
	}
	if !found && r.size() >= r.max {
		r.mu.Unlock()
		return fmt.Errorf("%w: %d are kept", ErrFull, r.max)
	}
	next := Kept{Client: signed.Client, Calls: signed.Calls, Signature: signed.Signature, Handed: known.Handed}
	clients[string(signed.Client)] = next
	waited := r.enqueue(record(scope, next))
	r.mu.Unlock()
	r.drain()
	<-waited.done
	if waited.err != nil {
		r.restore(scope, next, known, found)
	}
	return waited.err
}

// restore puts back what was known before a write that failed, unless more was taken since.
func (r *Receipts) restore(scope Scope, failed, known Kept, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clients := r.in(scope)
	switch {
	case clients[string(failed.Client)].Calls != failed.Calls:
	case found:
		clients[string(failed.Client)] = known
	default:
		delete(clients, string(failed.Client))
	}
}

// size is the number of clients kept; the caller holds the lock.
func (r *Receipts) size() int {
	sum := 0
	for _, clients := range r.kept {
		sum += len(clients)
	}
	return sum
}

func record(scope Scope, kept Kept) journal.Record {
	return journal.Record{Kind: journal.Receipt, Key: scope.key() + hex.EncodeToString(kept.Client), Value: kept}
}

// enqueue adds records to the next write; the caller holds the lock.
func (r *Receipts) enqueue(records ...journal.Record) *commit {
	if r.next == nil {
		r.next = &commit{done: make(chan struct{})}
	}
	r.next.records = append(r.next.records, records...)
	return r.next
}

// drain writes what is queued, unless another caller is doing so: then it will take this along.
func (r *Receipts) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.writing {
		return
	}
	r.writing = true
	for r.next != nil {
		batch := r.next
		r.next = nil
		r.mu.Unlock()
		batch.err = r.journal.Write(batch.records...)
		close(batch.done)
		r.mu.Lock()
	}
	r.writing = false
}

// write queues records, writes them and waits.
func (r *Receipts) write(prepare func() []journal.Record) error {
	r.mu.Lock()
	records := prepare()
	if len(records) == 0 {
		r.mu.Unlock()
		return nil
	}
	waited := r.enqueue(records...)
	r.mu.Unlock()
	r.drain()
	<-waited.done
	return waited.err
}

// Due are the receipts of a scope with calls that were not handed in, in order of key.
func (r *Receipts) Due(scope Scope) []Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []Kept
	for _, kept := range r.kept[scope] {
		if kept.Calls > kept.Handed {
			due = append(due, kept)
		}
	}
	slices.SortFunc(due, func(a, b Kept) int { return strings.Compare(string(a.Client), string(b.Client)) })
	return due
}

// Handed notes that a batch was taken by the chain, and drops the batch from the journal.
func (r *Receipts) Handed(scope Scope, batch []Kept, also ...journal.Record) error {
	return r.write(func() []journal.Record {
		records := slices.Clone(also)
		clients := r.in(scope)
		for _, handed := range batch {
			kept, found := clients[string(handed.Client)]
			if !found || kept.Handed >= handed.Calls {
				continue
			}
			kept.Handed = handed.Calls
			clients[string(handed.Client)] = kept
			records = append(records, record(scope, kept))
		}
		return records
	})
}

// Forget drops everything of eras before one.
func (r *Receipts) Forget(era uint64) error {
	return r.write(func() []journal.Record {
		var records []journal.Record
		for scope, clients := range r.kept {
			if scope.Era >= era {
				continue
			}
			for _, kept := range clients {
				dropped := record(scope, kept)
				dropped.Value = nil
				records = append(records, dropped)
			}
			delete(r.kept, scope)
		}
		return records
	})
}

// Sum is what is kept of a scope: its clients, the calls that they signed for, and how many of those were handed in.
func (r *Receipts) Sum(scope Scope) (clients int, calls, handed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kept := range r.kept[scope] {
		calls += kept.Calls
		handed += kept.Handed
	}
	return len(r.kept[scope]), calls, handed
}

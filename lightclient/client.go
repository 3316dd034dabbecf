package lightclient

import (
	"context"
	"time"
)

// Checkpoint is the root of trust: a height and the 32-byte hash of the header
// at that height, obtained by the operator out of band (protocol §16).
type Checkpoint struct {
	Height int64
	Hash   [32]byte
}

// Header is what callers need of a verified header. Hash is 32 bytes, Time is
// UTC with nanoseconds as the chain committed to it.
type Header struct {
	ChainID string
	Height  int64
	Time    time.Time
	Hash    [32]byte
}

// Block is one verified block: every transaction in order, with the part of
// its result that the chain commits to. Nothing is left out.
type Block struct {
	ChainID string
	Height  int64
	Time    time.Time
	Hash    [32]byte
	Txs     []Tx
}

// Tx is one transaction of a verified block. Hash is the SHA-256 of Bytes;
// Code is 0 when, and only when, the transaction took effect.
type Tx struct {
	Hash      [32]byte
	Bytes     []byte
	Code      uint32
	GasWanted int64
	GasUsed   int64
}

// Client is a verified view of one original chain. Every method keeps its
// context's deadline; all are safe for concurrent use. Once a client is Frozen
// all of them but Status, Misbehaviour, Unfreeze and Close return ErrFrozen.
type Client interface {
	// ChainID is the original chain's id.
	ChainID() string
	// Bootstrap roots the client in a checkpoint. It does nothing if the client is
	// rooted already and agrees with the checkpoint. Errors: ErrExpired when the
	// checkpoint is older than the trusting period, ErrCheckpoint when the chain
	// has another header there.
	Bootstrap(ctx context.Context, checkpoint Checkpoint) error
	// Sync advances the head to the newest header that the sources offer and that
	// can be proven, and returns it; the head never goes back. Errors: ErrExpired,
	// ErrStalled (with the head), ErrNoSource.
	Sync(ctx context.Context) (Header, error)
	// Head is the newest verified header, read from the store without a network.
	Head() (Header, error)
	// VerifiedBlock is the whole block at a height below the head's. Errors:
	// ErrNotVerified at or above the head, ErrNoSource.
	VerifiedBlock(ctx context.Context, height int64) (*Block, error)
	// VerifiedValue is the value of a key in a store in the state after the block
	// at a height below the head's; nil without an error is a proven absence.
	VerifiedValue(ctx context.Context, storeName string, key []byte, height int64) ([]byte, error)
	// Broadcast hands a signed transaction to every source and returns its hash. A
	// transaction that a source holds already counts as accepted. Error:
	// ErrTxRefused (a *TxRefusedError) when all that answered refused it.
	Broadcast(ctx context.Context, tx []byte) ([32]byte, error)
	// Status tells what the client and each source are at, without a network.
	Status() Status
	// Misbehaviour lists the conflicts found so far, oldest first.
	Misbehaviour() ([]Misbehaviour, error)
	// Unfreeze is the operator's word that the conflicts found were looked into;
	// the evidence stays.
	Unfreeze(ctx context.Context) error
	// Prune drops headers below a height; those that prove the head stay.
	Prune(ctx context.Context, below int64) error
	// Close releases the store.
	Close() error
}

// State is what a client is at.
type State string

// States of a client. Frozen outranks the others.
const (
	// Unrooted: no checkpoint was accepted yet.
	Unrooted State = "UNROOTED"
	// Active: the head is fresh and trusted.
	Active State = "ACTIVE"
	// Stalled: the head is older than the stall limit; nothing newer was proven.
	Stalled State = "STALLED"
	// Expired: the head is older than the trusting period; a new checkpoint is needed.
	Expired State = "EXPIRED"
	// Frozen: two conflicting, validly signed headers were seen.
	Frozen State = "FROZEN"
)

// Status is a snapshot for operators and metrics. Expires is when the head
// leaves its trusting period, zero while unrooted.
type Status struct {
	ChainID string
	State   State
	Head    Header
	Expires time.Time
	Sources []SourceStatus
}

// SourceStatus is one source's record. Score is between 0 and 1; Height is the
// newest height it has claimed; Lies counts proof failures; LastError is nil
// after a success.
type SourceStatus struct {
	Name         string
	Score        float64
	Height       int64
	Successes    uint64
	Failures     uint64
	Lies         uint64
	LastLie      error
	LastError    error
	BackoffUntil time.Time
}

// Misbehaviour is a proven attack on light clients: two different headers of
// one height, both signed by validators that the client had reason to trust.
// Evidence is chain-specific and complete enough to be verified by others.
type Misbehaviour struct {
	ChainID      string
	Height       int64
	CommonHeight int64
	Trusted      [32]byte
	Conflicting  [32]byte
	Source       string
	SeenAt       time.Time
	Evidence     []byte
}

package stafi

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/log/v2"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/stafiprotocol/stafid/relayer/journal"
)

// State of a duty transaction.
type State string

// States of an entry. Pending becomes Included, Refused or Expired; the last two are tried again when they are due.
const (
	// Pending: written, perhaps sent; its fate is unknown.
	Pending State = "PENDING"
	// Included in a block with code 0.
	Included State = "INCLUDED"
	// Refused by simulation, the mempool check or in a block.
	Refused State = "REFUSED"
	// Expired: its timeout passed and no block has it.
	Expired State = "EXPIRED"
)

// Entry is the durable record of one duty and its newest transaction. Heights are of this chain.
type Entry struct {
	Duty    string `json:"duty"`
	State   State  `json:"state"`
	Attempt int    `json:"attempt"`
	// Raw is the signed transaction, Hash its upper-case hex SHA-256; both empty where simulation refused.
	Raw  []byte `json:"raw,omitempty"`
	Hash string `json:"hash,omitempty"`
	Gas  uint64 `json:"gas,omitempty"`
	// Timeout is the block time after which the transaction can't be executed.
	Timeout time.Time `json:"timeout"`
	// Height at which the attempt was made, End at which its fate was settled.
	Height int64 `json:"height"`
	End    int64 `json:"end,omitempty"`
	// Scanned: every block up to this height was searched for the transaction.
	Scanned int64         `json:"scanned,omitempty"`
	Refusal *RefusedError `json:"refusal,omitempty"`
	// sent is when this process last handed it to the node; fresh is true until then for one that this process made.
	sent  time.Time
	fresh bool
}

// Account is who sends duty transactions.
type Account struct {
	Address sdk.AccAddress
	PubKey  cryptotypes.PubKey
	// Sign returns the 64-byte signature over the SHA-256 of the given bytes.
	Sign func(signBytes []byte) ([]byte, error)
	// GasPrice per unit of gas; the fee is rounded up.
	GasPrice sdk.DecCoin
}

const (
	// ttl of a duty transaction, well below the SDK's ten minutes for unordered ones: what was lost is made anew after it.
	ttl = 90 * time.Second
	// resend is how often a pending transaction is handed to the node again: a mempool may lose it.
	resend = 6 * time.Second
	// maxBackoff in blocks between attempts of a refused duty.
	maxBackoff = 256
	// keepBlocks is how long settled entries are kept, longer than any duty stays open.
	keepBlocks = 20_000
)

// Outbox sends duty transactions. Each duty has a key that is the same whenever the duty is, so that one that is under way
// or done is not begun again, before or after a restart. Safe for concurrent use as long as no key is used twice at once.
type Outbox struct {
	node    *Node
	journal *journal.Journal
	account Account
	log     log.Logger
	clock   func() time.Time

	mu      sync.Mutex
	entries map[string]Entry
	number  *uint64
	nonce   int64
	now     Moment
}

// NewOutbox reads what the journal says was under way.
func NewOutbox(node *Node, j *journal.Journal, account Account, logger log.Logger) (*Outbox, error) {
	o := &Outbox{node: node, journal: j, account: account, log: logger, clock: time.Now, entries: map[string]Entry{}}
	stored, err := journal.List[Entry](j, journal.Outbox, "")
	if err != nil {
		return nil, err
	}
	for _, entry := range stored {
		o.entries[entry.Key] = entry.Value
	}
	err = j.Get(journal.Nonce, "", &o.nonce)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return nil, err
	}
	return o, nil
}

// Submit makes sure that a duty's message is under way, and tells how it stands. It is called for as long as the chain's
// state says that the duty is owed. Errors: ErrNotDelivered, and a *RefusedError until the next attempt is due.
func (o *Outbox) Submit(ctx context.Context, key, duty string, msg proto.Message) (Entry, error) {
	return o.SubmitWithin(ctx, key, duty, msg, maxBackoff)
}

// SubmitWithin is Submit for a duty that can't wait: one that was refused is tried again after at most so many blocks, at least one.
func (o *Outbox) SubmitWithin(ctx context.Context, key, duty string, msg proto.Message, wait int64) (Entry, error) {
	entry, known := o.get(key)
	switch {
	case !known:
		return o.attempt(ctx, key, Entry{Duty: duty}, msg)
	case entry.State == Pending:
		return entry, o.deliver(ctx, key, entry)
	case entry.State == Included:
		return entry, nil
	case entry.State == Refused && o.moment().Height < min(entry.RetryAt(), entry.End+max(wait, 1)):
		return entry, entry.Refusal
	}
	return o.attempt(ctx, key, entry, msg)
}

// RetryAt is the height from which a refused duty is tried again. The wait doubles with each attempt: a refusal may be of the
// moment, or for good.
func (e Entry) RetryAt() int64 { return e.End + min(int64(1)<<min(e.Attempt, 8), maxBackoff) }

// attempt prepares a transaction, writes it down, and sends it.
func (o *Outbox) attempt(ctx context.Context, key string, last Entry, msg proto.Message) (Entry, error) {
	entry, err := o.prepare(ctx, last, msg)
	var refused *RefusedError
	if errors.As(err, &refused) {
		entry = o.refusal(last, refused)
		return entry, errors.Join(refused, o.save(key, entry))
	}
	if err != nil {
		return last, err
	}
	if err := o.save(key, entry); err != nil {
		return last, err
	}
	return entry, o.deliver(ctx, key, entry)
}

func (o *Outbox) refusal(last Entry, refused *RefusedError) Entry {
	height := o.moment().Height
	return Entry{
		Duty: last.Duty, State: Refused, Attempt: last.Attempt + 1, Gas: last.Gas, Height: height, End: height, Refusal: refused,
	}
}

// deliver hands a pending transaction to the node, unless that was done just now.
func (o *Outbox) deliver(ctx context.Context, key string, entry Entry) error {
	if o.clock().Sub(entry.sent) < resend {
		return nil
	}
	result, err := o.node.rpc.BroadcastTxSync(ctx, entry.Raw)
	if err != nil {
		// The mempool may have it already: only blocks say what became of it.
		o.touch(key)
		return fmt.Errorf("%w: %s: %w", ErrNotDelivered, key, err)
	}
	o.touch(key)
	if result.Code == 0 {
		o.log.Debug("duty transaction sent", "duty", key, "hash", entry.Hash)
		return nil
	}
	return o.checkFailed(key, entry, &RefusedError{Codespace: result.Codespace, Code: result.Code, Log: result.Log})
}

// checkFailed handles the mempool's refusal. It is final where this process made the transaction and hands it over for the
// first time: nobody else can have it. Otherwise it may be in a mempool or a block already, which reads as a refusal too;
// then blocks decide.
func (o *Outbox) checkFailed(key string, entry Entry, refused *RefusedError) error {
	if refused.is(sdkerrors.ErrMempoolIsFull) {
		return fmt.Errorf("%w: %s: %w", ErrNotDelivered, key, refused)
	}
	if !entry.fresh || refused.is(sdkerrors.ErrTxInMempoolCache) {
		return nil
	}
	settled := o.refusal(entry, refused)
	settled.Attempt = entry.Attempt
	return errors.Join(refused, o.save(key, settled))
}

// accountNumber of the sender; it is asked for once.
func (o *Outbox) accountNumber(ctx context.Context) (uint64, error) {
	o.mu.Lock()
	known := o.number
	o.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	number, err := o.node.AccountNumber(ctx, o.account.Address)
	if err != nil {
		return 0, err
	}
	o.mu.Lock()
	o.number = &number
	o.mu.Unlock()
	return number, nil
}

func (o *Outbox) get(key string) (Entry, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entry, ok := o.entries[key]
	return entry, ok
}

// Get returns what is known of a duty.
func (o *Outbox) Get(key string) (Entry, bool) { return o.get(key) }

func (o *Outbox) moment() Moment {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *Outbox) touch(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if entry, ok := o.entries[key]; ok {
		entry.sent, entry.fresh = o.clock(), false
		o.entries[key] = entry
	}
}

// save writes an entry together with the newest nonce, and takes it over.
func (o *Outbox) save(key string, entry Entry) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.journal.Write(
		journal.Record{Kind: journal.Outbox, Key: key, Value: entry},
		journal.Record{Kind: journal.Nonce, Value: o.nonce},
	)
	if err != nil {
		return err
	}
	o.entries[key] = entry
	return nil
}

func hexHash(hash [32]byte) string { return fmt.Sprintf("%X", hash[:]) }

// HashBytes is the entry's transaction hash in raw bytes, nil where there is none.
func (e Entry) HashBytes() []byte {
	raw, err := hex.DecodeString(e.Hash)
	if err != nil || len(raw) == 0 {
		return nil
	}
	return raw
}

// Pending is the number of transactions whose fate is unknown.
func (o *Outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	count := 0
	for _, entry := range o.entries {
		if entry.State == Pending {
			count++
		}
	}
	return count
}

// Latest is the newest entry of the duties whose keys begin with a prefix, and its key; false where there is none.
func (o *Outbox) Latest(prefix string) (string, Entry, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var latest Entry
	var key string
	for candidate, entry := range o.entries {
		if !strings.HasPrefix(candidate, prefix) {
			continue
		}
		if key == "" || entry.Height > latest.Height || (entry.Height == latest.Height && entry.Timeout.After(latest.Timeout)) {
			key, latest = candidate, entry
		}
	}
	return key, latest, key != ""
}

// Resend hands a pending transaction to the node again, unless that was done just now.
func (o *Outbox) Resend(ctx context.Context, key string) error {
	entry, known := o.get(key)
	if !known || entry.State != Pending {
		return nil
	}
	return o.deliver(ctx, key, entry)
}

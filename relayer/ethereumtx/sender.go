package ethereumtx

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/relayer/journal"
)

// Config is whose transactions are sent, where, and at what price.
type Config struct {
	// ChainID is the chain's name in the journal, Number its number by EIP-155.
	ChainID string
	Number  uint64
	// Account sends and pays; Sign signs a digest for it, in 65 bytes with v 0 or 1.
	Account common.Address
	Sign    func(digest common.Hash) ([]byte, error)
	Policy  Policy
	Nodes   []Node
	Journal *journal.Journal
	// Proven returns the account's next nonce in the newest state that is proven final, ProvenTime the time of that state's block.
	Proven     func(ctx context.Context) (uint64, error)
	ProvenTime func() time.Time
	// Now is the clock.
	Now func() time.Time
}

// Intent is something that is wanted to be executed once.
type Intent struct {
	// Key names it for ever; what shares a key excludes each other, as all transactions of one nonce of a Safe do.
	Key string
	// To, Data and Gas of the transaction; Gas is its limit, never less than it needs whatever happens.
	To   common.Address
	Data []byte
	Gas  uint64
	// Done asks a node whether it has happened, by whomever.
	Done func(ctx context.Context, node Node) (bool, error)
	// Proven tells whether it is proven to have happened, or to be impossible.
	Proven func(ctx context.Context) (bool, error)
}

// Report is what an intent is at.
type Report struct {
	// Text in words.
	Text string
	// Sent is true where a transaction was made and handed over now that was not before; Hash names the newest one.
	Sent bool
	Hash common.Hash
	// Failures counts the account's nonces that were used for it in vain.
	Failures int
}

// Sender sends one account's transactions. It is for one goroutine: Begin, any number of Want, End, and again.
type Sender struct {
	cfg   Config
	slots slots

	// What is known in a round.
	proven uint64
	hints  hints
	open   []Slot
	served map[uint64]bool

	// What is remembered between rounds; nothing of it matters for ever.
	disputes map[string]time.Time
	failures map[string]failure
	urged    map[uint64]bool
	gapSince time.Time
}

type failure struct {
	count int
	last  time.Time
}

// NewSender makes a sender on a journal, where what it has sent before is found again.
func NewSender(cfg Config) *Sender {
	return &Sender{
		cfg: cfg, slots: slots{journal: cfg.Journal, chainID: cfg.ChainID},
		disputes: map[string]time.Time{}, failures: map[string]failure{}, urged: map[uint64]bool{},
	}
}

// Idle tells whether nothing that was sent is unproven.
func (s *Sender) Idle() (bool, error) {
	open, err := s.slots.all()
	return len(open) == 0, err
}

// Has tells whether an intent has a nonce that is not proven used.
func (s *Sender) Has(key string) (bool, error) {
	open, err := s.slots.all()
	return slices.ContainsFunc(open, func(slot Slot) bool { return slot.Key == key }), err
}

// Agree tells whether all nodes that answer say yes. Error: ErrNoNode.
func (s *Sender) Agree(ctx context.Context, ask func(context.Context, Node) (bool, error)) (bool, error) {
	answers, err := askAll(ctx, s.cfg.Nodes, ask)
	return err == nil && !slices.Contains(answers, false), err
}

// Begin looks at the account, as it is proven and as the nodes say, and settles the nonces that are proven used. Errors: ErrNoNode, those of the
// proof and of the journal.
func (s *Sender) Begin(ctx context.Context) error {
	var err error
	if s.proven, err = s.cfg.Proven(ctx); err != nil {
		return fmt.Errorf("proven nonce of %s: %w", s.cfg.Account, err)
	}
	if s.hints, err = lookAround(ctx, s.cfg.Nodes, s.cfg.Account); err != nil {
		return err
	}
	s.hints.lowest = max(s.hints.lowest, s.proven)
	s.served = map[uint64]bool{}
	all, err := s.slots.all()
	if err != nil {
		return err
	}
	return s.settle(all)
}

// settle drops the slots whose nonce is proven used.
func (s *Sender) settle(all []Slot) error {
	s.open = nil
	for _, slot := range all {
		if slot.Nonce >= s.proven {
			s.open = append(s.open, slot)
			continue
		}
		if err := s.slots.drop(slot.Nonce); err != nil {
			return err
		}
		delete(s.urged, slot.Nonce)
		if !slot.newest().Cancels {
			s.failures[slot.Key] = failure{count: s.failures[slot.Key].count + 1, last: s.cfg.Now()}
		}
	}
	return nil
}

func (s *Sender) find(key string) (Slot, bool) {
	for _, slot := range s.open {
		if slot.Key == key {
			return slot, true
		}
	}
	return Slot{}, false
}

// Want does what an intent needs now: nothing where it has happened, a first transaction where there is none and start says so, else what keeps the one
// that there is going. Errors: ErrTooDear, ErrReverts, ErrPoor, ErrRefused, ErrNoNode.
func (s *Sender) Want(ctx context.Context, intent Intent, start bool) (Report, error) {
	done, err := s.done(ctx, intent)
	if err != nil {
		return Report{}, err
	}
	if slot, found := s.find(intent.Key); found {
		return s.keep(ctx, slot, intent, done)
	}
	failed := s.failures[intent.Key]
	switch {
	case done:
		return Report{Text: "is executed, and waits to be proven"}, nil
	case !start:
		return Report{Text: "waits for another member"}, nil
	case s.isDisputed(intent.Key):
		return Report{Text: "nodes disagree on whether it is executed"}, nil
	case s.cfg.Now().Before(failed.last.Add(failed.pause())):
		return Report{Text: "was tried in vain and is tried again later", Failures: failed.count}, nil
	}
	return s.start(ctx, intent)
}

const (
	// failurePause is how long an intent waits after its first transaction was used up in vain; it doubles with every further one.
	failurePause    = time.Minute
	maxFailurePause = time.Hour
	// raiseAfter is how long a transaction may wait before it offers more.
	raiseAfter = 40 * time.Second
	// gapPatience is how long a nonce below others may be unused before it is filled.
	gapPatience = time.Minute
	// maxForeign bounds how many nonces nodes may claim that others' hands have used beside this journal's.
	maxForeign = 16
	// cancelGas is what a transaction that does nothing needs.
	cancelGas = 21_000
)

func (f failure) pause() time.Duration {
	if f.count == 0 {
		return 0
	}
	return min(failurePause<<min(f.count-1, 10), maxFailurePause)
}

// done tells whether the nodes say that an intent has happened: all that answer, and at least two where there are two.
func (s *Sender) done(ctx context.Context, intent Intent) (bool, error) {
	answers, err := askAll(ctx, s.cfg.Nodes, intent.Done)
	return err == nil && s.agreed(intent.Key, answers), err
}

// agreed puts yes and no together. Where they differ, or one node speaks for all, it is disputed since then.
func (s *Sender) agreed(key string, answers []bool) bool {
	yes := 0
	for _, answer := range answers {
		if answer {
			yes++
		}
	}
	all := yes == len(answers) && len(answers) >= min(2, len(s.cfg.Nodes))
	if yes == 0 || all {
		delete(s.disputes, key)
	} else if _, known := s.disputes[key]; !known {
		s.disputes[key] = s.cfg.Now()
	}
	return all
}

// isDisputed until the state that is proven is newer than the dispute: then the proof decides, and a node that lies costs time and no gas.
func (s *Sender) isDisputed(key string) bool {
	since, disputed := s.disputes[key]
	return disputed && !s.cfg.ProvenTime().After(since)
}

// start gives an intent a nonce, unless it is proven to have happened or every node says that it would revert.
func (s *Sender) start(ctx context.Context, intent Intent) (Report, error) {
	proven, err := intent.Proven(ctx)
	if err != nil {
		return Report{}, err
	}
	if proven {
		return Report{Text: "is proven executed"}, nil
	}
	if err := s.simulate(ctx, intent); err != nil {
		return Report{}, err
	}
	fees, err := s.cfg.Policy.First(s.hints.base)
	if err != nil {
		return Report{}, err
	}
	slot := Slot{Nonce: s.nextNonce(), Key: intent.Key, To: intent.To, Data: intent.Data, Gas: intent.Gas}
	return s.make(ctx, slot, fees, false)
}

type simulation struct {
	reverts bool
	reason  string
}

// simulate refuses what every node says would revert, and for as long as it is disputed what some do.
func (s *Sender) simulate(ctx context.Context, intent Intent) error {
	answers, err := askAll(ctx, s.cfg.Nodes, func(ctx context.Context, node Node) (simulation, error) {
		reverts, reason, err := node.Simulate(ctx, s.cfg.Account, intent.To, intent.Gas, intent.Data)
		return simulation{reverts: reverts, reason: reason}, err
	})
	if err != nil {
		return err
	}
	key := "simulation of " + intent.Key
	reverts, reason := make([]bool, len(answers)), ""
	for i, answer := range answers {
		if reverts[i] = answer.reverts; answer.reverts {
			reason = answer.reason
		}
	}
	if s.agreed(key, reverts) || s.isDisputed(key) {
		return fmt.Errorf("%w: %s", ErrReverts, reason)
	}
	return nil
}

// nextNonce is above every nonce that is proven used or in the journal, and above those that every node says were used by other hands. One that is too
// low is refused as used, and another is taken once that is proven; one that is too high would have to wait for those below.
func (s *Sender) nextNonce() uint64 {
	next := s.proven
	for _, slot := range s.open {
		next = max(next, slot.Nonce+1)
	}
	if s.hints.lowest > next && s.hints.lowest-next <= maxForeign {
		return s.hints.lowest
	}
	return next
}

// make signs a slot's next version, writes it down, and hands it over.
func (s *Sender) make(ctx context.Context, slot Slot, fees Fees, cancels bool) (Report, error) {
	version, err := s.sign(slot, fees, cancels)
	if err != nil {
		return Report{}, err
	}
	slot.Versions = append(slot.Versions, version)
	if err := s.slots.put(slot); err != nil {
		return Report{}, err
	}
	s.remember(slot)
	report, err := s.hand(ctx, slot)
	report.Sent = true
	return report, err
}

func (s *Sender) remember(slot Slot) {
	s.served[slot.Nonce] = true
	for i := range s.open {
		if s.open[i].Nonce == slot.Nonce {
			s.open[i] = slot
			return
		}
	}
	s.open = append(s.open, slot)
}

func (s *Sender) sign(slot Slot, fees Fees, cancels bool) (Version, error) {
	content := types.DynamicFeeTx{
		ChainID: new(big.Int).SetUint64(s.cfg.Number), Nonce: slot.Nonce, GasTipCap: fees.Tip, GasFeeCap: fees.Max, Gas: slot.Gas, To: &slot.To, Data: slot.Data,
	}
	if cancels {
		content.To, content.Data, content.Gas = &s.cfg.Account, nil, cancelGas
	}
	signer := types.LatestSignerForChainID(content.ChainID)
	unsigned := types.NewTx(&content)
	signature, err := s.cfg.Sign(signer.Hash(unsigned))
	if err != nil {
		return Version{}, err
	}
	tx, err := unsigned.WithSignature(signer, signature)
	if err != nil {
		return Version{}, err
	}
	raw, err := tx.MarshalBinary()
	return Version{
		Raw: raw, Hash: tx.Hash(), Max: fees.Max, Tip: fees.Tip, Made: s.cfg.Now().UnixNano(), Cancels: cancels,
	}, err
}

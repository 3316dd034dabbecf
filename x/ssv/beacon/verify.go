package beacon

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// seedSize is the length of a seed in bytes.
const seedSize = sha256.Size

// ErrBlocks says that the blocks are not those of the round's span, one after the other, of the record's chain.
var ErrBlocks = errors.New("blocks do not fit the round")

// Report is what a verification found.
type Report struct {
	ChainID string
	Era     uint64
	Status  types.RoundStatus
	Reason  string
	// Seed as recomputed from the blocks, nil where they do not give one.
	Seed []byte
	// Dealers in order of operator.
	Dealers []DealerReport
	// Differences between the record and the blocks, in words; none if the record is true.
	Differences []string
	// Notes say what could not be checked, and why.
	Notes []string
}

// OK tells whether record and blocks agree.
func (r Report) OK() bool { return len(r.Differences) == 0 }

// DealerReport says how a dealer's element came about.
type DealerReport struct {
	Operator string
	Slots    uint32
	// Dealt and Revealed are heights, 0 where it did not happen; DealtBy and RevealedBy the SHA-256 of the transactions, the latter empty
	// for a secret that was rebuilt.
	Dealt, Revealed     int64
	DealtBy, RevealedBy []byte
	Status              types.DealerStatus
	// Shares of its secret that the blocks hold decrypted.
	Shares int
	// Element is h^s, 32 bytes, as recomputed.
	Element []byte
}

// Verify recomputes a round from its blocks, which must be those of Span in order. Errors: ErrRunning, ErrRecord, ErrBlocks, those of the
// blocks' source; what merely differs is in the report.
func Verify(record Record, blocks iter.Seq2[Block, error], head int64) (Report, error) {
	report := Report{ChainID: record.ChainId, Era: record.Round.Era, Status: record.Round.Status, Reason: record.Round.Reason}
	if err := checkRecord(record); err != nil || len(record.Dealers) == 0 {
		return report, err
	}
	proofs, err := record.Round.Context(record.ChainId, record.Dealers)
	if err != nil {
		return report, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	replay := newReplay(record, proofs)
	if err := replay.run(blocks, head); err != nil {
		return report, err
	}
	replay.conclude()
	report.Seed, report.Differences, report.Notes = replay.seed, replay.differences, replay.notes
	for _, dealer := range replay.dealers {
		report.Dealers = append(report.Dealers, dealer.report())
	}
	return report, nil
}

// replay goes through a round's blocks as the chain did, guided by the record.
type replay struct {
	record  Record
	proofs  *pvss.Round
	dealers []*dealerReplay
	// strangers are dealings that the record counts for nobody: refused ones, if it is true.
	strangers []strangeDealing
	// codes is false once a block came without the results of its transactions.
	codes bool
	// waiting dealings of those that were not verified yet, and the height at which the dealings were closed, both as the chain had them.
	waiting, closed int64

	seed        []byte
	differences []string
	notes       []string
}

// dealerReplay is one dealer in a replay.
type dealerReplay struct {
	types.Dealer
	// dealing is the one that counts; dealtBy and submitter who sent it.
	dealing   *pvss.Dealing
	dealtBy   []byte
	submitter string
	opened    int64
	openedBy  []byte
	shares    []pvss.Share
	decrypted map[string]bool
	// ready is the block at whose end there were shares enough, rebuilt the one at whose end the chain came to it.
	ready, rebuilt int64
	element        *pvss.Element
}

// strangeDealing is a dealing that the record does not count, with what it came in.
type strangeDealing struct {
	message
	*types.MsgDeal
}

func newReplay(record Record, proofs *pvss.Round) *replay {
	r := &replay{record: record, proofs: proofs, codes: true}
	for _, dealer := range record.Dealers {
		r.dealers = append(r.dealers, &dealerReplay{Dealer: dealer, decrypted: map[string]bool{}})
	}
	return r
}

func (r *replay) differ(format string, values ...any) {
	r.differences = append(r.differences, fmt.Sprintf(format, values...))
}

func (r *replay) run(blocks iter.Seq2[Block, error], head int64) error {
	next, last := Span(r.record, head)
	first := next
	for block, err := range blocks {
		switch {
		case err != nil:
			return err
		case block.Height != next || block.Height > last:
			return fmt.Errorf("%w: found block %d, want %d of %d", ErrBlocks, block.Height, next, last)
		case block.ChainID != r.record.ChainId:
			return fmt.Errorf("%w: block %d is of %q, the record of %q", ErrBlocks, block.Height, block.ChainID, r.record.ChainId)
		}
		if block.Height == first && !bytes.Equal(block.LastHash, r.record.Round.Anchor) {
			r.differ("the block of the freeze, %d, has hash %X, the record says %X", first-1, block.LastHash, r.record.Round.Anchor)
		}
		r.block(block)
		next++
	}
	if next <= last {
		return fmt.Errorf("%w: they end before %d, want up to %d", ErrBlocks, next, last)
	}
	return nil
}

// block executes a block's messages, and then what the chain does at its end.
func (r *replay) block(block Block) {
	r.codes = r.codes && (block.Codes != nil || len(block.Txs) == 0)
	for _, found := range messagesOf(block, r.record.Round.Era) {
		switch msg := found.body.(type) {
		case *types.MsgDeal:
			r.deal(found, msg)
		case *types.MsgOpen:
			r.open(found, msg)
		case *types.MsgDecrypt:
			r.decrypt(found, msg)
		}
	}
	r.waiting -= min(r.waiting, int64(r.record.Round.MaxDealingsPerBlock))
	if r.closed == 0 && r.waiting == 0 && (block.Height >= r.record.Round.DealEnd || !r.moreDealings(block.Height)) {
		r.closed = block.Height
	}
	r.rebuildSome(block.Height)
}

// moreDealings tells whether, by the record, a dealing was still to come after a height.
func (r *replay) moreDealings(height int64) bool {
	var refused uint32
	for _, dealer := range r.dealers {
		refused += dealer.Refused
		if dealer.HandedIn > height || (dealer.HandedIn == 0 && dealer.Refused < types.MaxRefusedDealings) {
			return true
		}
	}
	return len(r.strangers) < int(refused)
}

// deal finds whose dealing it is by the record, and verifies it for that dealer.
func (r *replay) deal(found message, msg *types.MsgDeal) {
	r.waiting++
	round := r.record.Round
	if r.codes && found.height > round.DealEnd {
		r.differ("block %d took a dealing; by the record they were taken from %d to %d", found.height, round.FreezeHeight+1, round.DealEnd)
	}
	hash := sha256.Sum256(msg.Dealing)
	for _, dealer := range r.dealers {
		if dealer.HandedIn == found.height && dealer.dealtBy == nil && bytes.Equal(dealer.DealingHash, hash[:]) {
			dealer.dealtBy, dealer.submitter = found.tx[:], msg.Submitter
			r.accept(dealer, msg.Dealing)
			return
		}
	}
	r.strangers = append(r.strangers, strangeDealing{message: found, MsgDeal: msg})
}

func (r *replay) accept(dealer *dealerReplay, encoded []byte) {
	if !dealer.Dealt() {
		return
	}
	dealing, err := pvss.VerifyDealing(r.proofs, dealer.Operator, encoded)
	if err != nil {
		r.differ("the dealing of %s in block %d is counted and not valid: %v", dealer.Operator, dealer.HandedIn, err)
		return
	}
	dealer.dealing = &dealing
	if commitment := dealing.Commitment(); !bytes.Equal(commitment[:], dealer.Commitment) {
		r.differ("the dealing of %s commits to %X, the record says %X", dealer.Operator, commitment[:], dealer.Commitment)
	}
}

// open finds whose dealing a secret opens.
func (r *replay) open(found message, msg *types.MsgOpen) {
	round := r.record.Round
	if r.codes && (found.height <= round.CloseHeight || found.height > round.RevealEnd) {
		r.differ("block %d took an opening; by the record they were taken from %d to %d", found.height, round.CloseHeight+1, round.RevealEnd)
	}
	if dealer, element := r.opener(found.height, msg.Secret); dealer != nil {
		dealer.opened, dealer.openedBy = found.height, found.tx[:]
		dealer.learn(r, element)
		return
	}
	if r.codes {
		r.differ("block %d took an opening of no dealing that the record counts", found.height)
	}
}

// opener is the dealer whose dealing a secret opens, and its element; nil if there is none. Dealers that agreed on one secret are told apart
// by the height at which the record has them open.
func (r *replay) opener(height int64, secret []byte) (opener *dealerReplay, element pvss.Element) {
	for _, dealer := range r.dealers {
		if dealer.dealing == nil || dealer.opened != 0 {
			continue
		}
		opened, err := pvss.VerifyOpening(dealer.dealing.Commitment(), secret)
		if err == nil && (opener == nil || dealer.Revealed == height && opener.Revealed != height) {
			opener, element = dealer, opened
		}
	}
	return opener, element
}

// learn takes note of a dealer's element; whichever way it is found, it is the same.
func (d *dealerReplay) learn(r *replay, element pvss.Element) {
	if d.element != nil && *d.element != element {
		r.differ("the secret of %s is %X and %X", d.Operator, d.element[:], element[:])
	}
	d.element = &element
}

// decrypt finds whose shares they are, and verifies them.
func (r *replay) decrypt(found message, msg *types.MsgDecrypt) {
	round := r.record.Round
	if r.codes && (found.height < round.DecryptFrom || found.height > round.RevealEnd) {
		r.differ("block %d took decrypted shares; by the record they were taken from %d to %d", found.height, round.DecryptFrom, round.RevealEnd)
	}
	i := slices.IndexFunc(r.dealers, func(d *dealerReplay) bool { return d.Operator == msg.Dealer })
	if i < 0 || r.dealers[i].dealing == nil {
		if r.codes {
			r.differ("block %d took decrypted shares of a dealing of %q, which the record does not count", found.height, msg.Dealer)
		}
		return
	}
	target := r.dealers[i]
	for _, owner := range r.likely(msg.Submitter) {
		shares, err := r.decrypted(target, owner, msg)
		if err != nil {
			continue
		}
		if !target.decrypted[owner.Operator] {
			target.decrypted[owner.Operator] = true
			target.shares = append(target.shares, shares...)
		}
		if target.ready == 0 && len(target.shares) >= r.proofs.Threshold() {
			target.ready = found.height
		}
		return
	}
	if r.codes {
		r.differ("block %d took shares of the dealing of %s that nobody's key decrypts so", found.height, msg.Dealer)
	}
}

// likely are the dealers, the one whose dealing an account sent first.
func (r *replay) likely(submitter string) []*dealerReplay {
	ordered := slices.Clone(r.dealers)
	slices.SortStableFunc(ordered, func(a, b *dealerReplay) int {
		return boolToInt(b.submitter == submitter) - boolToInt(a.submitter == submitter)
	})
	return ordered
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// decrypted verifies that shares of a target's dealing are those of an owner's slots.
func (r *replay) decrypted(target, owner *dealerReplay, msg *types.MsgDecrypt) ([]pvss.Share, error) {
	numbers := owner.SlotNumbers()
	if len(numbers) != len(msg.Shares) {
		return nil, pvss.ErrSlot
	}
	shares := make([]pvss.Share, len(numbers))
	for i, number := range numbers {
		element, err := pvss.ParseElement(msg.Shares[i])
		if err != nil {
			return nil, err
		}
		shares[i] = pvss.Share{Slot: number, Value: element}
	}
	proof, err := pvss.ParseProof(msg.Proof)
	if err != nil {
		return nil, err
	}
	encrypted, err := target.dealing.EncryptedShares(numbers)
	if err != nil {
		return nil, err
	}
	return shares, pvss.VerifyDecryption(r.proofs, target.Operator, encrypted, shares, proof)
}

// rebuildSome rebuilds secrets as the chain does at a block's end: of those that have enough shares and were not opened, in order of
// operator, as many as it rebuilds in one block.
func (r *replay) rebuildSome(height int64) {
	left := r.record.Round.MaxDealingsPerBlock
	for _, dealer := range r.dealers {
		if left == 0 || dealer.dealing == nil || dealer.opened != 0 || dealer.rebuilt != 0 || len(dealer.shares) < r.proofs.Threshold() {
			continue
		}
		left--
		element, err := pvss.Reconstruct(r.proofs.Threshold(), dealer.shares)
		if err != nil {
			r.differ("the secret of %s can't be rebuilt in block %d: %v", dealer.Operator, height, err)
			continue
		}
		dealer.rebuilt = height
		dealer.learn(r, element)
	}
}

// quorum is the number of slots that must have been dealt at the close.
func (r *replay) quorum() int { return slots.Quorum(r.proofs.Slots()) }

func (d *dealerReplay) report() DealerReport {
	report := DealerReport{
		Operator: d.Operator, Slots: d.Slots, Dealt: d.HandedIn, DealtBy: d.dealtBy, Revealed: d.Revealed, RevealedBy: d.openedBy,
		Status: d.Status, Shares: len(d.shares),
	}
	if d.element != nil {
		report.Element = d.element[:]
	}
	return report
}

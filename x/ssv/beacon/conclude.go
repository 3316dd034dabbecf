package beacon

import (
	"bytes"
	"fmt"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// conclude compares what the blocks gave with the rest of the record.
func (r *replay) conclude() {
	for _, dealer := range r.dealers {
		r.compare(dealer)
	}
	r.judgeStrangers()
	r.compareClose()
	r.compareSeed()
	if !r.codes {
		r.notes = append(r.notes, "the results of the transactions are not known here: a message counts as taken where the record says so, "+
			"and neither the close nor the number of refused dealings was checked")
	}
}

// compare holds one dealer to what the blocks say of it.
func (r *replay) compare(dealer *dealerReplay) {
	if dealer.HandedIn != 0 && dealer.dealtBy == nil {
		r.differ("%s handed in dealing %X in block %d by the record; that block has none such", dealer.Operator, dealer.DealingHash, dealer.HandedIn)
		return
	}
	switch {
	case dealer.dealing == nil:
		return
	case dealer.Status == types.DEALER_STATUS_OPENED && dealer.opened != dealer.Revealed:
		r.differ("%s opened its secret in block %d by the record; by the blocks in %s", dealer.Operator, dealer.Revealed, heightOrNone(dealer.opened))
	case dealer.Status == types.DEALER_STATUS_REBUILT && dealer.opened != 0 && r.codes:
		r.differ("the secret of %s was rebuilt in block %d by the record; its dealer opened it in %d", dealer.Operator, dealer.Revealed, dealer.opened)
	case dealer.Status == types.DEALER_STATUS_REBUILT && dealer.rebuilt != dealer.Revealed && (r.codes || dealer.rebuilt == 0):
		r.differ("the secret of %s was rebuilt in block %d by the record; by the blocks in %s",
			dealer.Operator, dealer.Revealed, heightOrNone(dealer.rebuilt))
	case dealer.Status == types.DEALER_STATUS_DEALT && dealer.opened != 0 && r.codes:
		r.differ("%s did not open its secret by the record; it did in block %d", dealer.Operator, dealer.opened)
	}
	if dealer.Known() && dealer.element != nil && !bytes.Equal(dealer.Element, dealer.element[:]) {
		r.differ("the element of %s is %X, the record says %X", dealer.Operator, dealer.element[:], dealer.Element)
	}
	if found := len(dealer.shares); r.codes && found != int(dealer.Shares) {
		r.differ("the blocks hold %d decrypted shares of the dealing of %s, the record says %d", found, dealer.Operator, dealer.Shares)
	}
}

func heightOrNone(height int64) string {
	if height == 0 {
		return "none"
	}
	return fmt.Sprintf("block %d", height)
}

// judgeStrangers looks at the dealings that the record does not count. Each of them was refused, or the record lies: so their number is that
// of the refusals. Whose they were is not in the blocks: an account may have submitted for one operator and then for another.
func (r *replay) judgeStrangers() {
	for _, stranger := range r.strangers {
		for _, dealer := range r.owners(stranger.Submitter) {
			if _, err := pvss.VerifyDealing(r.proofs, dealer.Operator, stranger.Dealing); err == nil {
				r.strange(stranger, dealer)
			}
		}
	}
	if !r.codes {
		return
	}
	var counted uint32
	for _, dealer := range r.dealers {
		counted += dealer.Refused
		r.noteRefusals(dealer)
	}
	if int(counted) != len(r.strangers) {
		r.differ("the blocks hold %d dealings that were refused, the record says %d", len(r.strangers), counted)
	}
}

// noteRefusals says where the refusals of a dealer are not those of the account that its dealing came from.
func (r *replay) noteRefusals(dealer *dealerReplay) {
	if dealer.submitter == "" {
		return
	}
	var sent uint32
	for _, stranger := range r.strangers {
		if stranger.Submitter == dealer.submitter {
			sent++
		}
	}
	if sent != dealer.Refused {
		r.notes = append(r.notes, fmt.Sprintf("%s dealt by %s, from which the blocks hold %d refused dealings, and the record counts %d of it: right if a submitter was changed in the round",
			dealer.Operator, dealer.submitter, sent, dealer.Refused))
	}
}

// strange names a valid dealing that the record does not count. Where a reveal followed, what was opened and decrypted tells which dealings
// counted: then this one was refused, sent for another operator. A failed transaction may have carried it where the results are not known.
// Else it is what the dealer was owed.
func (r *replay) strange(stranger strangeDealing, dealer *dealerReplay) {
	text := fmt.Sprintf("block %d holds a valid dealing of %s that the record does not count", stranger.height, dealer.Operator)
	switch {
	case !r.codes:
		r.notes = append(r.notes, text+"; its transaction may have failed")
	case r.record.Round.RevealEnd > 0:
		r.notes = append(r.notes, fmt.Sprintf("%s: it was not accepted if %s submitted for another operator", text, stranger.Submitter))
	default:
		r.differ("%s, if %s submits for it", text, stranger.Submitter)
	}
}

// owners are the dealers that an account is likely to submit for: the one whose dealing came from it, else those that did not deal.
func (r *replay) owners(submitter string) []*dealerReplay {
	var possible []*dealerReplay
	for _, dealer := range r.dealers {
		if dealer.submitter == submitter {
			return []*dealerReplay{dealer}
		}
		if dealer.submitter == "" {
			possible = append(possible, dealer)
		}
	}
	return possible
}

// compareClose recomputes when the dealings were closed and whether enough slots had been dealt.
func (r *replay) compareClose() {
	round := r.record.Round
	if round.CloseHeight == 0 {
		return
	}
	if r.codes && r.closed != round.CloseHeight {
		r.differ("the dealings were closed at %d by the record; by the blocks at %s", round.CloseHeight, heightOrNone(r.closed))
	}
	owned := 0
	for _, dealer := range r.dealers {
		if dealer.dealing != nil {
			owned += int(dealer.Slots)
		}
	}
	if enough := owned >= r.quorum(); enough != (round.RevealEnd > 0) {
		r.differ("the dealers with a valid dealing own %d slots, the quorum is %d, and the record says %s with a reveal until %d",
			owned, r.quorum(), round.Status, round.RevealEnd)
	}
}

// compareSeed recomputes the seed from the elements.
func (r *replay) compareSeed() {
	round := r.record.Round
	if round.CloseHeight == 0 || round.RevealEnd == 0 {
		return
	}
	var elements []pvss.Element
	for _, dealer := range r.dealers {
		if !dealer.Dealt() {
			continue
		}
		if dealer.element == nil {
			if round.Status == types.ROUND_STATUS_DONE {
				r.differ("the blocks do not give the secret of %s", dealer.Operator)
			}
			return
		}
		elements = append(elements, *dealer.element)
	}
	seed := pvss.Seed(r.record.ChainId, round.Era, elements)
	if round.Status == types.ROUND_STATUS_FAILED {
		r.failedWith(seed)
		return
	}
	r.seed = seed[:]
	if !bytes.Equal(round.Seed, r.seed) {
		r.differ("the seed is %X, the record says %X", r.seed, round.Seed)
	}
}

// failedWith: the round failed by the record, and the blocks give a seed. That can be only where the chain had no time to rebuild before the
// era ended what it had the shares for.
func (r *replay) failedWith(seed [seedSize]byte) {
	text := fmt.Sprintf("the round failed by the record; the blocks give every secret, and with them seed %X", seed)
	for _, dealer := range r.dealers {
		if dealer.opened == 0 && dealer.rebuilt > dealer.ready {
			r.notes = append(r.notes, text+", if the era had not ended before")
			return
		}
	}
	if !r.codes {
		r.notes = append(r.notes, text+", unless a transaction of theirs failed")
		return
	}
	r.differ("%s", text)
}

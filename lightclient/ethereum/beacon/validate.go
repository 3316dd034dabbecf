package beacon

import "fmt"

// VerifyUpdate checks an update against a store, in the order of the specs'
// validate_light_client_update:
//
//  0. sizes are the preset's (ErrMalformed);
//  1. somebody signed (ErrNoParticipants);
//  2. the attested header's execution branch (ErrExecutionBranch);
//  3. now ≥ signature slot (ErrFuture) > attested ≥ finalized (ErrSlotOrder);
//  4. the signature's period is the store's, or the one after if its committee
//     is known (ErrPeriod);
//  5. it is newer, or teaches the next committee (ErrIrrelevant);
//  6. the finalized header's execution branch, and its branch to the attested
//     state (ErrExecutionBranch, ErrFinalityBranch);
//  7. the next committee is the one known, and its branch to the attested state
//     (ErrCommitteeMismatch, ErrCommitteeBranch);
//  8. the signature, in the domain of the slot before the signature's
//     (ErrKey, ErrSignature).
//
// Error throughout: ErrFork for a slot of a fork that is not known.
func (n *Network) VerifyUpdate(s *Store, u *Update, nowSlot uint64) error {
	if err := n.checkSizes(u); err != nil {
		return err
	}
	if u.Aggregate.Bits.Count() == 0 {
		return fmt.Errorf("%w: attested slot %d", ErrNoParticipants, u.Attested.Beacon.Slot)
	}
	if err := n.checkHeader(&u.Attested); err != nil {
		return fmt.Errorf("attested header: %w", err)
	}
	if err := checkSlots(u, nowSlot); err != nil {
		return err
	}
	for _, check := range [...]func(*Store, *Update) error{n.checkPeriod, n.checkRelevance, n.checkFinality, n.checkNextCommittee, n.checkSignature} {
		if err := check(s, u); err != nil {
			return err
		}
	}
	return nil
}

func checkSlots(u *Update, nowSlot uint64) error {
	attested := u.Attested.Beacon.Slot
	if u.SignatureSlot > nowSlot {
		return fmt.Errorf("%w: signature slot %d, now %d", ErrFuture, u.SignatureSlot, nowSlot)
	}
	if u.SignatureSlot <= attested {
		return fmt.Errorf("%w: signature slot %d, attested %d", ErrSlotOrder, u.SignatureSlot, attested)
	}
	if u.Finalized != nil && u.Finalized.Beacon.Slot > attested {
		return fmt.Errorf("%w: attested slot %d, finalized %d", ErrSlotOrder, attested, u.Finalized.Beacon.Slot)
	}
	return nil
}

func (n *Network) checkPeriod(s *Store, u *Update) error {
	period, known := n.Period(u.SignatureSlot), s.Period(n)
	if period == known || s.Next != nil && period == known+1 {
		return nil
	}
	return fmt.Errorf("%w: signature slot %d is of period %d, store of %d (next committee known: %t)", ErrPeriod, u.SignatureSlot, period, known, s.Next != nil)
}

func (n *Network) checkRelevance(s *Store, u *Update) error {
	attested := u.Attested.Beacon.Slot
	teaches := s.Next == nil && u.NextCommittee != nil && n.Period(attested) == s.Period(n)
	if attested <= s.Finalized.Beacon.Slot && !teaches {
		return fmt.Errorf("%w: attested slot %d, have %d", ErrIrrelevant, attested, s.Finalized.Beacon.Slot)
	}
	return nil
}

func (n *Network) checkFinality(_ *Store, u *Update) error {
	if u.Finalized == nil {
		return nil
	}
	root, err := n.finalizedRoot(u.Finalized)
	if err != nil {
		return err
	}
	fork, err := n.ForkAt(u.Attested.Beacon.Slot)
	if err != nil {
		return err
	}
	if !leadsTo(root, u.FinalityBranch, finalizedIndexOf(fork), u.Attested.Beacon.StateRoot) {
		return fmt.Errorf("%w: slot %d by %d", ErrFinalityBranch, u.Finalized.Beacon.Slot, u.Attested.Beacon.Slot)
	}
	return nil
}

// finalizedRoot is a state's finalized root: zero, with an empty header, while
// only genesis is final.
func (n *Network) finalizedRoot(h *Header) (Root, error) {
	if h.Beacon.Slot == 0 {
		if !h.isZero() {
			return Root{}, fmt.Errorf("%w: finalized header of genesis is not empty", ErrFinalityBranch)
		}
		return Root{}, nil
	}
	if err := n.checkHeader(h); err != nil {
		return Root{}, fmt.Errorf("finalized header: %w", err)
	}
	return h.Beacon.Root(), nil
}

func (n *Network) checkNextCommittee(s *Store, u *Update) error {
	if u.NextCommittee == nil {
		return nil
	}
	attested := u.Attested.Beacon.Slot
	if s.Next != nil && n.Period(attested) == s.Period(n) && !u.NextCommittee.equal(s.Next) {
		return fmt.Errorf("%w: attested slot %d", ErrCommitteeMismatch, attested)
	}
	fork, err := n.ForkAt(attested)
	if err != nil {
		return err
	}
	if !leadsTo(u.NextCommittee.Root(), u.CommitteeBranch, nextCommitteeIndexOf(fork), u.Attested.Beacon.StateRoot) {
		return fmt.Errorf("%w: next committee at slot %d", ErrCommitteeBranch, attested)
	}
	return nil
}

func (n *Network) checkSignature(s *Store, u *Update) error {
	committee := s.Current
	if n.Period(u.SignatureSlot) != s.Period(n) {
		committee = s.Next
	}
	domain, err := n.signingDomain(u.SignatureSlot)
	if err != nil {
		return err
	}
	return committee.verify(&u.Aggregate, hashPair(u.Attested.Beacon.Root(), domain))
}

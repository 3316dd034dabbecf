package beacon

import "fmt"

// Store is what a light client knows: a finalized header, the committee of its
// period, and the next one, nil until it is learned. A Store is never changed:
// Apply makes a new one.
type Store struct {
	Finalized Header
	Current   *SyncCommittee
	Next      *SyncCommittee
}

// NewStore roots a store in a block that the caller trusts. In this order: sizes
// are the preset's; the header is that block; its payload header; its committee.
// Its age is for CheckAge. Errors: ErrMalformed, ErrCheckpointRoot,
// ErrExecutionBranch, ErrCommitteeBranch.
func (n *Network) NewStore(trusted Root, b *Bootstrap) (*Store, error) {
	if err := n.checkBootstrapSizes(b); err != nil {
		return nil, err
	}
	if found := b.Header.Beacon.Root(); found != trusted {
		return nil, fmt.Errorf("%w: %s, want %s", ErrCheckpointRoot, found, trusted)
	}
	if err := n.checkHeader(&b.Header); err != nil {
		return nil, err
	}
	fork, err := n.ForkAt(b.Header.Beacon.Slot)
	if err != nil {
		return nil, err
	}
	if !leadsTo(b.Committee.Root(), b.Branch, currentCommitteeIndexOf(fork), b.Header.Beacon.StateRoot) {
		return nil, fmt.Errorf("%w: current committee at slot %d", ErrCommitteeBranch, b.Header.Beacon.Slot)
	}
	return &Store{Finalized: b.Header, Current: b.Committee}, nil
}

// Period is the sync committee period of the finalized header.
func (s *Store) Period(n *Network) uint64 { return n.Period(s.Finalized.Beacon.Slot) }

// VerifyFinality checks that two thirds of a known committee signed for a
// finalized header. After VerifyUpdate, in this order: the update shows one; two
// thirds signed. Errors: those of VerifyUpdate, ErrNoFinality, ErrSupermajority.
func (n *Network) VerifyFinality(s *Store, u *Update, nowSlot uint64) error {
	if err := n.VerifyUpdate(s, u, nowSlot); err != nil {
		return err
	}
	if u.Finalized == nil {
		return fmt.Errorf("%w: attested slot %d", ErrNoFinality, u.Attested.Beacon.Slot)
	}
	if got, size := u.Aggregate.Bits.Count(), n.SyncCommitteeSize; 3*got < 2*size {
		return fmt.Errorf("%w: %d of %d", ErrSupermajority, got, size)
	}
	return nil
}

// Apply verifies an update and takes its finality over. After VerifyFinality: it
// is newer, or teaches the next committee. Errors: those of VerifyFinality,
// ErrIrrelevant.
func (n *Network) Apply(s *Store, u *Update, nowSlot uint64) (*Store, error) {
	if err := n.VerifyFinality(s, u, nowSlot); err != nil {
		return nil, err
	}
	return n.advance(s, u)
}

// advance is the specs' apply_light_client_update. An update that finalizes in
// the next period was signed there, so the committee of that period is known.
func (n *Network) advance(s *Store, u *Update) (*Store, error) {
	slot, period := u.Finalized.Beacon.Slot, s.Period(n)
	newer := slot > s.Finalized.Beacon.Slot
	if !newer && !n.teaches(s, u) {
		return nil, fmt.Errorf("%w: finalized slot %d, have %d", ErrIrrelevant, slot, s.Finalized.Beacon.Slot)
	}
	next := *s
	switch {
	case n.teaches(s, u):
		next.Next = u.NextCommittee
	case n.Period(slot) == period+1:
		next.Current, next.Next = s.Next, u.NextCommittee
	}
	if newer {
		next.Finalized = *u.Finalized
	}
	return &next, nil
}

// teaches tells whether an update brings a next committee that the store lacks,
// by a state whose period is final.
func (n *Network) teaches(s *Store, u *Update) bool {
	attested := n.Period(u.Attested.Beacon.Slot)
	return s.Next == nil && u.NextCommittee != nil && attested == s.Period(n) && n.Period(u.Finalized.Beacon.Slot) == attested
}

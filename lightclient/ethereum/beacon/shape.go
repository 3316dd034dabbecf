package beacon

import (
	"fmt"
	"slices"
)

// checkBootstrapSizes bounds what was decoded from JSON. Error: ErrMalformed.
func (n *Network) checkBootstrapSizes(b *Bootstrap) error {
	if err := n.checkCommitteeSize(b.Committee); err != nil {
		return err
	}
	return checkBranches(b.Branch, b.Header.ExecutionBranch)
}

// normalize makes one form of the absent: a committee or a finalized header
// whose branch is zero is nil, and must have been zero. Error: ErrMalformed.
func (n *Network) normalize(u *Update) error {
	if isZero(u.CommitteeBranch) {
		if u.NextCommittee != nil && !u.NextCommittee.isZero() {
			return fmt.Errorf("%w: next committee without a branch", ErrMalformed)
		}
		u.NextCommittee, u.CommitteeBranch = nil, nil
	}
	if isZero(u.FinalityBranch) {
		if u.Finalized != nil && !u.Finalized.isZero() {
			return fmt.Errorf("%w: finalized header without a branch", ErrMalformed)
		}
		u.Finalized, u.FinalityBranch = nil, nil
	}
	return n.checkSizes(u)
}

// checkSizes bounds every part of an update and has branches come with what
// they prove. Error: ErrMalformed.
func (n *Network) checkSizes(u *Update) error {
	if (u.NextCommittee == nil) != (len(u.CommitteeBranch) == 0) || (u.Finalized == nil) != (len(u.FinalityBranch) == 0) {
		return fmt.Errorf("%w: a branch without its leaf, or a leaf without its branch", ErrMalformed)
	}
	if u.NextCommittee != nil {
		if err := n.checkCommitteeSize(u.NextCommittee); err != nil {
			return err
		}
	}
	if len(u.Aggregate.Bits) != n.SyncCommitteeSize/8 {
		return fmt.Errorf("%w: %d bytes of participation, want %d", ErrMalformed, len(u.Aggregate.Bits), n.SyncCommitteeSize/8)
	}
	if u.Finalized != nil {
		if err := checkBranches(u.Finalized.ExecutionBranch); err != nil {
			return err
		}
	}
	return checkBranches(u.CommitteeBranch, u.FinalityBranch, u.Attested.ExecutionBranch)
}

// trimmed is a branch without the zero nodes that a container of a later fork
// puts first.
func trimmed(branch []Root, index uint64) []Root {
	extra := len(branch) - depth(index)
	if extra > 0 && isZero(branch[:extra]) {
		return branch[extra:]
	}
	return branch
}

func (n *Network) checkCommitteeSize(c *SyncCommittee) error {
	if c == nil {
		return fmt.Errorf("%w: sync committee is missing", ErrMalformed)
	}
	if len(c.Pubkeys) != n.SyncCommitteeSize {
		return fmt.Errorf("%w: sync committee of %d keys, want %d", ErrMalformed, len(c.Pubkeys), n.SyncCommitteeSize)
	}
	return nil
}

func checkBranches(branches ...[]Root) error {
	for _, branch := range branches {
		if len(branch) > maxBranch {
			return fmt.Errorf("%w: branch of %d nodes, want at most %d", ErrMalformed, len(branch), maxBranch)
		}
	}
	return nil
}

func isZero(branch []Root) bool {
	return !slices.ContainsFunc(branch, func(r Root) bool { return r != Root{} })
}

func (c *SyncCommittee) isZero() bool {
	return c.Aggregate == Pubkey{} && !slices.ContainsFunc(c.Pubkeys, func(p Pubkey) bool { return p != Pubkey{} })
}

func (h *Header) isZero() bool {
	return h.Beacon == BlockHeader{} && h.Execution.isZero() && isZero(h.ExecutionBranch)
}

func (p *PayloadHeader) isZero() bool {
	return len(p.ExtraData) == 0 && p.Root(Deneb) == (&PayloadHeader{}).Root(Deneb)
}

// equal compares keys, not what is remembered of them.
func (c *SyncCommittee) equal(other *SyncCommittee) bool {
	return c.Aggregate == other.Aggregate && slices.Equal(c.Pubkeys, other.Pubkeys)
}

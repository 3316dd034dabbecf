package types

// The rules of a session's tally (protocol §7), without a store.

// Add counts one more member's signatures and returns its ordinal, from 0. An OPEN session that reaches the threshold becomes
// SIGNED at height; in any other status the signature is counted for its member's credit only.
func (t *Tally) Add(threshold uint32, height int64) (ordinal uint32) {
	ordinal = t.Signatures
	t.Signatures++
	if t.Status == SESSION_STATUS_OPEN && t.Signatures >= threshold {
		t.Status, t.SignedHeight = SESSION_STATUS_SIGNED, height
	}
	return ordinal
}

// Settle closes the tally to signatures. One that reached its threshold, or was proven, keeps its status. Of the others, one with
// at most size − threshold signatures is VOID, for possibly none of its signers is honest; with more it is EXPIRED.
func (t *Tally) Settle(size, threshold uint32) {
	t.Settled = true
	if t.Status != SESSION_STATUS_OPEN && t.Status != SESSION_STATUS_EXPIRED || t.Signatures >= threshold {
		return
	}
	t.Status = SESSION_STATUS_EXPIRED
	if t.Signatures <= size-threshold {
		t.Status = SESSION_STATUS_VOID
	}
}

// Prove records that the attempt was proven executed, whatever its status was: it may have been signed off this chain, or late.
func (t *Tally) Prove() { t.Status = SESSION_STATUS_PROVEN }

// Outrun records that the attempt can no longer execute: it leaves OPEN and SIGNED for EXPIRED, and keeps any other status.
func (t *Tally) Outrun() {
	if t.Status == SESSION_STATUS_OPEN || t.Status == SESSION_STATUS_SIGNED {
		t.Status = SESSION_STATUS_EXPIRED
	}
}

// TakesSignatures says whether a signature counts at a height of this chain: up to and including expires.
func (s Session) TakesSignatures(height int64) bool { return height <= s.Expires }

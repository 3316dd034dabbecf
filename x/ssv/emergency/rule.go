// Package emergency is the rule of protocol §11: when a session shows that a vault is close to what it survives, and who is to give its
// seat to a standby. It has no state.
package emergency

// marginDen is the part of a committee, rounded up, by which a session's signatures may exceed the threshold and be close to it.
const marginDen = 10

// Margin is how many signatures above its threshold a vault of that size is in danger with: min(⌈M/10⌉, M − N − 1), and 0 where nobody
// may be absent, for such a vault has no room in which to rotate.
func Margin(size, threshold uint32) uint32 {
	if size <= threshold+1 {
		return 0
	}
	return min((size+marginDen-1)/marginDen, size-threshold-1)
}

// Endangered says whether a settled session with that many valid signatures, of a vault of that size and threshold, calls for an emergency
// rotation: N ≤ S < M and S ≤ N + margin. With fewer than N nobody can be installed.
func Endangered(signatures, size, threshold uint32) bool {
	return threshold <= signatures && signatures < size && signatures <= threshold+Margin(size, threshold)
}

// Attendance is what is known of one member when a session settles.
type Attendance struct {
	// Signed the session that settled; MissedBefore the one before it.
	Signed, MissedBefore bool
	// Alive where it gave a sign of life within the heartbeat window.
	Alive bool
}

// Silent says whether a member of an endangered vault is to be replaced: it did not sign, and either missed the session before too or
// gives no sign of life. A member that is merely slow is neither.
func (a Attendance) Silent() bool { return !a.Signed && (a.MissedBefore || !a.Alive) }

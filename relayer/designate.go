package relayer

// Patience of those who wait for the member whose turn it is, in blocks of this chain. Every relayer must use the same figures,
// or several act at once: harmless, but paid for.
const (
	broadcastPatience = 3
	accountPatience   = 5
	// evmPatience is longer: a transaction needs a few slots to be executed, and two members' would both be paid for.
	evmPatience = 12
)

// designated is the index of the member whose turn it is: the turn begins with member start mod members and passes on with
// every patience blocks waited (protocol §16).
func designated(start uint64, waited, patience int64, members int) int {
	intervals := max(waited, 0) / patience
	return int((start%uint64(members) + uint64(intervals)%uint64(members)) % uint64(members))
}

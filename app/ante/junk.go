package ante

const (
	// frameBytes of a transaction and messageBytes of each of its messages are refunded beside the messages themselves: fee, timeout, one
	// signature with its key, type names.
	frameBytes, messageBytes = 600, 150
	// observationGas is the most that is refunded of an observation: one of some 200 events, as many as a block applies. Its events are not
	// proven to anyone when it is proposed, and one that another overtakes is never judged.
	observationGas = 2_000_000
)

// refundableGas is what a transaction of duties used less what it need not have: gas of bytes that are no message's, such as memos, fields encoded
// twice and keys of many parts, and of an observation what exceeds observationGas. So that nobody fills blocks at the
// expense of the pool.
func refundableGas(duties []duty, used uint64, txBytes int, costPerByte uint64) uint64 {
	needed, observations := frameBytes, uint64(0)
	for _, duty := range duties {
		needed += duty.size + messageBytes
		if duty.observation {
			observations++
		}
	}
	if junk := txBytes - needed; junk > 0 {
		used -= min(used, uint64(junk)*costPerByte)
	}
	if observations > 0 {
		used = min(used, observations*observationGas)
	}
	return used
}

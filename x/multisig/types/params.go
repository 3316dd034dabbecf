package types

// Bounds of parameters, wide enough for every use and narrow enough that one block's work stays small.
const (
	// maxSessionBlocks and maxHistoryBlocks keep heights far from overflow: 2^40 blocks of a second are 34,000 years.
	maxSessionBlocks = 1 << 40
	maxHistoryBlocks = 1 << 40
	// maxBlockWork bounds the per-block limits.
	maxBlockWork = 100_000
	// MinPrunes is the least max_prunes_per_block: a session's fixed records go together.
	MinPrunes = 4
)

// DefaultParams returns the protocol's defaults (§7): sessions of 100 blocks, 50 settlements and 500 deletions a block, two wrong
// signatures recorded per member and session, history kept for 90 days of 6-second blocks.
func DefaultParams() Params {
	return Params{
		SessionBlocks:       100,
		MaxExpiriesPerBlock: 50,
		MaxWrongPerSession:  2,
		// One secp256k1 verification, as x/auth charges it by default.
		SignatureGas:      1_000,
		MaxPrunesPerBlock: 500,
		HistoryBlocks:     1_296_000,
	}
}

// Validate returns ErrInvalidParams for a limit that is 0 or beyond its bound.
func (p Params) Validate() error {
	for _, limit := range []struct {
		name            string
		value, min, max uint64
	}{
		{"session_blocks", p.SessionBlocks, 1, maxSessionBlocks},
		{"max_expiries_per_block", uint64(p.MaxExpiriesPerBlock), 1, maxBlockWork},
		{"max_wrong_per_session", uint64(p.MaxWrongPerSession), 1, maxBlockWork},
		{"signature_gas", p.SignatureGas, 0, maxSessionBlocks},
		{"max_prunes_per_block", uint64(p.MaxPrunesPerBlock), MinPrunes, maxBlockWork},
		{"history_blocks", p.HistoryBlocks, 1, maxHistoryBlocks},
	} {
		if limit.value < limit.min || limit.value > limit.max {
			return ErrInvalidParams.Wrapf("%s is %d, want %d to %d", limit.name, limit.value, limit.min, limit.max)
		}
	}
	return nil
}

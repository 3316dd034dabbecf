package types

// DefaultParams returns the defaults: 200 events applied a block, observations of up to 1,000 events and 512 KiB that live 50 blocks,
// payouts every 10 blocks, turns to propose of 5 blocks; 1,000 RPC calls of a client, and as many receipts in a message; a sweep of a vault
// every 300 blocks, a deposit that nobody claimed back after 201,600: half an hour and a fortnight of blocks of 6 s.
func DefaultParams() Params {
	return Params{
		MaxEventsPerBlock:    200,
		MaxObservationEvents: 1000,
		MaxObservationBytes:  512 << 10,
		ObservationDeadline:  50,
		ProposeBackoff:       10,
		PayoutInterval:       10,
		MaxMintsPerBlock:     100,
		MaxOpenRedemptions:   100,
		ProposePatience:      5,

		MaxCallsPerClient:        1000,
		MaxReceipts:              1000,
		MaxReceiptPrunesPerBlock: 500,

		SweepInterval: 300,
		RefundBlocks:  201_600,
	}
}

// maxObservationBytes leaves an observation room in the 1 MiB that a node's mempool takes of a transaction by default.
const maxObservationBytes = 768 << 10

// minObservationEvents leaves room for what ends every range, up to one surplus or outflow of each open vault, beside an event of a block.
const minObservationEvents = 16

const (
	// maxCalls keeps the sum of a member's calls, over any number of clients that it could have, far from the end of 64 bits.
	maxCalls = 1_000_000
	// maxReceipts of about 105 bytes leave a message room in a node's mempool.
	maxReceipts = 5000
)

// bound is a parameter with the least and greatest value that it may have.
type bound struct {
	name            string
	value, min, max uint64
}

// Validate checks every parameter against its bounds and returns ErrInvalidParams naming the first that is outside.
func (p Params) Validate() error {
	for _, b := range []bound{
		{"max_events_per_block", uint64(p.MaxEventsPerBlock), 1, 10_000},
		{"max_observation_events", uint64(p.MaxObservationEvents), minObservationEvents, 10_000},
		{"max_observation_bytes", uint64(p.MaxObservationBytes), 4 << 10, maxObservationBytes},
		{"observation_deadline", p.ObservationDeadline, 2, 1_000_000},
		{"propose_backoff", p.ProposeBackoff, 1, 1_000_000},
		{"payout_interval", p.PayoutInterval, 1, 1_000_000},
		{"max_mints_per_block", uint64(p.MaxMintsPerBlock), 1, 10_000},
		{"max_open_redemptions", uint64(p.MaxOpenRedemptions), 1, 100_000},
		{"propose_patience", p.ProposePatience, 0, 1_000},
		{"max_calls_per_client", p.MaxCallsPerClient, 1, maxCalls},
		{"max_receipts", uint64(p.MaxReceipts), 1, maxReceipts},
		{"max_receipt_prunes_per_block", uint64(p.MaxReceiptPrunesPerBlock), 1, 10_000},
		{"sweep_interval", p.SweepInterval, 1, 1_000_000},
		{"refund_blocks", p.RefundBlocks, 1, 100_000_000},
	} {
		if b.value < b.min || b.value > b.max {
			return ErrInvalidParams.Wrapf("%s is %d, wanted from %d to %d", b.name, b.value, b.min, b.max)
		}
	}
	return nil
}

package types

import (
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
)

// Bounds of beacon_size (protocol §3).
const (
	MinBeaconSize = slots.MinDealers
	MaxBeaconSize = pvss.MaxSlots / slots.PerDealer
)

// MaxRefusedDealings is how many dealings of a dealer may be refused in a round: it bounds the verifications that a dealer can cause.
const MaxRefusedDealings = 3

// Running says whether dealings or openings are still awaited.
func (r Round) Running() bool {
	return r.Status == ROUND_STATUS_DEAL || r.Status == ROUND_STATUS_REVEAL
}

// Dealt says whether the dealer's dealing was accepted.
func (d Dealer) Dealt() bool {
	return d.Status == DEALER_STATUS_DEALT || d.Known()
}

// Known says whether the dealer's secret is known, opened by itself or rebuilt by others.
func (d Dealer) Known() bool {
	return d.Status == DEALER_STATUS_OPENED || d.Status == DEALER_STATUS_REBUILT
}

// SlotNumbers are the dealer's slots, ascending.
func (d Dealer) SlotNumbers() []int {
	numbers := make([]int, d.Slots)
	for i := range numbers {
		numbers[i] = int(d.FirstSlot) + i
	}
	return numbers
}

// Context is what the proofs of a round are made for: this chain, the era, the threshold, the beacon key of each slot and the block of the
// freeze. The dealers are all of the round in order of operator.
func (r Round) Context(chainID string, dealers []Dealer) (*pvss.Round, error) {
	keys := make([]pvss.PublicKey, 0, r.Slots)
	for _, dealer := range dealers {
		key, err := pvss.ParsePublicKey(dealer.BeaconKey)
		if err != nil {
			return nil, err
		}
		for range dealer.Slots {
			keys = append(keys, key)
		}
	}
	proofs, err := pvss.NewRound(chainID, r.Era, int(r.Threshold), keys)
	if err != nil {
		return nil, err
	}
	return proofs.Anchored(r.Anchor), nil
}

// AtFault says whether a dealer failed its duty in a round, given the height at which the era of the round ended: it did not deal in time, or
// dealt and did not open before the round's end or before others had rebuilt its secret. Nobody is blamed for what could still have been
// done when the era ended, nor for a dealing that the chain had no time to verify (protocol §3, step 6).
func (r Round) AtFault(dealer Dealer, ended int64) bool {
	switch dealer.Status {
	case DEALER_STATUS_AWAITED:
		return r.CloseHeight > 0 || r.DealEnd <= ended
	case DEALER_STATUS_DEALT:
		return r.RevealEnd > 0 && r.RevealEnd <= ended
	case DEALER_STATUS_REBUILT:
		return true
	}
	return false
}

// HeartbeatsOfRound is how many heartbeats the duty of a dealer stands for in its account of the era: as many as are due while a round
// lasts, at least one.
func (p Params) HeartbeatsOfRound() uint64 {
	interval := max(1, p.HeartbeatInterval)
	return max(1, (uint64(p.DealBlocks)+uint64(p.RevealBlocks)+interval-1)/interval)
}

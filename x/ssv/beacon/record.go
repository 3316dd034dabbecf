package beacon

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

var (
	// ErrRunning says that the round goes on: there is nothing to verify yet.
	ErrRunning = errors.New("round is not over")
	// ErrRecord says that the record is not even one of a round, whatever the blocks say.
	ErrRecord = errors.New("record contradicts itself")
)

// Record is what a node says of a round: the answer of the query "seed".
type Record = types.QuerySeedResponse

// checkRecord checks, in this order: the round is over; its chain; dealers, slots and threshold; heights; outcome; each dealer. Errors: ErrRunning,
// ErrRecord.
func checkRecord(record Record) error {
	round := record.Round
	switch round.Status {
	case types.ROUND_STATUS_DEAL, types.ROUND_STATUS_REVEAL:
		return fmt.Errorf("%w: that of era %d is %s", ErrRunning, round.Era, round.Status)
	case types.ROUND_STATUS_DONE, types.ROUND_STATUS_FAILED:
	default:
		return contradiction("status is %s, want %s or %s", round.Status, types.ROUND_STATUS_DONE, types.ROUND_STATUS_FAILED)
	}
	if round.ChainId != record.ChainId {
		return contradiction("round was held on %q, want %q", round.ChainId, record.ChainId)
	}
	if err := checkOutcome(round); err != nil {
		return err
	}
	if len(record.Dealers) == 0 && round.Status == types.ROUND_STATUS_FAILED {
		return nil
	}
	if err := checkSlots(record); err != nil {
		return err
	}
	if err := checkHeights(round); err != nil {
		return err
	}
	for _, dealer := range record.Dealers {
		if err := checkDealer(round, dealer); err != nil {
			return err
		}
	}
	return nil
}

func contradiction(format string, values ...any) error {
	return fmt.Errorf("%w: %w", ErrRecord, fmt.Errorf(format, values...))
}

func checkOutcome(round types.Round) error {
	if done := round.Status == types.ROUND_STATUS_DONE; done != (len(round.Seed) == seedSize) || done != (round.Reason == "") {
		return contradiction("status is %s with a seed of %d bytes and reason %q, want %d bytes and no reason if it is done, else no seed and a reason",
			round.Status, len(round.Seed), round.Reason, seedSize)
	}
	return nil
}

// checkSlots recomputes slots and threshold from the dealers' weights.
func checkSlots(record Record) error {
	count := len(record.Dealers)
	if count < types.MinBeaconSize || count > types.MaxBeaconSize {
		return contradiction("%d dealers, want from %d to %d", count, types.MinBeaconSize, types.MaxBeaconSize)
	}
	if err := checkOrder(record.Dealers); err != nil {
		return err
	}
	total := slots.Count(count)
	if int(record.Round.Slots) != total || int(record.Round.Threshold) != slots.Threshold(total) {
		return contradiction("%d slots and threshold %d, want %d and %d for %d dealers",
			record.Round.Slots, record.Round.Threshold, total, slots.Threshold(total), count)
	}
	weights := make([]uint64, count)
	var sum uint64
	for i, dealer := range record.Dealers {
		weights[i] = dealer.Weight
		if sum += dealer.Weight; sum < dealer.Weight || sum >= 1<<63 {
			return contradiction("%s has weight %d, want all together below 2^63", dealer.Operator, dealer.Weight)
		}
	}
	if sum == 0 {
		return contradiction("no dealer has any weight")
	}
	next := 1
	for i, owned := range slots.Allot(weights, total) {
		dealer := record.Dealers[i]
		if int(dealer.FirstSlot) != next || int(dealer.Slots) != owned {
			return contradiction("%s owns %d slots from %d on, want %d from %d on by the weights",
				dealer.Operator, dealer.Slots, dealer.FirstSlot, owned, next)
		}
		next += owned
	}
	return nil
}

// checkOrder: dealers in ascending order of raw operator, each with a beacon key of its own.
func checkOrder(dealers []types.Dealer) error {
	var last []byte
	keys := map[string]string{}
	for _, dealer := range dealers {
		_, raw, err := bech32.DecodeAndConvert(dealer.Operator)
		if err != nil {
			return contradiction("dealer %q is no operator: %w", dealer.Operator, err)
		}
		if bytes.Compare(last, raw) >= 0 {
			return contradiction("dealer %s is not in order of operator", dealer.Operator)
		}
		if _, err := pvss.ParsePublicKey(dealer.BeaconKey); err != nil {
			return contradiction("beacon key of %s: %w", dealer.Operator, err)
		}
		if other, taken := keys[string(dealer.BeaconKey)]; taken {
			return contradiction("%s has the beacon key of %s", dealer.Operator, other)
		}
		last, keys[string(dealer.BeaconKey)] = raw, dealer.Operator
	}
	return nil
}

// checkHeights: the phases follow each other, and decryptions are taken from the half of the reveal on.
func checkHeights(round types.Round) error {
	if round.FreezeHeight <= 0 || round.DealEnd <= round.FreezeHeight {
		return contradiction("frozen at %d with dealings until %d", round.FreezeHeight, round.DealEnd)
	}
	if round.CloseHeight != 0 && round.CloseHeight <= round.FreezeHeight {
		return contradiction("frozen at %d and closed at %d", round.FreezeHeight, round.CloseHeight)
	}
	if round.RevealEnd == 0 && round.DecryptFrom == 0 && round.Status == types.ROUND_STATUS_FAILED {
		return nil
	}
	reveal := round.RevealEnd - round.CloseHeight
	if round.CloseHeight == 0 || reveal <= 0 || round.DecryptFrom != round.CloseHeight+(reveal+1)/2+1 {
		return contradiction("closed at %d, decryptions from %d, reveal until %d", round.CloseHeight, round.DecryptFrom, round.RevealEnd)
	}
	return nil
}

// checkDealer: what is said of a dealer fits its status.
func checkDealer(round types.Round, dealer types.Dealer) error {
	known := dealer.Known()
	for _, field := range []struct {
		name   string
		there  bool
		wanted bool
	}{
		{"a height of its dealing", dealer.HandedIn != 0, dealer.Status != types.DEALER_STATUS_AWAITED},
		{"a hash of its dealing", len(dealer.DealingHash) != 0, dealer.Status != types.DEALER_STATUS_AWAITED},
		{"a commitment", len(dealer.Commitment) != 0, dealer.Dealt()},
		{"an element", len(dealer.Element) != 0, known},
		{"a height at which it was revealed", dealer.Revealed != 0, known},
	} {
		if field.there != field.wanted {
			return contradiction("%s is %s with %s: %t, want %t", dealer.Operator, dealer.Status, field.name, field.there, field.wanted)
		}
	}
	if dealer.Shares > 0 && !dealer.Dealt() {
		return contradiction("%s is %s with %d decrypted shares, want none", dealer.Operator, dealer.Status, dealer.Shares)
	}
	if dealer.Status < types.DEALER_STATUS_AWAITED || dealer.Status > types.DEALER_STATUS_REBUILT {
		return contradiction("%s is %s", dealer.Operator, dealer.Status)
	}
	if dealer.HandedIn != 0 && (dealer.HandedIn <= round.FreezeHeight || dealer.HandedIn > round.DealEnd) {
		return contradiction("%s dealt at %d, want from %d to %d", dealer.Operator, dealer.HandedIn, round.FreezeHeight+1, round.DealEnd)
	}
	if known && dealer.Revealed <= round.CloseHeight {
		return contradiction("the secret of %s was known at %d, want after the close at %d", dealer.Operator, dealer.Revealed, round.CloseHeight)
	}
	if round.Status == types.ROUND_STATUS_DONE && (dealer.Status == types.DEALER_STATUS_DEALT || dealer.Status == types.DEALER_STATUS_HANDED_IN) {
		return contradiction("the round is done and %s is %s", dealer.Operator, dealer.Status)
	}
	if dealer.Refused > types.MaxRefusedDealings {
		return contradiction("%d dealings of %s were refused, want at most %d", dealer.Refused, dealer.Operator, types.MaxRefusedDealings)
	}
	return nil
}

// Span is the range of heights, both included, whose blocks decide a round. head bounds it where a round ended before its time.
func Span(record Record, head int64) (from, to int64) {
	round := record.Round
	switch {
	case round.Status == types.ROUND_STATUS_DONE:
		to = round.CloseHeight
		for _, dealer := range record.Dealers {
			to = max(to, dealer.Revealed)
		}
	case round.RevealEnd > 0:
		to = round.RevealEnd
	case round.CloseHeight > 0:
		to = round.CloseHeight
	default:
		to = round.DealEnd
	}
	return round.FreezeHeight + 1, min(to, head)
}

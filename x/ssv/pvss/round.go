package pvss

import (
	"crypto/sha512"
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
)

// MaxSlots bounds the share slots of a round: four for each of 64 dealers (protocol §3).
const MaxSlots = 256

// Round is what every dealing of an era is made for: chain-id, era, threshold t and the beacon key of each share slot. Slots are numbered
// from 1 to Slots(); several may have the same key. A Round does not change and may be used by many goroutines.
type Round struct {
	chainID   string
	era       uint64
	threshold int
	keys      []PublicKey
	points    []*curve.ExpandedRistrettoPoint // of slot i+1; slots of one key share one
	digest    [sha512.Size]byte
}

// NewRound checks, in this order: 1 to MaxSlots slots; 1 ≤ threshold ≤ slots; every key canonical and not the identity. All failures wrap
// ErrRound. keys[i] is the key of slot i+1.
func NewRound(chainID string, era uint64, threshold int, keys []PublicKey) (*Round, error) {
	if len(keys) < 1 || len(keys) > MaxSlots {
		return nil, fmt.Errorf("%w: %d slots, want 1 to %d", ErrRound, len(keys), MaxSlots)
	}
	if threshold < 1 || threshold > len(keys) {
		return nil, fmt.Errorf("%w: threshold %d of %d slots, want 1 to %d", ErrRound, threshold, len(keys), len(keys))
	}
	round := &Round{chainID: chainID, era: era, threshold: threshold, keys: append([]PublicKey(nil), keys...)}
	if err := round.expandKeys(); err != nil {
		return nil, err
	}
	round.digest = round.hash()
	return round, nil
}

func (r *Round) expandKeys() error {
	r.points = make([]*curve.ExpandedRistrettoPoint, len(r.keys))
	seen := make(map[PublicKey]*curve.ExpandedRistrettoPoint, len(r.keys))
	for i, key := range r.keys {
		if seen[key] == nil {
			point, err := key.point()
			if err != nil {
				return fmt.Errorf("%w: slot %d: %w", ErrRound, i+1, err)
			}
			seen[key] = curve.NewExpandedRistrettoPoint(point)
		}
		r.points[i] = seen[key]
	}
	return nil
}

func (r *Round) hash() [sha512.Size]byte {
	return newTranscript("round").text(r.chainID).uint64(r.era).
		uint64(uint64(r.threshold)).uint64(uint64(len(r.keys))).elements(r.keys...).digest()
}

// Anchored is this round bound to what tells it from one held before on the same chain, in the same era and with the same keys, such as the
// hash of a block: without it, both would have the same secrets. No anchor changes nothing.
func (r *Round) Anchored(anchor []byte) *Round {
	if len(anchor) == 0 {
		return r
	}
	anchored := *r
	anchored.digest = newTranscript("anchor").text(string(anchor)).bytes(r.digest[:]).digest()
	return &anchored
}

// ChainID is the chain for which the round runs.
func (r *Round) ChainID() string { return r.chainID }

// Era is the era whose election the seed is for.
func (r *Round) Era() uint64 { return r.era }

// Threshold is the number t of shares that reconstruct a secret.
func (r *Round) Threshold() int { return r.threshold }

// Slots is the number S of share slots.
func (r *Round) Slots() int { return len(r.keys) }

// Digest is the SHA-512 that binds every proof to this round: chain-id, era, threshold, the key of every slot, and the anchor if it has one.
func (r *Round) Digest() [sha512.Size]byte { return r.digest }

// SlotsOf lists the slots of a key, ascending; none if it has none.
func (r *Round) SlotsOf(key PublicKey) []int {
	var slots []int
	for i := range r.keys {
		if r.keys[i] == key {
			slots = append(slots, i+1)
		}
	}
	return slots
}

// context begins a hash about one dealer's part in this round.
func (r *Round) context(label, dealer string) transcript {
	return newTranscript(label).text(r.chainID).uint64(r.era).text(dealer).bytes(r.digest[:])
}

package types

import (
	"bytes"
	"cmp"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
)

// validateSeeds checks the first seed and every round: none is of a later era, only the current era's runs, and each agrees with its dealers.
func (g GenesisState) validateSeeds() error {
	if len(g.FirstSeed) != 0 && len(g.FirstSeed) != seedLen {
		return ErrInvalidGenesis.Wrapf("first_seed has %d bytes, want none or %d", len(g.FirstSeed), seedLen)
	}
	if len(g.FirstSeed) != 0 && g.Era != nil && g.Era.Number != 1 {
		return ErrInvalidGenesis.Wrapf("first_seed in era %d, want it in era 1 only: it is the seed of the first election", g.Era.Number)
	}
	err := ascending("rounds", g.Rounds, func(a, b GenesisRound) int { return cmp.Compare(a.Round.Era, b.Round.Era) })
	if err != nil {
		return err
	}
	for _, round := range g.Rounds {
		if err := g.validateRoundsEra(round.Round); err != nil {
			return err
		}
		if err := round.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Lengths in bytes of a seed, a SHA-256, and of an anchor, the hash of a block.
const (
	seedLen   = 32
	anchorLen = 32
)

func (g GenesisState) validateRoundsEra(round Round) error {
	if g.Era == nil || round.Era == 0 || round.Era > g.Era.Number {
		return ErrInvalidGenesis.Wrapf("round of era %d, want from 1 to the current era", round.Era)
	}
	if round.Running() && round.Era != g.Era.Number {
		return ErrInvalidGenesis.Wrapf("round of era %d is %s in era %d, want only the current era's running", round.Era, round.Status, g.Era.Number)
	}
	return nil
}

// Validate checks that a round's state agrees with that of its dealers, and its dealings and decryptions with both.
func (g GenesisRound) Validate() error {
	for _, check := range []func() error{g.validateOrder, g.validateStatus, g.validateSlots, g.validateDealers, g.validateDealings, g.validateDecryptions} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (g GenesisRound) validateOrder() error {
	if err := ascending("dealers", g.Dealers, byOperator(func(d Dealer) string { return d.Operator })); err != nil {
		return err
	}
	if err := ascending("dealings", g.Dealings, byOperator(func(d GenesisDealing) string { return d.Operator })); err != nil {
		return err
	}
	return ascending("decryptions", g.Decryptions, func(a, b GenesisDecryption) int {
		return cmp.Or(
			bytes.Compare(rawAddress(a.Dealer), rawAddress(b.Dealer)), bytes.Compare(rawAddress(a.Decryptor), rawAddress(b.Decryptor)),
		)
	})
}

func (g GenesisRound) validateStatus() error {
	round := g.Round
	if round.Status < ROUND_STATUS_DEAL || round.Status > ROUND_STATUS_FAILED {
		return ErrInvalidGenesis.Wrapf("round of era %d has status %d, want from %d to %d", round.Era, round.Status, ROUND_STATUS_DEAL, ROUND_STATUS_FAILED)
	}
	if done := round.Status == ROUND_STATUS_DONE; done != (len(round.Seed) == seedLen) || !done && len(round.Seed) != 0 {
		return ErrInvalidGenesis.Wrapf("round of era %d is %s with a seed of %d bytes, want %d where it is done, else none", round.Era, round.Status, len(round.Seed), seedLen)
	}
	if len(round.Anchor) != 0 && len(round.Anchor) != anchorLen {
		return ErrInvalidGenesis.Wrapf("round of era %d has an anchor of %d bytes, want none or %d", round.Era, len(round.Anchor), anchorLen)
	}
	if round.ChainId == "" {
		return ErrInvalidGenesis.Wrapf("round of era %d has no chain_id, want that of the chain it was opened on", round.Era)
	}
	if round.Running() && round.MaxDealingsPerBlock == 0 {
		return ErrInvalidGenesis.Wrapf("round of era %d verifies 0 dealings per block, want at least 1", round.Era)
	}
	if round.Status == ROUND_STATUS_REVEAL && !(round.CloseHeight > 0 && round.CloseHeight < round.DecryptFrom && round.DecryptFrom <= round.RevealEnd) {
		return ErrInvalidGenesis.Wrapf(
			"round of era %d closed at %d, decrypts from %d and ends at %d, want them in this order",
			round.Era, round.CloseHeight, round.DecryptFrom, round.RevealEnd,
		)
	}
	return nil
}

func (g GenesisRound) validateSlots() error {
	round := g.Round
	if len(g.Dealers) == 0 && round.Status == ROUND_STATUS_FAILED {
		return nil
	}
	if count := slots.Count(len(g.Dealers)); len(g.Dealers) < MinBeaconSize || len(g.Dealers) > MaxBeaconSize ||
		int(round.Slots) != count || int(round.Threshold) != slots.Threshold(count) {
		return ErrInvalidGenesis.Wrapf(
			"round of era %d has %d dealers, %d slots and threshold %d, want from %d to %d dealers, 4 slots each and more than a third as threshold",
			round.Era, len(g.Dealers), round.Slots, round.Threshold, MinBeaconSize, MaxBeaconSize,
		)
	}
	next := uint32(1)
	for _, dealer := range g.Dealers {
		if dealer.FirstSlot != next {
			return ErrInvalidGenesis.Wrapf("dealer %s has slots from %d, want from %d", dealer.Operator, dealer.FirstSlot, next)
		}
		if dealer.Slots > round.Slots {
			return ErrInvalidGenesis.Wrapf("dealer %s has %d slots, want at most %d", dealer.Operator, dealer.Slots, round.Slots)
		}
		next += dealer.Slots
	}
	if next != round.Slots+1 {
		return ErrInvalidGenesis.Wrapf("the dealers of era %d own %d slots, want %d", round.Era, next-1, round.Slots)
	}
	return nil
}

func (g GenesisRound) validateDealers() error {
	for _, dealer := range g.Dealers {
		if dealer.Status < DEALER_STATUS_AWAITED || dealer.Status > DEALER_STATUS_REBUILT {
			return ErrInvalidGenesis.Wrapf("dealer %s has status %d, want from %d to %d", dealer.Operator, dealer.Status, DEALER_STATUS_AWAITED, DEALER_STATUS_REBUILT)
		}
		if dealer.Refused > MaxRefusedDealings {
			return ErrInvalidGenesis.Wrapf("dealer %s has %d refused dealings, want at most %d", dealer.Operator, dealer.Refused, MaxRefusedDealings)
		}
		if _, err := pvss.ParsePublicKey(dealer.BeaconKey); err != nil {
			return ErrInvalidGenesis.Wrapf("beacon key %X of dealer %s: %s", dealer.BeaconKey, dealer.Operator, err)
		}
		if err := dealer.validateElement("commitment", dealer.Dealt(), dealer.Commitment); err != nil {
			return err
		}
		if err := dealer.validateElement("element", dealer.Known(), dealer.Element); err != nil {
			return err
		}
	}
	return nil
}

// validateElement checks that an element of the dealer is there where it is wanted, and only there.
func (d Dealer) validateElement(name string, wanted bool, element []byte) error {
	if wanted != (len(element) > 0) {
		return ErrInvalidGenesis.Wrapf("dealer %s is %s with a %s of %d bytes", d.Operator, d.Status, name, len(element))
	}
	if !wanted {
		return nil
	}
	if _, err := pvss.ParseElement(element); err != nil {
		return ErrInvalidGenesis.Wrapf("%s %X of dealer %s: %s", name, element, d.Operator, err)
	}
	return nil
}

// validateDealings checks that a running round has the dealing of each dealer that handed one in, and every dealing its length.
func (g GenesisRound) validateDealings() error {
	held := make(map[string]bool, len(g.Dealings))
	for _, dealing := range g.Dealings {
		if _, err := pvss.ParseDealing(int(g.Round.Slots), dealing.Dealing); err != nil {
			return ErrInvalidGenesis.Wrapf("dealing of %s: %s", dealing.Operator, err)
		}
		held[dealing.Operator] = true
	}
	for _, dealer := range g.Dealers {
		handedIn := dealer.Status >= DEALER_STATUS_HANDED_IN
		if g.Round.Running() && handedIn != held[dealer.Operator] || held[dealer.Operator] && !handedIn {
			return ErrInvalidGenesis.Wrapf("dealer %s is %s, with its dealing: %t", dealer.Operator, dealer.Status, held[dealer.Operator])
		}
		delete(held, dealer.Operator)
	}
	if len(held) > 0 {
		return ErrInvalidGenesis.Wrapf("%d dealings in the round of era %d are of no dealer", len(held), g.Round.Era)
	}
	return nil
}

// validateDecryptions checks that every decryption is by the owner of as many slots and of a dealing, and that a running round counts them.
func (g GenesisRound) validateDecryptions() error {
	owners := make(map[string]Dealer, len(g.Dealers))
	for _, dealer := range g.Dealers {
		owners[dealer.Operator] = dealer
	}
	counted := make(map[string]uint32, len(g.Dealers))
	for _, decryption := range g.Decryptions {
		dealer, decryptor := owners[decryption.Dealer], owners[decryption.Decryptor]
		if !dealer.Dealt() || decryptor.Slots == 0 || len(decryption.Decryption.Shares) != int(decryptor.Slots) {
			return ErrInvalidGenesis.Wrapf(
				"%d shares by %s of a dealing of %s, want those of its %d slots of an accepted dealing",
				len(decryption.Decryption.Shares), decryption.Decryptor, decryption.Dealer, decryptor.Slots,
			)
		}
		for _, share := range decryption.Decryption.Shares {
			if _, err := pvss.ParseElement(share); err != nil {
				return ErrInvalidGenesis.Wrapf("share %X by %s of %s: %s", share, decryption.Decryptor, decryption.Dealer, err)
			}
		}
		counted[decryption.Dealer] += decryptor.Slots
	}
	for _, dealer := range g.Dealers {
		if g.Round.Running() && dealer.Shares != counted[dealer.Operator] {
			return ErrInvalidGenesis.Wrapf("dealer %s counts %d shares of its dealing, want %d", dealer.Operator, dealer.Shares, counted[dealer.Operator])
		}
	}
	return nil
}

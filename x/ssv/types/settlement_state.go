package types

import (
	"cmp"
	"slices"

	"cosmossdk.io/math"
)

// Validate checks that every list is in key order with each key once, that what is pending belongs to a record, and that every reward
// adds up.
func (s SettlementState) Validate() error {
	for _, check := range []func() error{s.validateOrder, s.validateDue, s.validateSettlements, s.validateSlashes, s.validateRewards} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s SettlementState) validateOrder() error {
	checks := []error{
		ascending("due vaults", s.Due, func(a, b DueVault) int { return cmp.Or(cmp.Compare(a.Era, b.Era), cmp.Compare(a.Vault, b.Vault)) }),
		ascending("settlements", s.Settlements, func(a, b Settlement) int {
			return cmp.Or(cmp.Compare(a.Era, b.Era), cmp.Compare(a.Vault, b.Vault))
		}),
		ascending("pending slashes", s.Slashes, func(a, b PendingSlash) int {
			return cmp.Or(cmp.Compare(a.Era, b.Era), cmp.Compare(a.Vault, b.Vault))
		}),
		ascending("rewards", s.Rewards, func(a, b EraReward) int { return cmp.Compare(a.Era, b.Era) }),
		ascending("pending rewards", s.Payments, func(a, b PendingReward) int { return cmp.Compare(a.Era, b.Era) }),
		inEras("forfeit", s.Forfeits, func(f Forfeit) (uint64, string) { return f.Era, f.Operator }),
		inEras("earning", s.Earnings, func(e Earning) (uint64, string) { return e.Era, e.Operator }),
		inEras("refund account", s.Refunds, func(r RefundAccount) (uint64, string) { return r.Era, r.Operator }),
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// inEras checks that records are in order of era and operator.
func inEras[T any](what string, list []T, key func(T) (uint64, string)) error {
	places := make([]place, len(list))
	for i, record := range list {
		era, operator := key(record)
		var err error
		if places[i], err = placeOf(what, era, operator, 0); err != nil {
			return err
		}
	}
	return inOrder(what, places)
}

func (s SettlementState) validateDue() error {
	for _, due := range s.Due {
		if due.Threshold == 0 || int(due.Threshold) > len(due.Operators) {
			return ErrInvalidGenesis.Wrapf("due vault %d has threshold %d of %d members", due.Vault, due.Threshold, len(due.Operators))
		}
		if s.settlement(due.Era, due.Vault) >= 0 {
			return ErrInvalidGenesis.Wrapf("vault %d is due for era %d and settled", due.Vault, due.Era)
		}
	}
	return nil
}

// settlement returns the place of the settlement of a vault for an era, or −1.
func (s SettlementState) settlement(era, vault uint64) int {
	return slices.IndexFunc(s.Settlements, func(t Settlement) bool { return t.Era == era && t.Vault == vault })
}

func (s SettlementState) validateSettlements() error {
	for _, settlement := range s.Settlements {
		fraction := settlement.Fraction
		if int(settlement.Size_) != len(settlement.Members) || settlement.Faults > settlement.Size_ {
			return ErrInvalidGenesis.Wrapf(
				"settlement of vault %d has %d members and %d with a fault, want %d members", settlement.Vault, len(settlement.Members), settlement.Faults, settlement.Size_,
			)
		}
		if fraction.IsNil() || fraction.IsNegative() || fraction.GT(math.LegacyOneDec()) {
			return ErrInvalidGenesis.Wrapf("settlement of vault %d has fraction %s, want from 0 to 1", settlement.Vault, fraction)
		}
		for _, member := range settlement.Members {
			if member.Slashed.IsNil() || member.Slashed.IsNegative() {
				return ErrInvalidGenesis.Wrapf("%s was slashed %s for vault %d, want 0 or more", member.Operator, member.Slashed, settlement.Vault)
			}
		}
	}
	return nil
}

func (s SettlementState) validateSlashes() error {
	for _, pending := range s.Slashes {
		at := s.settlement(pending.Era, pending.Vault)
		if at < 0 || int(pending.Next) >= len(s.Settlements[at].Members) {
			return ErrInvalidGenesis.Wrapf("slashes of vault %d for era %d are pending from member %d on, of no settlement", pending.Vault, pending.Era, pending.Next)
		}
	}
	return nil
}

func (s SettlementState) validateRewards() error {
	for _, r := range s.Rewards {
		for _, amount := range []math.Int{r.Issued, r.Cap, r.Treasury, r.ToRefunds, r.SignaturePoints, r.CallPoints} {
			if amount.IsNil() || amount.IsNegative() {
				return ErrInvalidGenesis.Wrapf("reward of era %d has an amount of %s, want 0 or more", r.Era, amount)
			}
		}
	}
	for _, payment := range s.Payments {
		if !slices.ContainsFunc(s.Rewards, func(r EraReward) bool { return r.Era == payment.Era && r.Status != REWARD_STATUS_PAID }) {
			return ErrInvalidGenesis.Wrapf("a payment is pending for era %d, which has no reward to be paid", payment.Era)
		}
	}
	for _, e := range s.Earnings {
		for _, amount := range []math.Int{e.Earned, e.Share, e.Paid} {
			if amount.IsNil() || amount.IsNegative() {
				return ErrInvalidGenesis.Wrapf("earning of %s in era %d has an amount of %s, want 0 or more", e.Operator, e.Era, amount)
			}
		}
	}
	for _, r := range s.Refunds {
		if r.Refunded.IsNil() || r.Refunded.IsNegative() {
			return ErrInvalidGenesis.Wrapf("%s was refunded %s in era %d, want 0 or more", r.Operator, r.Refunded, r.Era)
		}
	}
	return nil
}

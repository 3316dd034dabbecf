package types

import (
	"cmp"
	"slices"

	"cosmossdk.io/math"
)

// Validate checks that every list is in key order with each key once, that what is pending belongs to a record, and that every reward
// adds up.
func (s SettlementState) Validate() error {
	for _, check := range []func() error{s.validateOrder, s.validateDue, s.validateSettlements, s.validateSlashes, s.validateRewards, s.validateSums} {
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

// validateSums checks that every reward that is divided is what its rows and the Treasury have of it, to the last ufis, with none above the
// cap, and that the division that runs is of the era that is next.
func (s SettlementState) validateSums() error {
	if d := s.Division; d != nil && (d.Era == 0 || !slices.ContainsFunc(s.Rewards, func(r EraReward) bool {
		return r.Era == d.Era && r.Status == REWARD_STATUS_DIVIDING
	})) {
		return ErrInvalidGenesis.Wrapf("the division of era %d's reward is running, and no reward is being divided", d.Era)
	}
	for _, r := range s.Rewards {
		if r.Status == REWARD_STATUS_DIVIDING || r.Status == REWARD_STATUS_FAILED {
			continue
		}
		if err := r.validateSum(s.earningsOf(r.Era)); err != nil {
			return err
		}
	}
	return nil
}

// earningsOf returns an era's rows.
func (s SettlementState) earningsOf(era uint64) []Earning {
	from := slices.IndexFunc(s.Earnings, func(e Earning) bool { return e.Era == era })
	if from < 0 {
		return nil
	}
	rows := s.Earnings[from:]
	if to := slices.IndexFunc(rows, func(e Earning) bool { return e.Era != era }); to >= 0 {
		rows = rows[:to]
	}
	return rows
}

func (r EraReward) validateSum(rows []Earning) error {
	if int(r.Members) != len(rows) {
		return ErrInvalidGenesis.Wrapf("reward of era %d has %d members and %d rows", r.Era, r.Members, len(rows))
	}
	if r.ToRefunds.GT(r.Treasury) {
		return ErrInvalidGenesis.Wrapf("reward of era %d sends %s to refunds, want at most the Treasury's %s", r.Era, r.ToRefunds, r.Treasury)
	}
	sum := r.Treasury
	for _, row := range rows {
		if row.Share.GT(r.Cap) || row.Forfeit != FORFEIT_REASON_UNSPECIFIED && row.Share.IsPositive() {
			return ErrInvalidGenesis.Wrapf("%s has a share of %s in era %d, want at most the cap %s, and none with a forfeit",
				row.Operator, row.Share, r.Era, r.Cap)
		}
		part := row.part()
		if !row.Paid.Equal(part) && (r.Status == REWARD_STATUS_PAID || row.Paid.IsPositive()) {
			return ErrInvalidGenesis.Wrapf("%s was paid %s for era %d, want %s", row.Operator, row.Paid, r.Era, part)
		}
		sum = sum.Add(part)
	}
	if !sum.Equal(r.Issued) {
		return ErrInvalidGenesis.Wrapf("the rows of era %d and the Treasury have %s, want the %s issued", r.Era, sum, r.Issued)
	}
	return nil
}

// part of the reward that is the member's: its share, unless that went to the Treasury.
func (e Earning) part() math.Int {
	if e.Unpaid != UNPAID_UNSPECIFIED {
		return math.ZeroInt()
	}
	return e.Share
}

// Outstanding is what of issued rewards is not paid yet, to members or the Treasury: the module's account holds it.
func (s SettlementState) Outstanding() math.Int {
	sum := math.ZeroInt()
	for _, r := range s.Rewards {
		if r.Status != REWARD_STATUS_PAYING {
			continue
		}
		sum = sum.Add(r.Issued)
		for _, row := range s.earningsOf(r.Era) {
			sum = sum.Sub(row.Paid)
		}
	}
	return sum
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

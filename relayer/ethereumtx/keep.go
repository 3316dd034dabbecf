package ethereumtx

import (
	"context"
	"errors"
	"fmt"
)

// keep does what a slot needs that an intent has: it is cancelled once the intent has happened otherwise, replaced where the intent has changed, raised
// where it waits, and handed over again: a node may have forgotten it.
func (s *Sender) keep(ctx context.Context, slot Slot, intent Intent, done bool) (Report, error) {
	s.served[slot.Nonce] = true
	if s.hints.lowest > slot.Nonce {
		return Report{Text: fmt.Sprintf("nonce %d is used, and waits to be proven", slot.Nonce), Hash: slot.newest().Hash}, nil
	}
	if done {
		return s.cancel(ctx, slot)
	}
	if slot.newest().Cancels && (s.isDisputed(intent.Key) || slot.newest().age(s.cfg.Now()) < raiseAfter) {
		return s.hand(ctx, slot) // what was executed may have been undone by a reorganisation, or a node lags
	}
	if !slot.is(intent) || slot.newest().Cancels {
		slot.To, slot.Data, slot.Gas = intent.To, intent.Data, intent.Gas
		return s.raise(ctx, slot)
	}
	return s.press(ctx, slot)
}

// press raises a slot that waits, or hands it over again.
func (s *Sender) press(ctx context.Context, slot Slot) (Report, error) {
	if s.urged[slot.Nonce] || slot.newest().age(s.cfg.Now()) >= raiseAfter {
		return s.raise(ctx, slot)
	}
	return s.hand(ctx, slot)
}

// raise makes a version that offers more, if the policy has room for one.
func (s *Sender) raise(ctx context.Context, slot Slot) (Report, error) {
	fees, ok := s.cfg.Policy.Raise(slot.newest().fees(), s.hints.base)
	if !ok {
		report, err := s.hand(ctx, slot)
		if err == nil && s.hints.base.Cmp(slot.newest().Max) > 0 {
			err = fmt.Errorf("%w: base fee %s wei, nonce %d offers %s", ErrTooDear, s.hints.base, slot.Nonce, slot.newest().Max)
		}
		return report, err
	}
	delete(s.urged, slot.Nonce)
	return s.make(ctx, slot, fees, false)
}

// cancel has a slot's nonce used up by a transaction that does nothing, which costs less than one that reverts. One that waits is raised, too.
func (s *Sender) cancel(ctx context.Context, slot Slot) (Report, error) {
	newest := slot.newest()
	if newest.Cancels && !s.urged[slot.Nonce] && newest.age(s.cfg.Now()) < raiseAfter {
		return s.hand(ctx, slot)
	}
	fees, ok := s.cfg.Policy.Cancel(newest.fees())
	if !ok {
		return s.hand(ctx, slot)
	}
	delete(s.urged, slot.Nonce)
	return s.make(ctx, slot, fees, true)
}

// End looks after the slots that no intent of the round had. Those whose key is live, wanted by the chain though it is another member's turn, are kept;
// the others are cancelled. Then a gap below them is filled.
func (s *Sender) End(ctx context.Context, live map[string]bool) error {
	var errs []error
	for _, slot := range s.open {
		if s.served[slot.Nonce] || s.hints.lowest > slot.Nonce {
			continue
		}
		s.served[slot.Nonce] = true
		tend := s.cancel
		if live[slot.Key] && !slot.newest().Cancels {
			tend = s.press
		}
		if _, err := tend(ctx, slot); err != nil {
			errs = append(errs, fmt.Errorf("nonce %d: %w", slot.Nonce, err))
		}
	}
	return errors.Join(append(errs, s.fill(ctx))...)
}

// fill uses up the nonces below those in the journal that nobody has used for a while: a node claimed that they were used, or the transactions of
// another journal were lost. Without them no later one can be executed.
func (s *Sender) fill(ctx context.Context) error {
	missing := s.missing()
	if len(missing) == 0 {
		s.gapSince = s.cfg.Now()
		return nil
	}
	if s.gapSince.IsZero() {
		s.gapSince = s.cfg.Now()
	}
	if s.cfg.Now().Before(s.gapSince.Add(gapPatience)) {
		return nil
	}
	fees, err := s.cfg.Policy.First(s.hints.base)
	if err != nil {
		return err
	}
	var errs []error
	for _, nonce := range missing {
		slot := Slot{Nonce: nonce, Key: fmt.Sprintf("gap/%d", nonce), To: s.cfg.Account, Gas: cancelGas}
		if _, err := s.make(ctx, slot, fees, true); err != nil {
			errs = append(errs, fmt.Errorf("gap at nonce %d: %w", nonce, err))
		}
	}
	return errors.Join(errs...)
}

// missing are nonces from the next unused one, as the slowest node has it, up to the highest of the journal that have no slot; at most maxForeign.
func (s *Sender) missing() []uint64 {
	taken := map[uint64]bool{}
	highest := uint64(0)
	for _, slot := range s.open {
		taken[slot.Nonce], highest = true, max(highest, slot.Nonce)
	}
	var missing []uint64
	for nonce := s.hints.lowest; nonce < highest && len(missing) < maxForeign; nonce++ {
		if !taken[nonce] {
			missing = append(missing, nonce)
		}
	}
	return missing
}

// handed is one node's answer to a transaction.
type handed struct {
	verdict Verdict
	err     error
}

// hand gives a slot's newest transaction to every node. Errors: ErrPoor, ErrRefused, ErrNoNode where no node took it and none says that the nonce is used.
func (s *Sender) hand(ctx context.Context, slot Slot) (Report, error) {
	newest := slot.newest()
	report := Report{Hash: newest.Hash, Text: fmt.Sprintf("transaction %s of nonce %d was handed over", newest.Hash, slot.Nonce)}
	if newest.Cancels {
		report.Text = fmt.Sprintf("transaction %s uses nonce %d up: what it was for is done, or not wanted", newest.Hash, slot.Nonce)
	}
	tx, err := newest.transaction()
	if err != nil {
		return report, err
	}
	answers, err := askAll(ctx, s.cfg.Nodes, func(ctx context.Context, node Node) (handed, error) {
		verdict, err := node.Send(ctx, tx)
		if verdict == Taken && err != nil {
			return handed{}, err
		}
		return handed{verdict: verdict, err: err}, nil
	})
	if err != nil {
		return report, err
	}
	return report, s.judge(slot.Nonce, answers)
}

// judge puts the nodes' answers together.
func (s *Sender) judge(nonce uint64, answers []handed) error {
	count := map[Verdict]int{}
	var reasons []error
	for _, answer := range answers {
		count[answer.verdict]++
		if answer.err != nil {
			reasons = append(reasons, answer.err)
		}
	}
	switch {
	case count[Taken] > 0 || count[Used] == len(answers):
		return nil
	case count[Underpriced] > 0:
		s.urged[nonce] = true
		return nil
	case count[Poor] > 0:
		return fmt.Errorf("%w: nonce %d: %w", ErrPoor, nonce, errors.Join(reasons...))
	}
	return fmt.Errorf("%w: nonce %d: %w", ErrRefused, nonce, errors.Join(reasons...))
}

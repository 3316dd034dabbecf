package types

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// DefaultGenesis is a new chain's: default parameters and nothing else. Era 1 begins with the first block.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams()}
}

// Validate checks the parameters, that every list is in strictly ascending key order and that records refer to what exists.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	checks := []func() error{g.validateEra, g.validateOrder, g.validateCandidates, g.validateCommittees, g.validateExcluded, g.validateSeeds, g.Emergency.Validate, g.Settlement.Validate}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (g GenesisState) validateEra() error {
	if g.Era == nil {
		if g.Transition != nil || len(g.Eras) > 0 {
			return ErrInvalidGenesis.Wrap("records of eras without a current era")
		}
		return nil
	}
	if g.Era.Number == 0 {
		return ErrInvalidGenesis.Wrap("era is 0, want from 1")
	}
	if len(g.Eras) == 0 || g.Eras[len(g.Eras)-1].Era.Number != g.Era.Number {
		return ErrInvalidGenesis.Wrapf("the newest of %d era records is not the current era's, %d", len(g.Eras), g.Era.Number)
	}
	if g.Transition != nil && g.Transition.Era != g.Era.Number {
		return ErrInvalidGenesis.Wrapf("transition to era %d in era %d", g.Transition.Era, g.Era.Number)
	}
	return nil
}

// rawAddress returns the raw bytes of a bech32 address; a malformed one gives its text's, which validateCandidates and the
// keeper refuse.
func rawAddress(text string) []byte {
	if raw, err := sdk.ValAddressFromBech32(text); err == nil {
		return raw
	}
	if raw, err := sdk.AccAddressFromBech32(text); err == nil {
		return raw
	}
	return []byte(text)
}

// ascending checks the key order of a list and that its operators are addresses.
func ascending[T any](name string, list []T, compare func(a, b T) int) error {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return ErrInvalidGenesis.Wrapf("%s %d and %d, want strictly ascending keys", name, i-1, i)
		}
	}
	return nil
}

func byOperator[T any](operator func(T) string) func(a, b T) int {
	return func(a, b T) int { return bytes.Compare(rawAddress(operator(a)), rawAddress(operator(b))) }
}

func (g GenesisState) validateOrder() error {
	checks := []error{
		ascending("candidates", g.Candidates, byOperator(func(c Candidate) string { return c.Operator })),
		ascending("keys", g.Keys, func(a, b GenesisKey) int { return bytes.Compare(a.Key, b.Key) }),
		ascending("submitters", g.Submitters, byOperator(func(s GenesisSubmitter) string { return s.Submitter })),
		ascending("heartbeats", g.Heartbeats, byOperator(func(h Heartbeat) string { return h.Operator })),
		ascending("liveness", g.Liveness, byOperator(func(l GenesisLiveness) string { return l.Operator })),
		ascending("tenures", g.Tenures, byOperator(func(t GenesisTenure) string { return t.Operator })),
		ascending("slash records", g.SlashRecords, byOperator(func(r SlashRecord) string { return r.Operator })),
		ascending("bans", g.Bans, byOperator(func(b GenesisBan) string { return b.Operator })),
		ascending("excluded", g.Excluded, byOperator(func(operator string) string { return operator })),
		ascending("eras", g.Eras, func(a, b EraRecord) int { return cmp.Compare(a.Era.Number, b.Era.Number) }),
		ascending("pools", g.Pools, func(a, b GenesisPool) int { return cmp.Compare(a.Freeze.Era, b.Freeze.Era) }),
		ascending("committees", g.Committees, compareCommittees),
		ascending("elected", g.Elected, compareCommittees),
		ascending("duty accounts", g.DutyAccounts, compareDuties),
		ascending("call accounts", g.CallAccounts, compareCalls),
		ascending("heartbeat accounts", g.HeartbeatAccounts, func(a, b HeartbeatAccount) int {
			return cmp.Or(cmp.Compare(a.Era, b.Era), bytes.Compare(rawAddress(a.Operator), rawAddress(b.Operator)))
		}),
	}
	for _, pool := range g.Pools {
		checks = append(checks, ascending("pool entries", pool.Entries, byOperator(func(e PoolEntry) string { return e.Operator })))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func compareCommittees(a, b Committee) int {
	return cmp.Or(cmp.Compare(a.Era, b.Era), cmp.Compare(a.Contract, b.Contract))
}

func compareDuties(a, b DutyAccount) int {
	return cmp.Or(
		cmp.Compare(a.Era, b.Era), bytes.Compare(rawAddress(a.Operator), rawAddress(b.Operator)), cmp.Compare(a.Vault, b.Vault),
	)
}

// validateCandidates checks that every candidate's keys and submitter are tied to it.
func (g GenesisState) validateCandidates() error {
	holders := make(map[string]string, len(g.Keys))
	for _, key := range g.Keys {
		holders[string(key.Key)] = key.Operator
	}
	submitters := make(map[string]string, len(g.Submitters))
	for _, submitter := range g.Submitters {
		submitters[submitter.Submitter] = submitter.Operator
	}
	for _, candidate := range g.Candidates {
		if _, err := sdk.ValAddressFromBech32(candidate.Operator); err != nil {
			return ErrInvalidGenesis.Wrapf("candidate %q: %s", candidate.Operator, err)
		}
		if err := ValidateChainKeys(candidate.Chains); err != nil {
			return err
		}
		if submitters[candidate.Submitter] != candidate.Operator {
			return ErrInvalidGenesis.Wrapf("submitter %s of candidate %s is not tied to it", candidate.Submitter, candidate.Operator)
		}
		for _, key := range candidate.Chains {
			if holders[string(key.Signer)] != candidate.Operator {
				return ErrInvalidGenesis.Wrapf("key %X of candidate %s is not tied to it", key.Signer, candidate.Operator)
			}
		}
		for _, key := range candidate.beaconKeys() {
			if _, err := pvss.ParsePublicKey(key); err != nil {
				return ErrInvalidGenesis.Wrapf("beacon key %X of candidate %s: %s", key, candidate.Operator, err)
			}
			if holders[string(key)] != candidate.Operator {
				return ErrInvalidGenesis.Wrapf("beacon key %X of candidate %s is not tied to it", key, candidate.Operator)
			}
		}
	}
	return nil
}

func (g GenesisState) validateCommittees() error {
	for _, committee := range slices.Concat(g.Committees, g.Elected) {
		if g.Era == nil && committee.Era != 1 {
			return ErrInvalidGenesis.Wrapf("committee of contract %d is for era %d, want 1 in a new chain", committee.Contract, committee.Era)
		}
		if g.Era != nil && committee.Era > g.Era.Number {
			return ErrInvalidGenesis.Wrapf("committee of contract %d is for era %d, later than %d", committee.Contract, committee.Era, g.Era.Number)
		}
		dissolved := len(committee.Members) == 0 && committee.Threshold == 0
		if !dissolved && committee.Threshold == 0 || int(committee.Threshold) > len(committee.Members) {
			return ErrInvalidGenesis.Wrapf(
				"committee of contract %d has threshold %d of %d members", committee.Contract, committee.Threshold, len(committee.Members),
			)
		}
	}
	return nil
}

// PresentCommittees returns each contract's newest committee, in order of contract.
func (g GenesisState) PresentCommittees() []Committee {
	committees := slices.Clone(g.Committees)
	slices.SortFunc(committees, func(a, b Committee) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(b.Era, a.Era))
	})
	return slices.CompactFunc(committees, func(a, b Committee) bool { return a.Contract == b.Contract })
}

// validateExcluded checks that the excluded operators are the registered members of the present committees.
func (g GenesisState) validateExcluded() error {
	registered := make(map[string]bool, len(g.Candidates))
	for _, candidate := range g.Candidates {
		registered[candidate.Operator] = true
	}
	var members []string
	for _, committee := range g.PresentCommittees() {
		for _, member := range committee.Members {
			if registered[member.Operator] {
				members = append(members, member.Operator)
			}
		}
	}
	slices.SortFunc(members, func(a, b string) int { return bytes.Compare(rawAddress(a), rawAddress(b)) })
	members = slices.Compact(members)
	if !slices.Equal(members, g.Excluded) {
		return ErrInvalidGenesis.Wrapf(
			"excluded are %s, want the registered members of the present committees, each once: %s",
			strings.Join(g.Excluded, ", "), strings.Join(members, ", "),
		)
	}
	return nil
}

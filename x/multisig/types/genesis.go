package types

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// DefaultGenesis has the default parameters and nothing else; ids count from 1.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextVault: 1, NextSession: 1}
}

// Validate returns ErrInvalidParams or ErrInvalidGenesis for a state that the module could not have written: lists out of order,
// records that refer to nothing, tallies that do not add up.
func (gs GenesisState) Validate() error {
	if err := gs.Params.Validate(); err != nil {
		return err
	}
	if gs.NextVault == 0 || gs.NextSession == 0 {
		return ErrInvalidGenesis.Wrapf("next vault %d and next session %d, want 1 or more", gs.NextVault, gs.NextSession)
	}
	vaults, err := gs.validateVaults()
	if err != nil {
		return ErrInvalidGenesis.Wrap(err.Error())
	}
	sessions, err := gs.validateSessions(vaults)
	if err != nil {
		return ErrInvalidGenesis.Wrap(err.Error())
	}
	if err := gs.validateSeries(vaults, sessions); err != nil {
		return ErrInvalidGenesis.Wrap(err.Error())
	}
	if err := gs.validateQueues(); err != nil {
		return ErrInvalidGenesis.Wrap(err.Error())
	}
	if err := gs.validateRogues(); err != nil {
		return ErrInvalidGenesis.Wrap(err.Error())
	}
	return nil
}

func (gs GenesisState) validateVaults() (map[uint64]Vault, error) {
	vaults := make(map[uint64]Vault, len(gs.Vaults))
	last := uint64(0)
	for _, v := range gs.Vaults {
		if v.Vault.Id <= last || v.Vault.Id >= gs.NextVault {
			return nil, fmt.Errorf("vault %d after %d, want ascending ids below %d", v.Vault.Id, last, gs.NextVault)
		}
		last = v.Vault.Id
		if err := v.validate(); err != nil {
			return nil, fmt.Errorf("vault %d: %w", v.Vault.Id, err)
		}
		vaults[v.Vault.Id] = v.Vault
	}
	return vaults, nil
}

func (v GenesisVault) validate() error {
	if v.Vault.Status < VAULT_STATUS_PENDING || v.Vault.Status > VAULT_STATUS_CLOSED {
		return fmt.Errorf("status %s", v.Vault.Status)
	}
	if v.Vault.Contract == 0 || v.Vault.Address == "" {
		return fmt.Errorf("contract %d and address %q must be set", v.Vault.Contract, v.Vault.Address)
	}
	if int(v.Vault.Size_) != len(v.Signers) {
		return fmt.Errorf("%d signers, want %d", len(v.Signers), v.Vault.Size_)
	}
	if v.Vault.Threshold == 0 || v.Vault.Threshold > v.Vault.Size_ {
		return fmt.Errorf("threshold %d of %d", v.Vault.Threshold, v.Vault.Size_)
	}
	operators := make(map[string]struct{}, len(v.Signers))
	for i, signer := range v.Signers {
		if int(signer.Index) != i {
			return fmt.Errorf("signer %d at place %d", signer.Index, i)
		}
		if _, found := operators[signer.Operator]; found || signer.Operator == "" {
			return fmt.Errorf("operator %q of signer %d is empty or there twice", signer.Operator, i)
		}
		operators[signer.Operator] = struct{}{}
	}
	return v.validatePlaces()
}

// validatePlaces wants an Ethereum vault's signers at places 0 to M − 1 of the Safe's list, each once.
func (v GenesisVault) validatePlaces() error {
	if v.Vault.Kind != CHAIN_KIND_ETHEREUM {
		return nil
	}
	taken := make([]bool, len(v.Signers))
	for i, signer := range v.Signers {
		if int(signer.Place) >= len(taken) || taken[signer.Place] {
			return fmt.Errorf("signer %d at place %d of the Safe's owners, want an unused one below %d", i, signer.Place, len(taken))
		}
		taken[signer.Place] = true
	}
	return nil
}

func (gs GenesisState) validateSessions(vaults map[uint64]Vault) (map[uint64]Session, error) {
	sessions := make(map[uint64]Session, len(gs.Sessions))
	last := uint64(0)
	for _, s := range gs.Sessions {
		id := s.Session.Id
		if id <= last || id >= gs.NextSession {
			return nil, fmt.Errorf("session %d after %d, want ascending ids below %d", id, last, gs.NextSession)
		}
		last = id
		vault, found := vaults[s.Session.Vault]
		if !found {
			return nil, fmt.Errorf("session %d of vault %d, which is not there", id, s.Session.Vault)
		}
		if err := s.validate(vault); err != nil {
			return nil, fmt.Errorf("session %d: %w", id, err)
		}
		sessions[id] = s.Session
	}
	return sessions, nil
}

func (s GenesisSession) validate(vault Vault) error {
	session, tally := s.Session, s.Tally
	if session.Contract != vault.Contract || session.Size_ != vault.Size_ || session.Threshold != vault.Threshold || session.Kind != vault.Kind {
		return fmt.Errorf("contract %d, %d of %d, %s do not match vault %d", session.Contract, session.Threshold, session.Size_, session.Kind, vault.Id)
	}
	if session.Attempt == 0 || session.Root == 0 || session.Root > session.Id || len(session.Digests) == 0 {
		return fmt.Errorf("attempt %d of root %d with %d digests", session.Attempt, session.Root, len(session.Digests))
	}
	if s.Payload.Kind == nil {
		return errors.New("no payload")
	}
	if tally.Status < SESSION_STATUS_OPEN || tally.Status > SESSION_STATUS_VOID {
		return fmt.Errorf("status %s", tally.Status)
	}
	if tally.Settled && tally.Status == SESSION_STATUS_OPEN {
		return fmt.Errorf("settled but %s", tally.Status)
	}
	return s.validateSignatures()
}

// validateSignatures checks that records are in order of index and that their ordinals are 0 to signatures − 1, each once.
func (s GenesisSession) validateSignatures() error {
	seen := make([]bool, s.Tally.Signatures)
	counted := uint32(0)
	for i, record := range s.Signatures {
		if record.Index >= s.Session.Size_ || (i > 0 && record.Index <= s.Signatures[i-1].Index) {
			return fmt.Errorf("record of signer %d at place %d, want ascending ones below %d", record.Index, i, s.Session.Size_)
		}
		if record.Signature == nil {
			continue
		}
		ordinal := record.Signature.Ordinal
		if ordinal >= s.Tally.Signatures || seen[ordinal] || len(record.Signature.Signatures) != len(s.Session.Digests) {
			return fmt.Errorf("signer %d has ordinal %d and %d signatures, want an unused one below %d and %d",
				record.Index, ordinal, len(record.Signature.Signatures), s.Tally.Signatures, len(s.Session.Digests))
		}
		seen[ordinal] = true
		counted++
	}
	if counted != s.Tally.Signatures {
		return fmt.Errorf("%d signatures, tally says %d", counted, s.Tally.Signatures)
	}
	return nil
}

func (gs GenesisState) validateSeries(vaults map[uint64]Vault, sessions map[uint64]Session) error {
	last := uint64(0)
	for _, series := range gs.Series {
		if series.Vault <= last {
			return fmt.Errorf("series of vault %d after %d", series.Vault, last)
		}
		last = series.Vault
		latest, found := sessions[series.Latest]
		if !found || latest.Vault != series.Vault || latest.Root != series.Root || latest.Purpose != series.Purpose {
			return fmt.Errorf("series of vault %d: latest attempt %d is missing or of another series", series.Vault, series.Latest)
		}
		if latest.Sequence != vaults[series.Vault].Sequence {
			return fmt.Errorf("series of vault %d uses sequence %d, the vault is at %d", series.Vault, latest.Sequence, vaults[series.Vault].Sequence)
		}
		if err := series.validateSigned(sessions); err != nil {
			return err
		}
		if series.Rival == 0 {
			continue
		}
		rival, found := sessions[series.Rival]
		if !found || rival.Vault != series.Vault || rival.Root != rival.Id || rival.Sequence != latest.Sequence || rival.Id == series.Root {
			return fmt.Errorf("series of vault %d: rival %d is missing or does not compete for sequence %d", series.Vault, series.Rival, latest.Sequence)
		}
	}
	return nil
}

// validateSigned wants the signed attempt, if there is one, to be an earlier one of the series.
func (s Series) validateSigned(sessions map[uint64]Session) error {
	if s.Signed == 0 {
		return nil
	}
	if signed, found := sessions[s.Signed]; !found || signed.Root != s.Root || signed.Id >= s.Latest {
		return fmt.Errorf("series of vault %d: signed attempt %d is missing or none before %d of root %d", s.Vault, s.Signed, s.Latest, s.Root)
	}
	return nil
}

func (gs GenesisState) validateQueues() error {
	for i, p := range gs.Prunes {
		if i > 0 && (p.Height < gs.Prunes[i-1].Height || (p.Height == gs.Prunes[i-1].Height && p.Session <= gs.Prunes[i-1].Session)) {
			return fmt.Errorf("prune entry %d is out of order", i)
		}
	}
	for i, d := range gs.Digests {
		if len(d.Digest) == 0 || d.Session == 0 || d.Session >= gs.NextSession {
			return fmt.Errorf("digest %X of session %d, want one below %d", d.Digest, d.Session, gs.NextSession)
		}
		if i > 0 && bytes.Compare(gs.Digests[i-1].Digest, d.Digest) >= 0 {
			return fmt.Errorf("digest %X is out of order", d.Digest)
		}
	}
	return nil
}

// validateRogues checks that reports are in order of vault, operator and digest, of signers, and of digests that no session asked for.
func (gs GenesisState) validateRogues() error {
	asked := make(map[string]uint64, len(gs.Digests))
	for _, d := range gs.Digests {
		asked[string(d.Digest)] = d.Session
	}
	for i, r := range gs.Rogues {
		if i > 0 && compareRogues(gs.Rogues[i-1], r) >= 0 {
			return fmt.Errorf("report of %s in vault %d is out of order", r.Operator, r.Vault)
		}
		if !gs.hasSigner(r.Vault, r.Operator) {
			return fmt.Errorf("report of %s, which is no signer of vault %d", r.Operator, r.Vault)
		}
		if session, found := asked[string(r.Digest)]; found || len(r.Digest) == 0 {
			return fmt.Errorf("report of %s in vault %d: digest %X, session %d asked for it", r.Operator, r.Vault, r.Digest, session)
		}
	}
	return nil
}

// compareRogues orders reports as their keys are.
func compareRogues(a, b RogueSignature) int {
	return cmp.Or(cmp.Compare(a.Vault, b.Vault), cmp.Compare(a.Operator, b.Operator), bytes.Compare(a.Digest, b.Digest))
}

func (gs GenesisState) hasSigner(vault uint64, operator string) bool {
	for _, v := range gs.Vaults {
		if v.Vault.Id == vault {
			return slices.ContainsFunc(v.Signers, func(s Signer) bool { return s.Operator == operator })
		}
	}
	return false
}

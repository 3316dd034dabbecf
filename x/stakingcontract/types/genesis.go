package types

import (
	"bytes"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// DefaultGenesis returns the state of a chain without contracts; ids and places count from 1.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextContract: 1, NextRedemption: 1, NextPlace: 1}
}

// Validate checks the parameters, that every list is in strict key order, that ids are below the next ones, and that every record belongs to a
// contract that is there. It returns ErrInvalidGenesis naming the record.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if g.NextContract == 0 || g.NextRedemption == 0 || g.NextPlace == 0 {
		return ErrInvalidGenesis.Wrapf("next ids are %d, %d and %d, wanted at least 1", g.NextContract, g.NextRedemption, g.NextPlace)
	}
	contracts, err := g.validateContracts()
	if err != nil {
		return err
	}
	if err := g.validateLedgers(contracts); err != nil {
		return err
	}
	if err := g.validateProposals(contracts); err != nil {
		return err
	}
	if err := g.validateDeposits(contracts); err != nil {
		return err
	}
	if err := g.validateRedemptions(contracts); err != nil {
		return err
	}
	if err := g.validateRejections(contracts); err != nil {
		return err
	}
	if err := g.validateEraStarts(contracts); err != nil {
		return err
	}
	if err := g.validateCredits(contracts); err != nil {
		return err
	}
	return g.validateCalls(contracts)
}

// ordered wants ids that rise and stay below a bound; 0 knows no bound.
type ordered struct {
	name  string
	last  uint64
	bound uint64
}

func (o *ordered) next(id uint64) error {
	if id <= o.last {
		return ErrInvalidGenesis.Wrapf("%s %d after %d, wanted them in order", o.name, id, o.last)
	}
	if o.bound > 0 && id >= o.bound {
		return ErrInvalidGenesis.Wrapf("%s %d, wanted less than the next one, %d", o.name, id, o.bound)
	}
	o.last = id
	return nil
}

func (g GenesisState) validateContracts() (map[uint64]bool, error) {
	if len(g.Contracts) != len(g.States) {
		return nil, ErrInvalidGenesis.Wrapf("%d states of %d contracts", len(g.States), len(g.Contracts))
	}
	known, order := map[uint64]bool{}, ordered{name: "contract", bound: g.NextContract}
	for i, contract := range g.Contracts {
		if err := order.next(contract.Id); err != nil {
			return nil, err
		}
		if err := contract.Validate(); err != nil {
			return nil, err
		}
		if g.States[i].Contract != contract.Id {
			return nil, ErrInvalidGenesis.Wrapf("state %d is of contract %d, wanted %d", i, g.States[i].Contract, contract.Id)
		}
		if err := g.States[i].validate(); err != nil {
			return nil, err
		}
		known[contract.Id] = true
	}
	return known, nil
}

// sum is an amount of a record by name.
type sum struct {
	name  string
	value math.Int
}

// notNegative wants amounts to be there and at least 0.
func notNegative(of string, id uint64, sums []sum) error {
	for _, s := range sums {
		if s.value.IsNil() || s.value.IsNegative() {
			return ErrInvalidGenesis.Wrapf("%s of %s %d is %s, wanted at least 0", s.name, of, id, s.value)
		}
	}
	return nil
}

func (s ContractState) validate() error {
	return notNegative("contract", s.Contract, []sum{
		{"reserve", s.Reserve}, {"unminted", s.Unminted}, {"outflow_cap", s.OutflowCap}, {"outflow", s.Outflow},
		{"fees_committed", s.FeesCommitted}, {"loss", s.Loss}, {"least_event", s.LeastEvent},
	})
}

func (g GenesisState) validateLedgers(contracts map[uint64]bool) error {
	order := ordered{name: "ledger of vault"}
	for _, ledger := range g.Ledgers {
		if err := order.next(ledger.Vault); err != nil {
			return err
		}
		if !contracts[ledger.Contract] {
			return ErrInvalidGenesis.Wrapf("ledger of vault %d is of contract %d, which is not there", ledger.Vault, ledger.Contract)
		}
		if err := notNegative("vault", ledger.Vault, []sum{
			{"balance", ledger.Balance}, {"unswept", ledger.Unswept}, {"loss", ledger.Loss}, {"locked", ledger.Locked},
		}); err != nil {
			return err
		}
		if ledger.Moved > ledger.Deposits {
			return ErrInvalidGenesis.Wrapf("vault %d has %d deposits moved, wanted at most %d", ledger.Vault, ledger.Moved, ledger.Deposits)
		}
	}
	if err := g.validateBatches(contracts); err != nil {
		return err
	}
	return g.validateCommitted()
}

// validateCommitted wants each contract's fees_committed to be those of its unfinished series.
func (g GenesisState) validateCommitted() error {
	committed := map[uint64]math.Int{}
	for _, state := range g.States {
		committed[state.Contract] = math.ZeroInt()
	}
	for _, batch := range g.Batches {
		if batch.Committed {
			committed[batch.Contract] = committed[batch.Contract].Add(batch.Fee)
		}
	}
	for _, state := range g.States {
		if wanted := committed[state.Contract]; !state.FeesCommitted.Equal(wanted) {
			return ErrInvalidGenesis.Wrapf("fees_committed of contract %d is %s, wanted %s as its series have", state.Contract, state.FeesCommitted, wanted)
		}
	}
	return nil
}

// validateBatches also wants a batch's rival to be another of the same vault, a payout as the batch is a handover, and no other two of one vault.
func (g GenesisState) validateBatches(contracts map[uint64]bool) error {
	series, byRoot := ordered{name: "batch"}, map[uint64]Batch{}
	for _, batch := range g.Batches {
		if err := series.next(batch.Root); err != nil {
			return err
		}
		if !contracts[batch.Contract] || batch.Total.IsNil() || batch.Fee.IsNil() || batch.Unswept.IsNil() {
			return ErrInvalidGenesis.Wrapf("batch %d of contract %d is not complete", batch.Root, batch.Contract)
		}
		byRoot[batch.Root] = batch
	}
	rivals := map[uint64]bool{}
	for _, batch := range g.Batches {
		if batch.Rival == 0 {
			continue
		}
		rival, found := byRoot[batch.Rival]
		if !found || rivals[batch.Rival] || rival.Vault != batch.Vault || rival.Rival != 0 ||
			rival.Purpose != multisigtypes.PURPOSE_PAYOUT || batch.Purpose != multisigtypes.PURPOSE_HANDOVER {
			return ErrInvalidGenesis.Wrapf("batch %d has batch %d as its rival, wanted a payout of vault %d", batch.Root, batch.Rival, batch.Vault)
		}
		rivals[batch.Rival] = true
	}
	return g.validateSeries(rivals)
}

// validateSeries wants at most one batch for each vault beside those that are rivals.
func (g GenesisState) validateSeries(rivals map[uint64]bool) error {
	roots := map[uint64]uint64{}
	for _, batch := range g.Batches {
		if rivals[batch.Root] {
			continue
		}
		if other, found := roots[batch.Vault]; found {
			return ErrInvalidGenesis.Wrapf("batches %d and %d are of vault %d, wanted at most one", other, batch.Root, batch.Vault)
		}
		roots[batch.Vault] = batch.Root
	}
	return nil
}

func (g GenesisState) validateProposals(contracts map[uint64]bool) error {
	accepted := map[uint64]bool{}
	for _, entry := range g.Proposals {
		p := entry.Proposal
		if !contracts[p.Contract] || len(p.Hash) != HashSize {
			return ErrInvalidGenesis.Wrapf("proposal %X of contract %d, which is not there", p.Hash, p.Contract)
		}
		if p.Applied > p.EventCount || uint32(len(entry.Events)) != p.EventCount-p.Applied {
			return ErrInvalidGenesis.Wrapf("proposal %X has %d events, wanted %d less %d", p.Hash, len(entry.Events), p.EventCount, p.Applied)
		}
		if p.Status != OBSERVATION_STATUS_ACCEPTED {
			continue
		}
		if accepted[p.Contract] {
			return ErrInvalidGenesis.Wrapf("contract %d has two accepted observations, wanted at most one", p.Contract)
		}
		accepted[p.Contract] = true
	}
	return nil
}

func (g GenesisState) validateDeposits(contracts map[uint64]bool) error {
	seen := map[string]bool{}
	for i, d := range g.Deposits {
		if !contracts[d.Contract] || len(d.TxHash) != HashSize || d.Amount.IsNil() || !d.Amount.IsPositive() {
			return ErrInvalidGenesis.Wrapf("deposit %d, %X/%d of contract %d, is not complete", i, d.TxHash, d.Index, d.Contract)
		}
		key := DepositID(d.Contract, d.TxHash, d.Index)
		if seen[key] {
			return ErrInvalidGenesis.Wrapf("deposit %s is there twice", key)
		}
		seen[key] = true
		if charged := d.Amount.Sub(d.Worth()); charged.IsNegative() || d.Worth().IsNegative() {
			return ErrInvalidGenesis.Wrapf("deposit %s is charged %s, wanted from 0 to %s", key, charged, d.Amount)
		}
	}
	return g.validateOrdinals()
}

// place is a deposit's at its vault.
type place struct{ vault, ordinal uint64 }

// validateOrdinals wants every deposit to be one of its vault's, each ordinal once; unswept to be what waits at the vault and was not moved; and
// what arrived for several to be of deposits that have not had their shares.
func (g GenesisState) validateOrdinals() error {
	ledgers, unswept, taken := map[uint64]Ledger{}, map[uint64]math.Int{}, map[place]bool{}
	for _, ledger := range g.Ledgers {
		ledgers[ledger.Vault], unswept[ledger.Vault] = ledger, math.ZeroInt()
	}
	for _, d := range g.Deposits {
		ledger, found := ledgers[d.Vault]
		at := place{d.Vault, d.Ordinal}
		if !found || ledger.Contract != d.Contract || d.Ordinal == 0 || d.Ordinal > ledger.Deposits || taken[at] {
			return ErrInvalidGenesis.Wrapf("deposit %s is number %d of vault %d, wanted each from 1 to %d once, of a vault of contract %d",
				DepositID(d.Contract, d.TxHash, d.Index), d.Ordinal, d.Vault, ledger.Deposits, d.Contract)
		}
		taken[at] = true
		if d.Status.Waiting() && d.Ordinal > ledger.Moved {
			unswept[d.Vault] = unswept[d.Vault].Add(d.Worth())
		}
	}
	for _, ledger := range g.Ledgers {
		if wanted := unswept[ledger.Vault]; !ledger.Unswept.Equal(wanted) {
			return ErrInvalidGenesis.Wrapf("unswept of vault %d is %s, wanted %s as its deposits wait", ledger.Vault, ledger.Unswept, wanted)
		}
	}
	return g.validateArrivals(ledgers)
}

func (g GenesisState) validateCredits(contracts map[uint64]bool) error {
	for i, c := range g.Credits {
		if err := c.Validate(); err != nil {
			return err
		}
		if !contracts[c.Contract] {
			return ErrInvalidGenesis.Wrapf("credit of transaction %X is of contract %d, wanted one that is there", c.TxHash, c.Contract)
		}
		if i == 0 {
			continue
		}
		if before := g.Credits[i-1]; before.Contract > c.Contract || before.Contract == c.Contract && bytes.Compare(before.TxHash, c.TxHash) >= 0 {
			return ErrInvalidGenesis.Wrapf("credit of transaction %X follows that of %X, wanted ascending contracts and hashes", c.TxHash, before.TxHash)
		}
	}
	return nil
}

func (g GenesisState) validateArrivals(ledgers map[uint64]Ledger) error {
	last := map[uint64]uint64{}
	for _, a := range g.Arrivals {
		if err := notNegative("arrival at vault", a.Vault, []sum{{"owed", a.Owed}, {"left", a.Left}}); err != nil {
			return err
		}
		ledger, found := ledgers[a.Vault]
		if !found || ledger.Contract != a.Contract || a.First <= last[a.Vault] || a.Last < a.First || a.Last > ledger.Moved || a.Left.GT(a.Owed) {
			return ErrInvalidGenesis.Wrapf("arrival of %s for %s owed to deposits %d to %d of vault %d, wanted no more than is owed to deposits after %d up to %d",
				a.Left, a.Owed, a.First, a.Last, a.Vault, last[a.Vault], ledger.Moved)
		}
		last[a.Vault] = a.Last
	}
	return nil
}

func (g GenesisState) validateRedemptions(contracts map[uint64]bool) error {
	order := ordered{name: "redemption", bound: g.NextRedemption}
	for _, entry := range g.Redemptions {
		r := entry.Redemption
		if err := order.next(r.Id); err != nil {
			return err
		}
		if !contracts[r.Contract] || r.Amount.IsNil() || r.Fee.IsNil() || r.Paid.IsNil() || r.InFlight.IsNil() || r.FeesBurned.IsNil() || r.FeesFailed.IsNil() {
			return ErrInvalidGenesis.Wrapf("redemption %d of contract %d is not complete", r.Id, r.Contract)
		}
		if r.Place == 0 || r.Place >= g.NextPlace {
			return ErrInvalidGenesis.Wrapf("redemption %d has place %d, wanted from 1 to less than %d", r.Id, r.Place, g.NextPlace)
		}
	}
	return nil
}

func (g GenesisState) validateEraStarts(contracts map[uint64]bool) error {
	order := ordered{name: "era start of contract"}
	for _, start := range g.EraStarts {
		if err := order.next(start.Contract); err != nil {
			return err
		}
		if !contracts[start.Contract] || start.Attempts == 0 {
			return ErrInvalidGenesis.Wrapf("era start of contract %d after %d attempts, wanted a contract that is there and at least one attempt",
				start.Contract, start.Attempts)
		}
	}
	return nil
}

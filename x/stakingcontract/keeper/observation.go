package keeper

import (
	"context"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// observed is what an observation is checked against, loaded once.
type observed struct {
	contract types.Contract
	state    types.ContractState
	accounts []*account
	// series are the unfinished series of the contract's vaults: what may have been executed.
	series []types.Batch
}

// checkObservation verifies everything that the chain knows about an observation, in this order: its shape and bounds; that it starts where
// the last one ended; that there is something to report; each event; that ledgers and events add up to the proven balances (protocol §8).
func (k Keeper) checkObservation(ctx context.Context, params types.Params, o observed, observation types.Observation) error {
	if err := observation.ValidateShape(); err != nil {
		return err
	}
	if err := checkBounds(params, observation); err != nil {
		return err
	}
	if err := checkRange(o.state, observation); err != nil {
		return err
	}
	if len(observation.Events) == 0 {
		if err := k.checkEmpty(ctx, o, observation); err != nil {
			return err
		}
	}
	deltas, err := k.checkEvents(ctx, o, observation)
	if err != nil || observation.Partial() {
		return err
	}
	if err := k.checkLedgers(ctx, o, deltas); err != nil {
		return err
	}
	return checkBalances(o, observation, deltas)
}

func checkBounds(params types.Params, observation types.Observation) error {
	if n := len(observation.Events); n > int(params.MaxObservationEvents) {
		return types.ErrInvalidObservation.Wrapf("%d events, wanted at most %d", n, params.MaxObservationEvents)
	}
	if n := observation.Size(); n > int(params.MaxObservationBytes) {
		return types.ErrInvalidObservation.Wrapf("%d bytes, wanted at most %d", n, params.MaxObservationBytes)
	}
	return nil
}

func checkRange(state types.ContractState, observation types.Observation) error {
	if observation.From == state.ObservedHeight && observation.FromIndex == state.ObservedIndex {
		return nil
	}
	return types.ErrRange.Wrapf(
		"from is height %d event %d, wanted height %d event %d",
		observation.From, observation.FromIndex, state.ObservedHeight, state.ObservedIndex,
	)
}

// checkEmpty allows a range without events where it is max_observation_lag long, passes the timeout of the newest attempt of a series,
// completes a block that was split, or shows a rejected observation false.
func (k Keeper) checkEmpty(ctx context.Context, o observed, observation types.Observation) error {
	lag := o.contract.ObservationLag()
	if observation.To-observation.From >= lag || observation.FromIndex > 0 {
		return nil
	}
	if refutable, err := k.refutable(ctx, observation); err != nil || refutable {
		return err
	}
	for _, batch := range o.series {
		series, found, err := k.multisig.CurrentSeries(ctx, batch.Vault)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		session, _, err := k.multisig.Session(ctx, series.Latest)
		if err != nil {
			return err
		}
		if observation.From < session.TimeoutHeight && session.TimeoutHeight <= observation.To {
			return nil
		}
	}
	return types.ErrEmptyRange.Wrapf("no event in %d blocks, wanted %d or a payload's timeout", observation.To-observation.From, lag)
}

// checkEvents checks each event against the state and returns what they do to the vaults' balances.
func (k Keeper) checkEvents(ctx context.Context, o observed, observation types.Observation) (*books.Deltas, error) {
	deltas, seen := &books.Deltas{}, newSeen(o.state)
	for i, event := range observation.Events {
		batch, err := k.checkEvent(ctx, o, event, seen)
		if err != nil {
			return nil, types.ErrInvalidEvent.Wrapf("event %d at height %d: %s", i, event.Height, err)
		}
		if err := k.checkLocked(ctx, o, event, deltas); err != nil {
			return nil, err
		}
		if batch, err = k.foresee(ctx, o, event, batch, deltas, seen); err != nil {
			return nil, err
		}
		deltas.Add(event, batch)
	}
	return deltas, nil
}

// seen is what earlier events of the same observation reported; its maps are only looked up.
type seen struct {
	deposits map[string]bool
	// executed holds the root of the series of each vault that was executed.
	executed map[uint64]uint64
	accounts map[uint64]bool
	// sequences holds the vaults whose next sequence was reported.
	sequences map[uint64]bool
	vaults    map[uint64]multisigtypes.Vault
	// holder is the vault that holds the account at this point, where it is handed on.
	holder uint64
}

func newSeen(state types.ContractState) *seen {
	return &seen{
		deposits: map[string]bool{}, executed: map[uint64]uint64{}, accounts: map[uint64]bool{},
		sequences: map[uint64]bool{}, vaults: map[uint64]multisigtypes.Vault{},
		holder: state.Observing(),
	}
}

func (k Keeper) checkEvent(ctx context.Context, o observed, event types.Event, s *seen) (types.Batch, error) {
	vault, err := k.eventVault(ctx, o, event, s)
	if err != nil {
		return types.Batch{}, err
	}
	if err := checkHolder(o, event, vault, s); err != nil {
		return types.Batch{}, err
	}
	switch kind := event.Kind.(type) {
	case *types.Event_Deposit:
		return types.Batch{}, k.checkDeposit(ctx, o, *kind.Deposit, s)
	case *types.Event_Execution:
		return k.checkExecution(ctx, o, *kind.Execution, s)
	case *types.Event_Account:
		return types.Batch{}, checkAccount(o, *kind.Account, vault, s)
	case *types.Event_Sequence:
		return types.Batch{}, checkSequence(*kind.Sequence, vault, s)
	}
	return types.Batch{}, nil
}

func (k Keeper) eventVault(ctx context.Context, o observed, event types.Event, s *seen) (multisigtypes.Vault, error) {
	id := event.Vault()
	if vault, ok := s.vaults[id]; ok {
		return vault, nil
	}
	vault, err := k.multisig.Vault(ctx, id)
	if err != nil {
		return vault, err
	}
	if vault.Contract != o.contract.Id {
		return vault, types.ErrInvalidEvent.Wrapf("vault %d is of contract %d, wanted %d", id, vault.Contract, o.contract.Id)
	}
	s.vaults[id] = vault
	return vault, nil
}

func (k Keeper) checkDeposit(ctx context.Context, o observed, deposit types.DepositEvent, s *seen) error {
	key := collections.Join3(o.contract.Id, deposit.TxHash, deposit.Index)
	known, err := k.deposits.Has(ctx, key)
	if err != nil {
		return err
	}
	if least := o.state.LeastEvent; !least.IsNil() && deposit.Amount.LT(least) {
		return types.ErrInvalidEvent.Wrapf("deposit of %s, wanted at least %s: less is surplus", deposit.Amount, least)
	}
	id := string(append(deposit.TxHash[:types.HashSize:types.HashSize], indexBytes(deposit.Index)...))
	if known || s.deposits[id] {
		return types.ErrDuplicateDeposit.Wrapf("%X/%d", deposit.TxHash, deposit.Index)
	}
	s.deposits[id] = true
	return nil
}

func indexBytes(index uint32) []byte {
	return []byte{byte(index >> 24), byte(index >> 16), byte(index >> 8), byte(index)}
}

// checkExecution wants a session of the vault's unfinished series, or of the one that competes with it: of all their attempts at most one can ever be
// executed.
func (k Keeper) checkExecution(ctx context.Context, o observed, execution types.ExecutionEvent, s *seen) (types.Batch, error) {
	session, _, err := k.multisig.Session(ctx, execution.Session)
	if err != nil {
		return types.Batch{}, err
	}
	if session.Vault != execution.Vault {
		return types.Batch{}, types.ErrSession.Wrapf("session %d is of vault %d, wanted %d", session.Id, session.Vault, execution.Vault)
	}
	for _, batch := range o.series {
		if batch.Root != session.Root {
			continue
		}
		if root, before := s.executed[batch.Vault]; before {
			return types.Batch{}, types.ErrSession.Wrapf("session %d: an attempt of series %d was executed before", session.Id, root)
		}
		s.executed[batch.Vault] = batch.Root
		return batch, k.checkResult(ctx, o.contract, session, execution)
	}
	return types.Batch{}, types.ErrSession.Wrapf("session %d: series %d is finished", session.Id, session.Root)
}

// checkAccount wants the account of a PENDING vault that is not known, once, with coins locked in it only where it is one that the vault can use.
func checkAccount(o observed, account types.AccountEvent, vault multisigtypes.Vault, s *seen) error {
	if locked := account.Locked; !locked.IsNil() && locked.IsPositive() && (o.contract.Kind.HandsOn() || !account.Plain) {
		return types.ErrInvalidEvent.Wrapf("account of vault %d has %s locked, wanted none in one of type %s", vault.Id, locked, account.Type)
	}
	if vault.Status != multisigtypes.VAULT_STATUS_PENDING || vault.AccountKnown || s.accounts[vault.Id] {
		return types.ErrInvalidEvent.Wrapf("account of vault %d, which is %s: wanted a PENDING one whose account is not known", vault.Id, vault.Status)
	}
	s.accounts[vault.Id] = true
	return nil
}

// checkLocked wants what is locked in an account to be in its vault's ledger by then: the difference that shows it comes before the account.
func (k Keeper) checkLocked(ctx context.Context, o observed, event types.Event, deltas *books.Deltas) error {
	account := event.GetAccount()
	if account == nil || account.Locked.IsNil() || account.Locked.IsZero() {
		return nil
	}
	ledger, err := k.ledger(ctx, account.Vault, o.contract.Id)
	if err != nil {
		return err
	}
	if has := ledger.Balance.Add(deltas.Of(account.Vault)); has.LT(account.Locked) {
		return types.ErrInvalidEvent.Wrapf("account of vault %d has %s locked, wanted at most its balance of %s by then", account.Vault, account.Locked, has)
	}
	return nil
}

// checkSequence wants a sequence above the vault's, once: one that is not was used by what sessions asked for.
func checkSequence(event types.SequenceEvent, vault multisigtypes.Vault, s *seen) error {
	if !vault.AccountKnown || event.Sequence <= vault.Sequence || s.sequences[vault.Id] {
		return types.ErrInvalidEvent.Wrapf("sequence of vault %d is %d, wanted more than %d of a known account, once", vault.Id, event.Sequence, vault.Sequence)
	}
	s.sequences[vault.Id] = true
	return nil
}

// checkLedgers wants no ledger that events touch to fall below 0; for CLOSED vaults, which have no proven balance, nothing else says so.
func (k Keeper) checkLedgers(ctx context.Context, o observed, deltas *books.Deltas) error {
	for _, vault := range deltas.Vaults() {
		ledger, err := k.ledger(ctx, vault, o.contract.Id)
		if err != nil {
			return err
		}
		if after := ledger.Balance.Add(deltas.Of(vault)); after.IsNegative() {
			return types.ErrBalance.Wrapf("vault %d would have %s, wanted at least 0", vault, after)
		}
	}
	return nil
}

// checkBalances wants a balance for every vault that is not CLOSED, in order of id, equal to its ledger and events.
func checkBalances(o observed, observation types.Observation, deltas *books.Deltas) error {
	if len(observation.Balances) != len(o.accounts) {
		return types.ErrInvalidObservation.Wrapf("%d balances, wanted %d, one for each vault that is not closed", len(observation.Balances), len(o.accounts))
	}
	for i, a := range o.accounts {
		balance := observation.Balances[i]
		if balance.Vault != a.vault.Id {
			return types.ErrInvalidObservation.Wrapf("balance %d is of vault %d, wanted %d", i, balance.Vault, a.vault.Id)
		}
		change := deltas.Of(a.vault.Id)
		if wanted := a.ledger.Balance.Add(change); !balance.Amount.Equal(wanted) {
			return types.ErrBalance.Wrapf(
				"vault %d has %s, wanted ledger %s and events %s = %s", a.vault.Id, balance.Amount, a.ledger.Balance, change, wanted,
			)
		}
	}
	return nil
}

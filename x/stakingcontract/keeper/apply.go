package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// applyAccepted applies events of accepted observations, contract by contract, at most budget in all, and returns what is left of it.
func (k Keeper) applyAccepted(ctx context.Context, budget uint32) uint32 {
	var contracts []uint64
	err := k.applying.Walk(ctx, nil, func(contract uint64, _ []byte) (bool, error) {
		contracts = append(contracts, contract)
		return false, nil
	})
	if err != nil {
		k.logger(ctx).Error("accepted observations not read", "error", err)
	}
	for _, contract := range contracts {
		if budget == 0 {
			break
		}
		k.guard(ctx, contract, "apply observation", func(ctx context.Context) error {
			used, err := k.applyContract(ctx, contract, budget)
			if err == nil {
				budget -= used
			}
			return err
		})
	}
	return budget
}

// applyContract applies up to budget events of a contract's accepted observation, and finishes it after its last one.
func (k Keeper) applyContract(ctx context.Context, id uint64, budget uint32) (uint32, error) {
	hash, err := k.applying.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	proposal, err := k.proposals.Get(ctx, collections.Join(id, hash))
	if err != nil {
		return 0, err
	}
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return 0, err
	}
	used := uint32(0)
	for ; used < budget && proposal.Applied < proposal.EventCount; used++ {
		if err := k.applyNext(ctx, contract, &state, &proposal); err != nil {
			return used, err
		}
	}
	if err := k.wake(ctx, id); err != nil {
		return used, err
	}
	if proposal.Applied < proposal.EventCount {
		if err := k.setState(ctx, state); err != nil {
			return used, err
		}
		return used, k.proposals.Set(ctx, collections.Join(id, hash), proposal)
	}
	return used, k.finish(ctx, contract, state, proposal)
}

func (k Keeper) applyNext(ctx context.Context, contract types.Contract, state *types.ContractState, proposal *types.Proposal) error {
	key := collections.Join(proposal.Hash, proposal.Applied)
	event, err := k.events.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := k.applyEvent(ctx, contract, state, event); err != nil {
		return fmt.Errorf("event %d: %w", proposal.Applied, err)
	}
	proposal.Applied++
	return k.events.Remove(ctx, key)
}

func (k Keeper) applyEvent(ctx context.Context, contract types.Contract, state *types.ContractState, event types.Event) error {
	switch kind := event.Kind.(type) {
	case *types.Event_Deposit:
		return k.receive(ctx, contract, state, event.Height, *kind.Deposit)
	case *types.Event_Execution:
		return k.settle(ctx, contract, state, *kind.Execution)
	case *types.Event_Outflow:
		return k.applyOutflow(ctx, state, *kind.Outflow)
	case *types.Event_Surplus:
		return k.applySurplus(ctx, state, kind.Surplus.Vault, kind.Surplus.Amount)
	case *types.Event_Account:
		return k.applyAccount(ctx, contract, state, *kind.Account)
	case *types.Event_Sequence:
		return k.applySequence(ctx, contract, state, *kind.Sequence)
	}
	return nil
}

// applyOutflow books a decrease that no session explains and halts payouts (protocol §11). Money that came late to a CLOSED vault backs
// nothing, and who held that vault owes nothing any more: it raises an alarm only, so that its old members can't halt the contract.
func (k Keeper) applyOutflow(ctx context.Context, state *types.ContractState, outflow types.OutflowEvent) error {
	a, err := k.openAccount(ctx, state.Contract, outflow.Vault)
	if err != nil {
		return err
	}
	books.Outflow(a.book(), outflow.Amount)
	reason := fmt.Sprintf("unexplained outflow of %s from vault %d, transaction %X", outflow.Amount, outflow.Vault, outflow.TxHash)
	if a.vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
		k.alarm(ctx, state.Contract, reason)
	} else {
		k.trip(ctx, state, types.Halts{Payouts: true, Reason: reason})
	}
	return k.setLedger(ctx, a.ledger)
}

func (k Keeper) applySurplus(ctx context.Context, state *types.ContractState, vault uint64, amount math.Int) error {
	a, err := k.openAccount(ctx, state.Contract, vault)
	if err != nil {
		return err
	}
	books.Keep(state, a.book(), amount)
	if err := k.noteSweep(ctx, a); err != nil {
		return err
	}
	return k.setLedger(ctx, a.ledger)
}

// observedTo moves the observed position to where an observation ended. Within a block that is after the block before it, of which no hash is
// reported: it is empty then, unless it is the one that was reached before.
func observedTo(state *types.ContractState, proposal types.Proposal) {
	if proposal.ToIndex == 0 {
		state.ObservedHeight, state.ObservedIndex, state.ObservedHash = proposal.To, 0, proposal.BlockHash
		return
	}
	if proposal.To-1 != state.ObservedHeight {
		state.ObservedHash = nil
	}
	state.ObservedHeight, state.ObservedIndex = proposal.To-1, proposal.ToIndex
}

// finish moves the observed height on, credits who answered and clears all failures of proposers, for members can agree again; what is an event
// from now on is what governance says now. Then it looks at the books.
func (k Keeper) finish(ctx context.Context, contract types.Contract, state types.ContractState, proposal types.Proposal) error {
	observedTo(&state, proposal)
	state.Observations++
	state.ObservedAt = height(ctx)
	if proposal.ToIndex == 0 {
		// Within a block it stays: it decides which events the rest of the block has, and their indices.
		state.LeastEvent = contract.Limits.MinDeposit
		if err := k.proveReadmitted(ctx, contract, &state, proposal); err != nil {
			return err
		}
	}
	if err := k.checkSolvency(ctx, contract, &state); err != nil {
		return err
	}
	if err := k.credit(ctx, proposal); err != nil {
		return err
	}
	if err := k.backoffs.Clear(ctx, collections.NewPrefixedPairRange[uint64, string](state.Contract)); err != nil {
		return err
	}
	if err := k.applying.Remove(ctx, state.Contract); err != nil {
		return err
	}
	if err := k.drop(ctx, proposal, "applied"); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// applySequence takes the next sequence of a vault's account that executed what no session asked for. What was asked at a sequence that is used
// by now is dead: it is given up, and asked for anew.
func (k Keeper) applySequence(ctx context.Context, contract types.Contract, state *types.ContractState, event types.SequenceEvent) error {
	k.alarm(ctx, contract.Id, fmt.Sprintf("vault %d executed transaction %X, which no session asked for", event.Vault, event.TxHash))
	if err := k.multisig.Resync(ctx, event.Vault, event.Sequence); err != nil {
		return err
	}
	root, err := k.openSeries.Get(ctx, collections.Join(contract.Id, event.Vault))
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	session, _, err := k.multisig.Session(ctx, root)
	if err != nil || session.Sequence >= event.Sequence {
		return err
	}
	batch, err := k.Batch(ctx, root)
	if err != nil {
		return err
	}
	return k.abandon(ctx, state, batch, "the vault used the payment's sequence for something else")
}

// expireProposals fails the proposals whose deadline has passed; there is at most one for each member of each contract.
func (k Keeper) expireProposals(ctx context.Context) {
	var due []collections.Triple[int64, uint64, []byte]
	before := collections.NewPrefixUntilTripleRange[int64, uint64, []byte](height(ctx) - 1)
	if err := k.deadlines.Walk(ctx, before, func(key collections.Triple[int64, uint64, []byte]) (bool, error) {
		due = append(due, key)
		return false, nil
	}); err != nil {
		k.logger(ctx).Error("due proposals not read", "error", err)
	}
	for _, key := range due {
		k.guard(ctx, key.K2(), "expire proposal", func(ctx context.Context) error {
			proposal, err := k.proposals.Get(ctx, collections.Join(key.K2(), key.K3()))
			if err != nil {
				return err
			}
			return k.fail(ctx, proposal, "late")
		})
	}
}

// clearTrash deletes at most budget events of dropped proposals.
func (k Keeper) clearTrash(ctx context.Context, budget uint32) error {
	for budget > 0 {
		iterator, err := k.trash.Iterate(ctx, nil)
		if err != nil {
			return err
		}
		if !iterator.Valid() {
			return iterator.Close()
		}
		entry, err := iterator.KeyValue()
		if err != nil {
			return err
		}
		if err := iterator.Close(); err != nil {
			return err
		}
		n := min(budget, entry.Value)
		for i := entry.Value - n; i < entry.Value; i++ {
			if err := k.events.Remove(ctx, collections.Join(entry.Key, i)); err != nil {
				return err
			}
		}
		budget -= n
		if err := k.keepTrash(ctx, entry.Key, entry.Value-n); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) keepTrash(ctx context.Context, hash []byte, left uint32) error {
	if left == 0 {
		return k.trash.Remove(ctx, hash)
	}
	return k.trash.Set(ctx, hash, left)
}

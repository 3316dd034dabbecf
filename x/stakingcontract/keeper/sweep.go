package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxSweepsPerBlock bounds the vaults of a contract looked at for a sweep in one block.
const maxSweepsPerBlock = 8

// scheduleSweep makes EndBlock look at a vault for money to sweep, from an era on.
func (k Keeper) scheduleSweep(ctx context.Context, contract, vault, era uint64) error {
	if err := k.wake(ctx, contract); err != nil {
		return err
	}
	return k.sweepWork.Set(ctx, collections.Join3(contract, era, vault))
}

// noteSweep schedules a vault that was handed over and received something; an account that was handed on is not swept, for it stays.
func (k Keeper) noteSweep(ctx context.Context, a *account) error {
	if a.vault.Kind.HandsOn() || a.vault.Status != multisigtypes.VAULT_STATUS_RETIRING && a.vault.Status != multisigtypes.VAULT_STATUS_CLOSED {
		return nil
	}
	return k.scheduleSweep(ctx, a.vault.Contract, a.vault.Id, 0)
}

// noteMove looks, after a proven move, for deposits to mint at either vault, and for what either may still have to sweep.
func (k Keeper) noteMove(ctx context.Context, from, to *account) error {
	for _, a := range []*account{from, to} {
		if err := k.mintWork.Set(ctx, collections.Join(a.vault.Contract, a.vault.Id)); err != nil {
			return err
		}
		if err := k.noteSweep(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// nextSweep is the era from which on a vault whose sweep came to nothing is looked at again: best effort is one attempt an era.
func (w *work) nextSweep(vault multisigtypes.Vault) uint64 {
	if vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
		return w.era + 1
	}
	return 0
}

// sweeps opens sessions that move late deposits of vaults handed over before to the ACTIVE vault; not while that one is handed over itself.
func (k Keeper) sweeps(ctx context.Context, w *work) error {
	if w.state.ActiveVault == 0 || w.state.Handover != types.HANDOVER_STAGE_NONE {
		return nil
	}
	due, err := k.dueSweeps(ctx, w.contract.Id, w.era)
	if err != nil {
		return err
	}
	for _, key := range due {
		done, next, err := k.sweep(ctx, w, key.K3())
		if err != nil {
			return err
		}
		if !done {
			continue
		}
		if err := k.sweepWork.Remove(ctx, key); err != nil {
			return err
		}
		if next > 0 {
			if err := k.sweepWork.Set(ctx, collections.Join3(w.contract.Id, next, key.K3())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k Keeper) dueSweeps(ctx context.Context, contract, era uint64) ([]collections.Triple[uint64, uint64, uint64], error) {
	var due []collections.Triple[uint64, uint64, uint64]
	prefix := collections.NewPrefixedTripleRange[uint64, uint64, uint64](contract)
	err := k.sweepWork.Walk(ctx, prefix, func(key collections.Triple[uint64, uint64, uint64]) (bool, error) {
		if key.K2() > era {
			return true, nil
		}
		due = append(due, key)
		return len(due) >= maxSweepsPerBlock, nil
	})
	return due, err
}

// sweep opens a sweep of one vault where that is worth its fee. done is false while it has to be looked at again in the next block; next, if
// above 0, is the era in which to look again.
func (k Keeper) sweep(ctx context.Context, w *work, id uint64) (done bool, next uint64, err error) {
	a, err := k.openAccount(ctx, w.contract.Id, id)
	if err != nil {
		return false, 0, err
	}
	if a.vault.Status == multisigtypes.VAULT_STATUS_ACTIVE || a.vault.Status == multisigtypes.VAULT_STATUS_PENDING {
		return true, 0, nil
	}
	busy, err := k.hasSeries(ctx, w.contract.Id, id)
	if err != nil || busy {
		return busy, 0, err
	}
	cost := payout.MoveCost(w.contract, a.vault, a.vault, w.state.GasBoost)
	if a.ledger.Balance.LT(w.contract.Limits.MinSweep.Add(cost.Fee)) || !a.vault.AccountKnown {
		return true, 0, nil
	}
	if types.Counted(a.vault.Status) && reserveLeft(w.state).LT(cost.Fee) {
		return false, 0, nil
	}
	if err := k.openMove(ctx, w, a, multisigtypes.PURPOSE_SWEEP, w.state.ActiveVault, cost); err != nil {
		return false, 0, err
	}
	return true, w.nextSweep(a.vault), nil
}

// openMove opens a session that moves everything that the ledger knows, less the fee, to another vault of the contract.
func (k Keeper) openMove(
	ctx context.Context, w *work, a *account, purpose multisigtypes.Purpose, destination uint64, cost payout.Cost,
) error {
	to, err := k.multisig.Vault(ctx, destination)
	if err != nil {
		return err
	}
	total := a.ledger.Balance.Sub(cost.Fee)
	_, err = k.open(ctx, w, a.vault, types.Batch{
		Purpose: purpose, Total: total, Fee: cost.Fee, Destination: destination, Deposits: a.ledger.Deposits, Unswept: a.ledger.Unswept,
	}, request{outputs: []multisigtypes.Output{{Address: to.Address, Amount: total}}, gas: cost.Gas})
	return err
}

// closeVaults closes the RETIRING vaults of a contract that were handed over closing_eras ago and hold nothing worth sweeping. What is left in
// them counts no more, and the reserve makes it good; where it can't, the vault waits.
func (k Keeper) closeVaults(ctx context.Context, contract types.Contract, state *types.ContractState, era, closingEras uint64) error {
	accounts, err := k.openAccounts(ctx, contract.Id)
	if err != nil {
		return err
	}
	targets, err := k.moveTargets(ctx, *state)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.vault.Status != multisigtypes.VAULT_STATUS_RETIRING || era < a.ledger.RetiredEra+closingEras || slices.Contains(targets, a.vault.Id) {
			continue
		}
		fee := payout.MoveCost(contract, a.vault, a.vault, state.GasBoost).Fee
		if a.ledger.Balance.GTE(contract.Limits.MinSweep.Add(fee)) || books.Written(a.ledger).GT(reserveLeft(*state)) {
			continue
		}
		books.Close(state, a.ledger)
		if err := k.closeVault(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// moveTargets are the vaults with an unfinished series, those that one moves money to, and the next vault: they can't be closed.
func (k Keeper) moveTargets(ctx context.Context, state types.ContractState) ([]uint64, error) {
	batches, err := k.unfinished(ctx, state.Contract)
	if err != nil {
		return nil, err
	}
	targets := []uint64{state.PendingVault}
	for _, batch := range batches {
		targets = append(targets, batch.Vault, batch.Destination)
	}
	return targets, nil
}

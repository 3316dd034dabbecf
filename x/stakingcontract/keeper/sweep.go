package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxSweepsPerBlock bounds the vaults of a contract looked at for a sweep in one block.
const maxSweepsPerBlock = 8

// failedSweepPause in blocks is how long a vault is not swept after a sweep that was executed and failed, or that the members of a CLOSED vault
// did not sign: about a day of blocks of 6 s.
const failedSweepPause = 14_400

// sweepPause is how many blocks lie at least between two sweeps of one vault: each uses a session of all its members, and whoever sends to it
// again and again must not be able to keep them at it. Of a CLOSED vault it is a best effort.
func sweepPause(params types.Params, vault multisigtypes.Vault) int64 {
	if vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
		return max(failedSweepPause, int64(params.SweepInterval))
	}
	return int64(params.SweepInterval)
}

// scheduleSweep makes EndBlock look at a vault for money to sweep, from a height of this chain on.
func (k Keeper) scheduleSweep(ctx context.Context, contract, vault uint64, from int64) error {
	if err := k.wake(ctx, contract); err != nil {
		return err
	}
	return k.sweepWork.Set(ctx, collections.Join3(contract, uint64(from), vault))
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

// sweeps opens sessions that move late deposits of vaults handed over before to the ACTIVE vault; not while that one is handed over itself.
func (k Keeper) sweeps(ctx context.Context, w *work) error {
	if w.state.ActiveVault == 0 || w.state.Handover != types.HANDOVER_STAGE_NONE {
		return nil
	}
	due, err := k.dueSweeps(ctx, w.contract.Id)
	if err != nil {
		return err
	}
	for _, key := range due {
		next, err := k.sweep(ctx, w, key.K3())
		if err != nil {
			return err
		}
		if next == stay {
			continue
		}
		if err := k.sweepWork.Remove(ctx, key); err != nil {
			return err
		}
		if next == never {
			continue
		}
		if err := k.sweepWork.Set(ctx, collections.Join3(w.contract.Id, uint64(next), key.K3())); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) dueSweeps(ctx context.Context, contract uint64) ([]collections.Triple[uint64, uint64, uint64], error) {
	var due []collections.Triple[uint64, uint64, uint64]
	prefix := collections.NewPrefixedTripleRange[uint64, uint64, uint64](contract)
	err := k.sweepWork.Walk(ctx, prefix, func(key collections.Triple[uint64, uint64, uint64]) (bool, error) {
		if int64(key.K2()) > height(ctx) {
			return true, nil
		}
		due = append(due, key)
		return len(due) >= maxSweepsPerBlock, nil
	})
	return due, err
}

const (
	// never is when a vault that has nothing to sweep is looked at again: an event schedules it.
	never = -1
	// stay leaves a vault on the list, to be looked at in the next block.
	stay = 0
)

// sweep opens a sweep of one vault where that is worth its fee, and returns the height from which on to look at the vault again. The fee is
// taken from the reserve until the proof, when the deposits make it good; what a handover costs is kept back from it, as from payouts.
// A vault that backs nothing and lost coins without a session is not swept: nothing of it would mint.
func (k Keeper) sweep(ctx context.Context, w *work, id uint64) (next int64, err error) {
	a, err := k.openAccount(ctx, w.contract.Id, id)
	if err != nil {
		return 0, err
	}
	counted := types.Counted(a.vault.Status)
	if a.vault.Status == multisigtypes.VAULT_STATUS_ACTIVE || a.vault.Status == multisigtypes.VAULT_STATUS_PENDING {
		return never, nil
	}
	busy, err := k.hasSeries(ctx, w.contract.Id, id)
	if err != nil || busy {
		return never, err
	}
	cost := payout.MoveCost(w.contract, a.vault, a.vault, w.state.GasBoost)
	least, err := k.leastSweep(ctx, w, a)
	if err != nil {
		return 0, err
	}
	if a.ledger.Spendable().LT(least.Add(cost.Fee)) || !a.vault.AccountKnown || !counted && a.ledger.Loss.IsPositive() {
		return never, nil
	}
	if from := a.ledger.SweptAt + sweepPause(w.params, a.vault); a.ledger.SweptAt > 0 && height(ctx) < from {
		return from, nil
	}
	kept, err := k.handoverFee(ctx, w)
	if err != nil {
		return 0, err
	}
	if counted && reserveLeft(w.state).LT(cost.Fee.Add(kept)) {
		return stay, nil
	}
	a.ledger.SweptAt = height(ctx)
	if err := k.setLedger(ctx, a.ledger); err != nil {
		return 0, err
	}
	if err := k.openMove(ctx, w, a, multisigtypes.PURPOSE_SWEEP, w.state.ActiveVault, cost); err != nil {
		return 0, err
	}
	if counted {
		return never, nil
	}
	return height(ctx) + sweepPause(w.params, a.vault), nil
}

// leastSweep is what has to arrive for a sweep to be opened: min_sweep, and of a RETIRING vault that is due to close whatever there is, for what is
// left there then is the reserve's loss and within the reach of who held it.
func (k Keeper) leastSweep(ctx context.Context, w *work, a *account) (math.Int, error) {
	params, err := k.ssv.GetParams(ctx)
	if err != nil {
		return math.Int{}, err
	}
	if a.vault.Status == multisigtypes.VAULT_STATUS_RETIRING && w.era >= a.ledger.RetiredEra+params.ClosingEras {
		return math.OneInt(), nil
	}
	return w.contract.Limits.MinSweep, nil
}

// handoverFee is what a handover of the ACTIVE vault costs now.
func (k Keeper) handoverFee(ctx context.Context, w *work) (math.Int, error) {
	vault, err := k.multisig.Vault(ctx, w.state.ActiveVault)
	return payout.MoveCost(w.contract, vault, vault, w.state.GasBoost).Fee, err
}

// openMove opens a session that moves everything that the ledger knows, less the fee, to another vault of the contract.
func (k Keeper) openMove(
	ctx context.Context, w *work, a *account, purpose multisigtypes.Purpose, destination uint64, cost payout.Cost,
) error {
	to, err := k.multisig.Vault(ctx, destination)
	if err != nil {
		return err
	}
	total := a.ledger.Spendable().Sub(cost.Fee)
	_, err = k.open(ctx, w, a.vault, types.Batch{
		Purpose: purpose, Total: total, Fee: cost.Fee, Destination: destination, Deposits: a.ledger.Deposits, Unswept: a.ledger.Unswept,
	}, request{outputs: []multisigtypes.Output{{Address: to.Address, Amount: total}}, gas: cost.Gas})
	return err
}

// closeVaults closes the RETIRING vaults of a contract that were handed over closing_eras ago and hold nothing worth the fee of a sweep. One that
// holds more is swept a last time, and is closed in the era after whatever it holds: its members are not to be kept by whoever sends to it again
// and again. What is left counts no more, and the reserve makes it good; where it can't, the vault waits.
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
		due := a.ledger.RetiredEra + closingEras
		if a.vault.Status != multisigtypes.VAULT_STATUS_RETIRING || era < due || slices.Contains(targets, a.vault.Id) {
			continue
		}
		busy, err := k.hasSeries(ctx, contract.Id, a.vault.Id)
		if err != nil {
			return err
		}
		fee := payout.MoveCost(contract, a.vault, a.vault, state.GasBoost).Fee
		early := era == due && (busy || a.ledger.Spendable().GT(fee))
		if early || books.Written(a.ledger).GT(reserveLeft(*state)) {
			continue
		}
		books.Close(state, a.ledger)
		if err := k.closeVault(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// moveTargets are the vaults that an unfinished series moves money to, and the next vault: they can't be closed.
func (k Keeper) moveTargets(ctx context.Context, state types.ContractState) ([]uint64, error) {
	batches, err := k.unfinished(ctx, state.Contract)
	if err != nil {
		return nil, err
	}
	targets := []uint64{state.PendingVault}
	for _, batch := range batches {
		targets = append(targets, batch.Destination)
	}
	return targets, nil
}

package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// await queues a deposit with a recipient to be minted when it can be.
func (k Keeper) await(ctx context.Context, d types.Deposit) error {
	if err := k.waiting.Set(ctx, collections.Join3(d.Contract, d.Vault, d.Ordinal), keyOf(d)); err != nil {
		return err
	}
	if err := k.wake(ctx, d.Contract); err != nil {
		return err
	}
	return k.mintWork.Set(ctx, collections.Join(d.Contract, d.Vault))
}

// mintWaiting mints at most budget waiting deposits, vault by vault in order of contract and vault. A vault whose first waiting deposit can't be
// minted yet leaves the work list where only a later event can change that, and stays on it while deposits are merely closed.
func (k Keeper) mintWaiting(ctx context.Context, budget uint32) {
	iterator, err := k.mintWork.Iterate(ctx, nil)
	if err != nil {
		k.logger(ctx).Error("waiting deposits not read", "error", err)
		return
	}
	work, err := iterator.Keys()
	if err != nil {
		k.logger(ctx).Error("waiting deposits not read", "error", err)
	}
	for _, vault := range work {
		if budget == 0 {
			return
		}
		k.guard(ctx, vault.K1(), "mint waiting deposits", func(ctx context.Context) error {
			looked, err := k.mintVault(ctx, vault.K1(), vault.K2(), budget)
			if err == nil {
				budget -= looked
			}
			return err
		})
	}
}

// mintVault mints a vault's waiting deposits in order until one is not mintable or the budget is spent. One that would exceed max_assets is passed
// over, so that it holds back no smaller one; each looked at counts.
func (k Keeper) mintVault(ctx context.Context, id, vault uint64, budget uint32) (uint32, error) {
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return 0, err
	}
	a, err := k.openAccount(ctx, id, vault)
	if err != nil {
		return 0, err
	}
	moving, err := k.moving(ctx, id, vault)
	if err != nil {
		return 0, err
	}
	waiting, err := k.firstWaiting(ctx, id, vault, budget)
	if err != nil {
		return 0, err
	}
	work := collections.Join(id, vault)
	if len(waiting) == 0 || !mintable(a, moving, waiting[0]) {
		return 0, k.mintWork.Remove(ctx, work)
	}
	if k.depositsClosed(ctx, contract, state) != "" {
		return 0, nil
	}
	for i, d := range waiting {
		if !mintable(a, moving, d) {
			return uint32(i), nil
		}
		if err := k.mintWaitingOne(ctx, contract, &state, a, d); err != nil {
			return uint32(i), err
		}
	}
	return uint32(len(waiting)), nil
}

// mintWaitingOne gives a deposit that can mint its share of the move that took it along, and mints it unless it exceeds max_assets.
func (k Keeper) mintWaitingOne(ctx context.Context, contract types.Contract, state *types.ContractState, a *account, d types.Deposit) error {
	before := d.Shared
	if err := k.takeShare(ctx, a.ledger, &d); err != nil {
		return err
	}
	if k.excluded(ctx, contract, d.Worth()) == "" {
		return k.mintOne(ctx, contract, state, a, d)
	}
	if d.Shared == before {
		return nil
	}
	return k.deposits.Set(ctx, keyOf(d), d)
}

// mintable says whether a waiting deposit's money is where it backs rTokens for good: moved on from its vault, or at the ACTIVE vault while no
// session is moving what is there.
func mintable(a *account, moving bool, d types.Deposit) bool {
	if d.Ordinal <= a.ledger.Moved {
		return true
	}
	return a.vault.Status == multisigtypes.VAULT_STATUS_ACTIVE && !moving
}

// moving says whether an unfinished series moves a vault's money to another vault; where an account is handed on, its money stays.
func (k Keeper) moving(ctx context.Context, contract, vault uint64) (bool, error) {
	root, err := k.openSeries.Get(ctx, collections.Join(contract, vault))
	if errors.Is(err, collections.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	batch, err := k.Batch(ctx, root)
	if err != nil || batch.Purpose == multisigtypes.PURPOSE_PAYOUT {
		return false, err
	}
	a, err := k.multisig.Vault(ctx, vault)
	return !a.Kind.HandsOn(), err
}

// firstWaiting returns the first deposits of a vault that wait with a recipient, at most so many.
func (k Keeper) firstWaiting(ctx context.Context, contract, vault uint64, most uint32) ([]types.Deposit, error) {
	var keys []depositKey
	prefix := collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](contract, vault)
	err := k.waiting.Walk(ctx, prefix, func(_ collections.Triple[uint64, uint64, uint64], key depositKey) (bool, error) {
		keys = append(keys, key)
		return uint32(len(keys)) >= most, nil
	})
	if err != nil {
		return nil, err
	}
	deposits := make([]types.Deposit, 0, len(keys))
	for _, key := range keys {
		d, err := k.deposits.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		deposits = append(deposits, d)
	}
	return deposits, nil
}

// mintOne mints what a waiting deposit is worth, which it has had its share for, or makes it UNMATCHED where its recipient can't receive; either way it
// waits no longer. One of which a move's fee left nothing is DUST. The state is saved at once, so that the books hold after every deposit.
func (k Keeper) mintOne(ctx context.Context, contract types.Contract, state *types.ContractState, a *account, d types.Deposit) error {
	if err := k.waiting.Remove(ctx, collections.Join3(d.Contract, d.Vault, d.Ordinal)); err != nil {
		return err
	}
	if !d.Worth().IsPositive() {
		d.Status, d.Reason = types.DEPOSIT_STATUS_DUST, "nothing arrived for it when its vault was handed over or swept"
		return k.saveDeposit(ctx, d)
	}
	if err := k.mint(ctx, contract, &d); err == nil {
		books.MintWaiting(state, &a.ledger, d.Ordinal, d.Worth())
		if err := k.setLedger(ctx, a.ledger); err != nil {
			return err
		}
		if err := k.setState(ctx, *state); err != nil {
			return err
		}
	}
	return k.saveDeposit(ctx, d)
}

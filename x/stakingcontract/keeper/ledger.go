package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// account is a vault with its ledger, loaded to be changed and saved.
type account struct {
	vault  multisigtypes.Vault
	ledger types.Ledger
}

// book is the account in the form that package books changes.
func (a *account) book() books.Vault {
	return books.Vault{Status: a.vault.Status, Ledger: &a.ledger}
}

// openAccount loads a vault and its ledger; a vault of another contract is multisig's ErrVaultNotFound.
func (k Keeper) openAccount(ctx context.Context, contract, id uint64) (*account, error) {
	vault, err := k.multisig.Vault(ctx, id)
	if err != nil {
		return nil, err
	}
	if vault.Contract != contract {
		return nil, multisigtypes.ErrVaultNotFound.Wrapf("vault %d is of contract %d, wanted %d", id, vault.Contract, contract)
	}
	ledger, err := k.ledger(ctx, id, contract)
	return &account{vault: vault, ledger: ledger}, err
}

func (k Keeper) ledger(ctx context.Context, vault, contract uint64) (types.Ledger, error) {
	ledger, err := k.ledgers.Get(ctx, vault)
	if errors.Is(err, collections.ErrNotFound) {
		return types.NewLedger(vault, contract), nil
	}
	return ledger, err
}

func (k Keeper) setLedger(ctx context.Context, ledger types.Ledger) error {
	return k.ledgers.Set(ctx, ledger.Vault, ledger)
}

// openAccounts returns the accounts of a contract's vaults that are not CLOSED, in order of id: at most one ACTIVE, one PENDING and those of
// the last closing_eras.
func (k Keeper) openAccounts(ctx context.Context, contract uint64) ([]*account, error) {
	iterator, err := k.openVaults.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](contract))
	if err != nil {
		return nil, err
	}
	keys, err := iterator.Keys()
	if err != nil {
		return nil, err
	}
	accounts := make([]*account, 0, len(keys))
	for _, key := range keys {
		a, err := k.openAccount(ctx, contract, key.K2())
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a)
	}
	return accounts, nil
}

// balances is the sum of what backs rTokens: what ACTIVE and RETIRING vaults can spend.
func (k Keeper) balances(ctx context.Context, contract uint64) (math.Int, error) {
	sum := math.ZeroInt()
	accounts, err := k.openAccounts(ctx, contract)
	if err != nil {
		return sum, err
	}
	for _, a := range accounts {
		if types.Counted(a.vault.Status) {
			sum = sum.Add(a.ledger.Spendable())
		}
	}
	return sum, nil
}

// assets is what a contract manages: its vaults' balances without the reserve, at least 0.
func (k Keeper) assets(ctx context.Context, state types.ContractState) (math.Int, error) {
	balances, err := k.balances(ctx, state.Contract)
	if err != nil {
		return balances, err
	}
	return math.MaxInt(balances.Sub(state.Reserve), math.ZeroInt()), nil
}

package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// addSuccessor makes the PENDING vault of a committee that is to take over the account of the contract's ACTIVE vault.
func (k Keeper) addSuccessor(ctx context.Context, v types.NewVault, kind chainKind) (types.Vault, error) {
	hands, ok := kind.(successorKind)
	if !ok {
		return types.Vault{}, types.ErrInvalidVault.Wrapf("a vault of %s succeeds vault %d, want an account of its own", v.Kind, v.Succeeds)
	}
	holder, err := k.Vault(ctx, v.Succeeds)
	if err != nil {
		return types.Vault{}, err
	}
	if holder.Contract != v.Contract || holder.Kind != v.Kind || holder.ChainId != v.ChainID {
		return types.Vault{}, types.ErrInvalidVault.Wrapf("vault %d is of contract %d, %s on %s, want %d, %s on %s",
			holder.Id, holder.Contract, holder.Kind, holder.ChainId, v.Contract, v.Kind, v.ChainID)
	}
	if holder.Status != types.VAULT_STATUS_ACTIVE {
		return types.Vault{}, types.ErrVaultStatus.Wrapf("vault %d is %s, want it %s", holder.Id, holder.Status, types.VAULT_STATUS_ACTIVE)
	}
	present, err := k.VaultSigners(ctx, holder.Id)
	if err != nil {
		return types.Vault{}, err
	}
	signers, err := hands.successor(v, holder, present)
	if err != nil {
		return types.Vault{}, err
	}
	account := types.Vault{Address: holder.Address, Succeeds: holder.Id, AccountKnown: holder.AccountKnown}
	return k.addVault(ctx, v, account, signers)
}

// takenOver is a vault that becomes ACTIVE, with the nonce of the account that it takes over. Errors: ErrVaultStatus where the owners
// before have it still, or where these lost it.
func (k Keeper) takenOver(ctx context.Context, vault types.Vault, kind chainKind) (types.Vault, error) {
	if handsOn(kind) && vault.Status == types.VAULT_STATUS_RETIRING {
		return vault, types.ErrVaultStatus.Wrapf("vault %d is %s: its Safe has other owners", vault.Id, vault.Status)
	}
	if vault.Succeeds == 0 {
		return vault, nil
	}
	holder, err := k.Vault(ctx, vault.Succeeds)
	if err != nil {
		return vault, err
	}
	if holder.Status != types.VAULT_STATUS_RETIRING {
		return vault, types.ErrVaultStatus.Wrapf("vault %d, which %d succeeds, is %s, want it %s",
			holder.Id, vault.Id, holder.Status, types.VAULT_STATUS_RETIRING)
	}
	vault.Sequence = holder.Sequence
	return vault, nil
}

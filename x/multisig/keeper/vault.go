package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// CreateVault makes the PENDING vault generation of a committee; its address follows from keys and threshold (protocol §7).
//
// Keys and threshold of a vault that the contract had before give that vault's address again, and an address is one account with
// one sequence, so it is the same vault, now of the new era: a CLOSED one is made PENDING, a RETIRING one stays so until it is made
// ACTIVE, and either keeps what is known of its account. Callers look at Status and AccountKnown of what they get.
//
// On Ethereum a vault after the first takes over the Safe of the ACTIVE one, by v.Succeeds: it has that vault's address, and its nonce from
// when it is ACTIVE (adr-003-ethereum.md).
//
// Errors: ErrKindNotServed; ErrInvalidVault; ErrVaultExists where the address is that of the contract's PENDING or ACTIVE vault,
// or of another contract's vault on that chain: then other members give another address; or that of a Safe that the contract had.
func (k Keeper) CreateVault(ctx context.Context, v types.NewVault) (types.Vault, error) {
	if err := validateNewVault(v); err != nil {
		return types.Vault{}, err
	}
	kind, err := kindOf(v.Kind)
	if err != nil {
		return types.Vault{}, err
	}
	if v.Succeeds != 0 {
		return k.addSuccessor(ctx, v, kind)
	}
	address, signers, err := kind.vault(v)
	if err != nil {
		return types.Vault{}, err
	}
	if known, found, err := k.vaultAt(ctx, v, address); err != nil || found {
		if err != nil {
			return types.Vault{}, err
		}
		if handsOn(kind) && known.AccountKnown {
			return types.Vault{}, types.ErrVaultExists.Wrapf("%s is the Safe of vault %d, want a vault that succeeds the ACTIVE one", address, known.Id)
		}
		return k.readmitVault(ctx, known, v.Era)
	}
	return k.addVault(ctx, v, types.Vault{Address: address}, signers)
}

func validateNewVault(v types.NewVault) error {
	if v.Contract == 0 || v.ChainID == "" {
		return types.ErrInvalidVault.Wrapf("contract %d and chain id %q must be set", v.Contract, v.ChainID)
	}
	seen := make(map[string]struct{}, len(v.Signers))
	for _, signer := range v.Signers {
		if signer.Operator == "" {
			return types.ErrInvalidVault.Wrapf("key %X without an operator", signer.Key)
		}
		if _, found := seen[signer.Operator]; found {
			return types.ErrInvalidVault.Wrapf("operator %s is there twice", signer.Operator)
		}
		seen[signer.Operator] = struct{}{}
	}
	return nil
}

// vaultAt finds the contract's vault at an address; an address that serves another contract on that chain is an error.
func (k Keeper) vaultAt(ctx context.Context, v types.NewVault, address string) (types.Vault, bool, error) {
	var own types.Vault
	found := false
	err := k.vaultAddress.Walk(ctx, collections.NewPrefixedPairRange[string, uint64](address),
		func(_ collections.Pair[string, uint64], id uint64) (bool, error) {
			vault, err := k.Vault(ctx, id)
			if err != nil {
				return true, err
			}
			if vault.Contract == v.Contract {
				own, found = vault, true
				return false, nil
			}
			if vault.ChainId == v.ChainID {
				return true, types.ErrVaultExists.Wrapf("%s on %s is vault %d of contract %d", address, v.ChainID, id, vault.Contract)
			}
			return false, nil
		})
	return own, found, err
}

func (k Keeper) readmitVault(ctx context.Context, vault types.Vault, era uint64) (types.Vault, error) {
	switch vault.Status {
	case types.VAULT_STATUS_CLOSED:
		vault.Status = types.VAULT_STATUS_PENDING
	case types.VAULT_STATUS_RETIRING:
	default:
		return types.Vault{}, types.ErrVaultExists.Wrapf("%s is vault %d, %s", vault.Address, vault.Id, vault.Status)
	}
	vault.Era = era
	return vault, k.saveVaultStatus(ctx, vault)
}

// addVault makes a vault record with the account given: address, what it succeeds and whether it is known.
func (k Keeper) addVault(ctx context.Context, v types.NewVault, account types.Vault, signers []types.Signer) (types.Vault, error) {
	generation, err := k.nextGeneration(ctx, v.Contract)
	if err != nil {
		return types.Vault{}, err
	}
	id, err := k.nextVault.Next(ctx)
	if err != nil {
		return types.Vault{}, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	vault := types.Vault{
		Id: id, Contract: v.Contract, Generation: generation, Era: v.Era, Kind: v.Kind, ChainId: v.ChainID, Bech32Prefix: v.Bech32Prefix,
		Address: account.Address, Size_: uint32(len(signers)), Threshold: v.Threshold, Status: types.VAULT_STATUS_PENDING,
		CreatedHeight: sdkCtx.BlockHeight(), Succeeds: account.Succeeds, AccountKnown: account.AccountKnown,
	}
	if err := k.storeVault(ctx, vault, signers); err != nil {
		return types.Vault{}, err
	}
	return vault, sdkCtx.EventManager().EmitTypedEvent(&types.EventVaultCreated{Vault: id, Contract: v.Contract, Address: vault.Address})
}

// nextGeneration counts a contract's vaults from 1.
func (k Keeper) nextGeneration(ctx context.Context, contract uint64) (uint64, error) {
	iterator, err := k.vaultContract.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](contract).Descending())
	if err != nil {
		return 0, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return 1, nil
	}
	last, err := iterator.Key()
	if err != nil {
		return 0, err
	}
	vault, err := k.Vault(ctx, last.K2())
	return vault.Generation + 1, err
}

// storeVault writes a vault with its signers and indexes. The address of an account that is handed on stays that of its first vault.
func (k Keeper) storeVault(ctx context.Context, vault types.Vault, signers []types.Signer) error {
	for _, signer := range signers {
		if err := k.signers.Set(ctx, collections.Join(vault.Id, signer.Operator), signer); err != nil {
			return err
		}
	}
	err := errors.Join(k.vaults.Set(ctx, vault.Id, vault), k.vaultContract.Set(ctx, collections.Join(vault.Contract, vault.Id)))
	if err != nil || vault.Succeeds != 0 {
		return err
	}
	return k.vaultAddress.Set(ctx, collections.Join(vault.Address, vault.Contract), vault.Id)
}

// Vault returns a vault generation, or ErrVaultNotFound.
func (k Keeper) Vault(ctx context.Context, id uint64) (types.Vault, error) {
	vault, err := k.vaults.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Vault{}, types.ErrVaultNotFound.Wrapf("%d", id)
	}
	return vault, err
}

// VaultSigners returns a vault's signers in key order, or ErrVaultNotFound.
func (k Keeper) VaultSigners(ctx context.Context, id uint64) ([]types.Signer, error) {
	vault, err := k.Vault(ctx, id)
	if err != nil {
		return nil, err
	}
	signers := make([]types.Signer, vault.Size_)
	err = k.signers.Walk(ctx, collections.NewPrefixedPairRange[uint64, string](id),
		func(_ collections.Pair[uint64, string], signer types.Signer) (bool, error) {
			signers[signer.Index] = signer
			return false, nil
		})
	return signers, err
}

// VaultByAddress returns a contract's vault at an address of the original chain; at the address of a Safe, the first one that held it.
func (k Keeper) VaultByAddress(ctx context.Context, contract uint64, address string) (types.Vault, bool, error) {
	id, err := k.vaultAddress.Get(ctx, collections.Join(address, contract))
	if errors.Is(err, collections.ErrNotFound) {
		return types.Vault{}, false, nil
	}
	if err != nil {
		return types.Vault{}, false, err
	}
	vault, err := k.Vault(ctx, id)
	return vault, err == nil, err
}

// ContractVaults returns all vaults that a contract ever had, CLOSED ones too, ids ascending.
func (k Keeper) ContractVaults(ctx context.Context, contract uint64) ([]types.Vault, error) {
	var vaults []types.Vault
	err := k.vaultContract.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](contract),
		func(key collections.Pair[uint64, uint64]) (bool, error) {
			vault, err := k.Vault(ctx, key.K2())
			vaults = append(vaults, vault)
			return err != nil, err
		})
	return vaults, err
}

// SignerIndex returns the index of an operator's key in a vault, found is false where it is no member.
func (k Keeper) SignerIndex(ctx context.Context, vault uint64, operator string) (index uint32, found bool, err error) {
	signer, err := k.signers.Get(ctx, collections.Join(vault, operator))
	if errors.Is(err, collections.ErrNotFound) {
		return 0, false, nil
	}
	return signer.Index, err == nil, err
}

// SetVaultStatus moves a vault from PENDING to ACTIVE or CLOSED, from ACTIVE to RETIRING, or from RETIRING to CLOSED, or to ACTIVE
// where its committee was elected again (not on Ethereum, where it has lost the Safe). A vault that takes a Safe over is ACTIVE only after the
// one that held it is RETIRING, and has its nonce from then on. Errors: ErrVaultNotFound, ErrVaultStatus for any other move,
// ErrAccountUnknown.
func (k Keeper) SetVaultStatus(ctx context.Context, id uint64, status types.VaultStatus) error {
	vault, err := k.Vault(ctx, id)
	if err != nil {
		return err
	}
	if !legalMove(vault.Status, status) {
		return types.ErrVaultStatus.Wrapf("vault %d can't go from %s to %s", id, vault.Status, status)
	}
	if status == types.VAULT_STATUS_ACTIVE {
		kind, err := kindOf(vault.Kind)
		if err != nil {
			return err
		}
		if err := kind.ready(vault); err != nil {
			return err
		}
		if vault, err = k.takenOver(ctx, vault, kind); err != nil {
			return err
		}
	}
	vault.Status = status
	return k.saveVaultStatus(ctx, vault)
}

func legalMove(from, to types.VaultStatus) bool {
	switch from {
	case types.VAULT_STATUS_PENDING:
		return to == types.VAULT_STATUS_ACTIVE || to == types.VAULT_STATUS_CLOSED
	case types.VAULT_STATUS_ACTIVE:
		return to == types.VAULT_STATUS_RETIRING
	case types.VAULT_STATUS_RETIRING:
		return to == types.VAULT_STATUS_CLOSED || to == types.VAULT_STATUS_ACTIVE
	default:
		return false
	}
}

func (k Keeper) saveVaultStatus(ctx context.Context, vault types.Vault) error {
	if err := k.vaults.Set(ctx, vault.Id, vault); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventVaultStatus{Vault: vault.Id, Contract: vault.Contract, Status: vault.Status})
}

// SetVaultAccount records a Cosmos vault's account, proven to be a plain base account, with its number and next sequence. Once per
// vault: afterwards only proofs of executed sessions move the sequence. Errors: ErrVaultNotFound, ErrVaultStatus.
func (k Keeper) SetVaultAccount(ctx context.Context, id, number, sequence uint64) error {
	vault, err := k.Vault(ctx, id)
	if err != nil {
		return err
	}
	if vault.AccountKnown {
		return types.ErrVaultStatus.Wrapf("vault %d has account %d already, found %d", id, vault.AccountNumber, number)
	}
	vault.AccountKnown, vault.AccountNumber, vault.Sequence = true, number, sequence
	return k.vaults.Set(ctx, id, vault)
}

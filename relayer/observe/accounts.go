package observe

import (
	"cmp"
	"fmt"
	"slices"
)

// accounts are the original chain's accounts of a contract's vaults, and who owns each at the range's start.
type accounts struct {
	read      func(address string) account
	byAccount map[account]*Vault
	// owners by the id of the oldest vault that has their address.
	owners []*Vault
	// vaults by id, owners or not.
	vaults []Vault
}

// accountsOf maps addresses to vaults, which are in order of their ids. Where several have one, it is the vault's that holds an account which is
// handed on, else the oldest's: a balance must not count twice. Error: ErrInput.
func accountsOf(vaults []Vault, read func(string) account) (*accounts, error) {
	a := &accounts{read: read, byAccount: map[account]*Vault{}, vaults: vaults}
	for i := range vaults {
		vault := &vaults[i]
		if vault.ID == 0 || (i > 0 && vaults[i-1].ID == vault.ID) || vault.Ledger.IsNil() {
			return nil, fmt.Errorf("%w: vault %d at place %d with ledger %s, want ids from 1, each once, with a ledger", ErrInput, vault.ID, i, vault.Ledger)
		}
		address := read(vault.Address)
		if address == "" {
			return nil, fmt.Errorf("%w: address %q of vault %d is none of the contract's chain", ErrInput, vault.Address, vault.ID)
		}
		a.add(address, vault)
	}
	return a, nil
}

func (a *accounts) add(address account, vault *Vault) {
	owner := a.byAccount[address]
	switch {
	case owner == nil:
		a.owners = append(a.owners, vault)
	case vault.Holds && !owner.Holds:
		a.owners[slices.Index(a.owners, owner)] = vault
	default:
		return
	}
	a.byAccount[address] = vault
}

// owner is the vault that owns an address at the range's start, nil where none does.
func (a *accounts) owner(address string) *Vault {
	if account := a.read(address); account != "" {
		return a.byAccount[account]
	}
	return nil
}

// ownerOf is the id of the vault that owns the address of a vault.
func (a *accounts) ownerOf(id uint64) uint64 { return a.owner(a.vault(id).Address).ID }

func (a *accounts) owns(vault Vault) bool { return a.owner(vault.Address).ID == vault.ID }

// vault by its id, nil where there is none.
func (a *accounts) vault(id uint64) *Vault {
	i, found := slices.BinarySearchFunc(a.vaults, id, func(v Vault, id uint64) int { return cmp.Compare(v.ID, id) })
	if !found {
		return nil
	}
	return &a.vaults[i]
}

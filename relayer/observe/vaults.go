package observe

import (
	"cmp"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Vault is what a derivation needs of one vault generation.
type Vault struct {
	ID      uint64
	Address string
	// Keys are the 33-byte compressed signer keys in the vault's order, Threshold of which sign.
	Keys      [][]byte
	Threshold uint32
	// AccountKnown, AccountNumber: as this chain has recorded them.
	AccountKnown  bool
	AccountNumber uint64
	// Sequence is the account's next one, as this chain has recorded it.
	Sequence uint64
	// Ledger is the balance that observations have proven so far, in base units of the contract's denom.
	Ledger math.Int
	// Open vaults have their balance at the end of the range in the observation; a CLOSED one's is only looked at where
	// the range has a transaction of its own that no session explains.
	Open bool
	// Holds is true for the vault that holds an account which is handed on at the range's start: the ACTIVE one of an Ethereum contract. Where none
	// is, the account is the first vault's. The status can't change while the observed position stays: only an applied observation makes a vault ACTIVE.
	Holds bool
}

// Generation is a vault generation as this chain's queries answer it: all of a contract's must be of one height.
type Generation struct {
	Vault multisigtypes.Vault
	// Signers in the vault's order.
	Signers []multisigtypes.Signer
	Ledger  types.Ledger
}

// Proposing is the vault set of a member that proposes: every generation, those that are not CLOSED being open.
func Proposing(generations []Generation) []Vault {
	vaults := make([]Vault, 0, len(generations))
	for _, g := range generations {
		vaults = append(vaults, g.vault(g.Vault.Status != multisigtypes.VAULT_STATUS_CLOSED))
	}
	return ordered(vaults)
}

// Attesting is the vault set of a proposal: the generations that its balances name are open, whatever became of them since, the
// others of that time were CLOSED, and those made since are left out. The first part of a split block names none and needs none.
// Error: ErrVaultSet.
func Attesting(generations []Generation, proposal types.Proposal) ([]Vault, error) {
	named := make(map[uint64]bool, len(proposal.Balances))
	for _, balance := range proposal.Balances {
		named[balance.Vault] = true
	}
	vaults := make([]Vault, 0, len(generations))
	for _, g := range generations {
		if named[g.Vault.Id] || g.Vault.CreatedHeight < proposal.Height {
			vaults = append(vaults, g.vault(named[g.Vault.Id]))
		}
		delete(named, g.Vault.Id)
	}
	if len(named) > 0 {
		return nil, fmt.Errorf("%w: %d of the %d named are none of contract %d", ErrVaultSet, len(named), len(proposal.Balances), proposal.Contract)
	}
	return ordered(vaults), nil
}

func (g Generation) vault(open bool) Vault {
	keys := make([][]byte, len(g.Signers))
	for i, signer := range g.Signers {
		keys[i] = signer.Key
	}
	ledger := g.Ledger.Balance
	if ledger.IsNil() {
		ledger = math.ZeroInt()
	}
	return Vault{
		ID: g.Vault.Id, Address: g.Vault.Address, Keys: keys, Threshold: g.Vault.Threshold,
		AccountKnown: g.Vault.AccountKnown, AccountNumber: g.Vault.AccountNumber, Sequence: g.Vault.Sequence,
		Ledger: ledger, Open: open,
		Holds: g.Vault.Kind == multisigtypes.CHAIN_KIND_ETHEREUM && g.Vault.Status == multisigtypes.VAULT_STATUS_ACTIVE,
	}
}

func ordered(vaults []Vault) []Vault {
	slices.SortFunc(vaults, func(a, b Vault) int { return cmp.Compare(a.ID, b.ID) })
	return vaults
}

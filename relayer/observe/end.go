package observe

import (
	"context"
	"fmt"
	"math/big"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// endOf adds what the end of the range says of one vault: its next sequence where no session
// explains it, the difference between its ledger and its proven balance, its account while that is
// not known, and, if it is open, the balance. The account comes last, when what somebody locked in
// it is in the ledger. Of a CLOSED vault, which backs nothing, only what goes
// with a transaction of its own that no session explains is told: there are ever more CLOSED
// vaults, anyone can send to all of them in one block, and the end of a range has to fit an
// observation.
func (d *derivation) endOf(ctx context.Context, vault Vault, ledger *big.Int) error {
	foreign := d.foreignOf(vault)
	if !vault.Open && foreign == nil {
		return nil
	}
	if err := d.addSequence(ctx, vault, foreign); err != nil {
		return err
	}
	balance, err := d.balance(ctx, vault, ledger)
	if err != nil {
		return err
	}
	if vault.Open {
		d.observation.Balances = append(d.observation.Balances, types.Balance{Vault: vault.ID, Amount: balance})
	}
	err = d.addDifference(vault, new(big.Int).Sub(balance.BigInt(), ledger), foreign)
	if err != nil || !vault.Open || vault.AccountKnown {
		return err
	}
	return d.addAccount(ctx, vault)
}

// holds says whether a vault holds its account at the end of what was added: others have it no longer, not yet, or never.
func (d *derivation) holds(vault Vault) bool {
	return d.held.now(d.accounts.owner(vault.Address).ID) == vault.ID
}

// foreignOf is the transaction of a vault's account that no session explains, nil where there is none.
func (d *derivation) foreignOf(vault Vault) []byte {
	if hash, found := d.foreign[d.accounts.owner(vault.Address).ID]; found {
		return hash[:]
	}
	return nil
}

// balance is the proven one of the vault that holds the account; another has what its ledger says.
func (d *derivation) balance(ctx context.Context, vault Vault, ledger *big.Int) (math.Int, error) {
	if !d.holds(vault) {
		return math.NewIntFromBigInt(ledger), nil
	}
	return d.reader.balance(ctx, vault, d.observation.To)
}

func (d *derivation) addAccount(ctx context.Context, vault Vault) error {
	account, found, err := d.reader.state(ctx, vault, d.observation.To)
	if err != nil || !found {
		return err
	}
	account.Vault = vault.ID
	d.addEvent(types.Event{Kind: &types.Event_Account{Account: &account}})
	return nil
}

// addSequence tells the next sequence of a known account that the vault holds, where a transaction
// that no session explains was found and it is not the one after the vault's sessions. A range
// that goes on within a block does not know what was found before, in the range that was cut
// there: then the difference alone tells, and the transaction's hash is 32 bytes of 0.
func (d *derivation) addSequence(ctx context.Context, vault Vault, foreign []byte) error {
	if foreign == nil && d.resumes() {
		foreign = make([]byte, types.HashSize)
	}
	if foreign == nil || !vault.AccountKnown || !d.holds(vault) {
		return nil
	}
	sequence, found, err := d.reader.sequence(ctx, vault, d.observation.To)
	if err != nil || !found || sequence == d.nextOf(vault) {
		return err
	}
	d.addEvent(types.Event{Kind: &types.Event_Sequence{Sequence: &types.SequenceEvent{
		Vault: vault.ID, TxHash: foreign, Sequence: sequence,
	}}})
	return nil
}

// resumes says whether the range before may have been cut after a transaction that no session
// explains, of which nothing was told.
func (d *derivation) resumes() bool { return d.cutsWithin && d.in.FromIndex > 0 }

// nextOf is the sequence that this chain will have recorded for a vault's account once the
// sessions of the range are applied.
func (d *derivation) nextOf(vault Vault) uint64 {
	owner := d.accounts.owner(vault.Address)
	if next, found := d.sequences[owner.ID]; found {
		return next
	}
	return owner.Sequence
}

func (d *derivation) addDifference(vault Vault, difference *big.Int, foreign []byte) error {
	sign := difference.Sign()
	if difference.Abs(difference).BitLen() > math.MaxBitLen {
		return fmt.Errorf("%w: difference of %d bits, want at most %d", ErrAmount, difference.BitLen(), math.MaxBitLen)
	}
	amount := math.NewIntFromBigInt(difference)
	switch sign {
	case 1:
		d.addEvent(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: vault.ID, Amount: amount}}})
	case -1:
		d.addEvent(types.Event{Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: vault.ID, Amount: amount, TxHash: foreign}}})
	}
	return nil
}

func (d *derivation) addEvent(event types.Event) {
	event.Height = d.observation.To
	d.observation.Events = append(d.observation.Events, event)
}

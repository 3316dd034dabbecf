package observe

import (
	"context"
	"fmt"
	"math/big"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// ledgers are the vaults' ledgers after the events of the range.
func (d *derivation) ledgers() map[uint64]*big.Int {
	ledgers := make(map[uint64]*big.Int, len(d.vaults))
	for _, vault := range d.vaults {
		ledgers[vault.ID] = vault.Ledger.BigInt()
	}
	for _, e := range d.effects {
		for _, change := range e.deltas {
			ledgers[change.vault].Add(ledgers[change.vault], change.amount)
		}
	}
	return ledgers
}

// endOf adds what the end of the range says of one vault: its account while that is not known, the difference between its ledger
// and its proven balance, and, if it is open, the balance. Of a CLOSED vault, which backs nothing, only a difference that goes with
// a transaction of its own that no session explains is told: there are ever more CLOSED vaults, anyone can send to all of them in
// one block, and the end of a range has to fit an observation.
func (d *derivation) endOf(ctx context.Context, vault Vault, ledger *big.Int) error {
	if vault.Open && !vault.AccountKnown {
		if err := d.addAccount(ctx, vault); err != nil {
			return err
		}
	}
	if _, foreign := d.foreign[vault.ID]; !vault.Open && !foreign {
		return nil
	}
	balance, err := d.balance(ctx, vault)
	if err != nil {
		return err
	}
	if vault.Open {
		d.observation.Balances = append(d.observation.Balances, types.Balance{Vault: vault.ID, Amount: balance})
	}
	return d.addDifference(vault, new(big.Int).Sub(balance.BigInt(), ledger))
}

func (d *derivation) balance(ctx context.Context, vault Vault) (math.Int, error) {
	if !d.owns(vault) {
		return vault.Ledger, nil
	}
	return d.in.Chain.Balance(ctx, vault.Address, d.in.Contract.Denom, d.observation.To)
}

func (d *derivation) addAccount(ctx context.Context, vault Vault) error {
	account, found, err := d.in.Chain.Account(ctx, vault.Address, d.observation.To)
	if err != nil || !found {
		return err
	}
	d.addEvent(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault.ID, Plain: account.Plain() && d.owns(vault), Number: account.Number, Sequence: account.Sequence, Type: account.Type,
	}}})
	return nil
}

func (d *derivation) addDifference(vault Vault, difference *big.Int) error {
	sign := difference.Sign()
	if difference.Abs(difference).BitLen() > math.MaxBitLen {
		return fmt.Errorf("%w: difference of %d bits, want at most %d", ErrAmount, difference.BitLen(), math.MaxBitLen)
	}
	amount := math.NewIntFromBigInt(difference)
	switch sign {
	case 1:
		d.addEvent(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: vault.ID, Amount: amount}}})
	case -1:
		outflow := &types.OutflowEvent{Vault: vault.ID, Amount: amount}
		if hash, found := d.foreign[vault.ID]; found {
			outflow.TxHash = hash[:]
		}
		d.addEvent(types.Event{Kind: &types.Event_Outflow{Outflow: outflow}})
	}
	return nil
}

func (d *derivation) addEvent(event types.Event) {
	event.Height = d.observation.To
	d.observation.Events = append(d.observation.Events, event)
}

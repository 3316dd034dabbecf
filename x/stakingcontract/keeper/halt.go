package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// setHalts sets a contract's halts as governance gave them.
func (k Keeper) setHalts(ctx context.Context, id uint64, halts types.Halts) error {
	state, err := k.State(ctx, id)
	if err != nil {
		return err
	}
	state.Halts = halts
	k.emit(ctx, &types.EventHalts{Contract: id, Halts: &halts})
	if err := k.wake(ctx, id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// trip adds a tripwire's halts to those in force and raises an alarm; only governance takes them away again (protocol §11).
func (k Keeper) trip(ctx context.Context, state *types.ContractState, halts types.Halts) {
	state.Halts.Deposits = state.Halts.Deposits || halts.Deposits
	state.Halts.Redemptions = state.Halts.Redemptions || halts.Redemptions
	state.Halts.Payouts = state.Halts.Payouts || halts.Payouts
	state.Halts.Reason = halts.Reason
	tripped := state.Halts
	k.emit(ctx, &types.EventHalts{Contract: state.Contract, Halts: &tripped})
	k.alarm(ctx, state.Contract, halts.Reason)
}

// depositsClosed says in words why a deposit would not mint now, "" where it would (protocol §§5, 9, 11).
func (k Keeper) depositsClosed(ctx context.Context, contract types.Contract, state types.ContractState) string {
	switch {
	case state.ActiveVault == 0:
		return "the contract has no active vault yet"
	case state.Halts.WindDown:
		return "the contract is being wound down"
	case state.Halts.Deposits:
		return "deposits are halted: " + state.Halts.Reason
	case state.Emergency != "":
		return "deposits are closed: " + state.Emergency
	case state.Reserve.LT(contract.Limits.ReserveMin):
		return "the fee reserve is " + state.Reserve.String() + ", wanted at least " + contract.Limits.ReserveMin.String()
	}
	if bound := contract.Limits.MaxAssets; bound.IsPositive() {
		if supply := k.bank.GetSupply(ctx, contract.RtokenDenom).Amount; supply.GTE(bound) {
			return "assets are " + supply.String() + ", at the bound of " + bound.String()
		}
	}
	return ""
}

package keeper

import (
	"context"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// setHalts sets a contract's halts as governance gave them; lifts is the number of those in force of which they leave any out. A proposal is
// written days before it is executed: ErrHaltsChanged where a tripwire fired since, or another proposal was first (protocol §11).
func (k Keeper) setHalts(ctx context.Context, id uint64, halts types.Halts, lifts uint64) error {
	state, err := k.State(ctx, id)
	if err != nil {
		return err
	}
	if (lifts != 0 || lifted(state.Halts, halts)) && lifts != state.HaltsNumber {
		return types.ErrHaltsChanged.Wrapf("contract %d: the message lifts halts number %d, in force are number %d, %q",
			id, lifts, state.HaltsNumber, state.Halts.Reason)
	}
	k.replaceHalts(ctx, &state, halts)
	if err := k.wake(ctx, id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// end ends a contract that is wound down and owes at most max_remainder: it asks for no election any more, so that its committee is dissolved. What
// it still owes stays redeemable. ErrNotEndable otherwise, with what was found and wanted.
func (k Keeper) end(ctx context.Context, id uint64) error {
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	if !state.Halts.WindDown {
		return types.ErrNotEndable.Wrapf("contract %d is not wound down", id)
	}
	if owed, most := k.owed(ctx, contract, state), contract.Limits.Remainder(); owed.GT(most) {
		return types.ErrNotEndable.Wrapf("contract %d owes %s, wanted at most max_remainder %s", id, owed, most)
	}
	state.Ended = true
	k.emit(ctx, &types.EventContract{Contract: id, Action: "ended"})
	if err := k.wake(ctx, id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// owed is what a contract owes: rTokens, escrow included, and deposits that wait.
func (k Keeper) owed(ctx context.Context, contract types.Contract, state types.ContractState) math.Int {
	return k.bank.GetSupply(ctx, contract.RtokenDenom).Amount.Add(state.Unminted)
}

// lifted says whether a flow that is stopped by the first halts is not by the second.
func lifted(before, after types.Halts) bool {
	return before.Deposits && !after.Deposits || before.Redemptions && !after.Redemptions ||
		before.Payouts && !after.Payouts || before.WindDown && !after.WindDown
}

// replaceHalts puts halts in force under the next number.
func (k Keeper) replaceHalts(ctx context.Context, state *types.ContractState, halts types.Halts) {
	state.Halts = halts
	state.HaltsNumber++
	k.emit(ctx, &types.EventHalts{Contract: state.Contract, Halts: &halts, Number: state.HaltsNumber})
}

// trip adds a tripwire's halts to those in force and raises an alarm; only governance takes them away again (protocol §11).
func (k Keeper) trip(ctx context.Context, state *types.ContractState, halts types.Halts) {
	k.replaceHalts(ctx, state, types.Halts{
		Deposits:    state.Halts.Deposits || halts.Deposits,
		Redemptions: state.Halts.Redemptions || halts.Redemptions,
		Payouts:     state.Halts.Payouts || halts.Payouts,
		WindDown:    state.Halts.WindDown,
		Reason:      halts.Reason,
	})
	k.alarm(ctx, state.Contract, halts.Reason)
}

// depositsClosed says in words why no deposit would mint now, "" where one would (protocol §§5, 9, 11). In wind-down what comes mints, for what
// mints can be redeemed, and what waits would keep the contract from ending.
func (k Keeper) depositsClosed(ctx context.Context, contract types.Contract, state types.ContractState) string {
	switch {
	case state.ActiveVault == 0:
		return "the contract has no active vault yet"
	case state.Halts.Deposits:
		return "deposits are halted: " + state.Halts.Reason
	case state.Emergency != "":
		return "deposits are closed: " + state.Emergency
	case state.Reserve.LT(contract.Limits.ReserveMin):
		return "the fee reserve is " + state.Reserve.String() + ", wanted at least " + contract.Limits.ReserveMin.String()
	}
	return ""
}

// overBound says in words why a deposit worth an amount would exceed max_assets beside what is owed already, "" where it would not.
func overBound(contract types.Contract, owed, worth math.Int) string {
	bound := contract.Limits.MaxAssets
	if !bound.IsPositive() || owed.Add(worth).LTE(bound) {
		return ""
	}
	return "assets are " + owed.String() + ", with " + worth.String() + " more than the bound of " + bound.String()
}

// excluded says why a deposit that waits exceeds max_assets: beside the supply alone, for of those that wait the first that fits mints first.
func (k Keeper) excluded(ctx context.Context, contract types.Contract, worth math.Int) string {
	return overBound(contract, k.bank.GetSupply(ctx, contract.RtokenDenom).Amount, worth)
}

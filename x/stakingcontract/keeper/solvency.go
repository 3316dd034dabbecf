package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Solvency returns both sides of a contract's books (protocol §9).
func (k Keeper) Solvency(ctx context.Context, id uint64) (books.Sums, error) {
	contract, state, err := k.load(ctx, id)
	if err != nil {
		return books.Sums{}, err
	}
	return k.sums(ctx, contract, state)
}

func (k Keeper) sums(ctx context.Context, contract types.Contract, state types.ContractState) (books.Sums, error) {
	balances, err := k.balances(ctx, state.Contract)
	return books.Sums{
		Supply:   k.bank.GetSupply(ctx, contract.RtokenDenom).Amount,
		Unminted: state.Unminted,
		Balances: balances,
		Reserve:  state.Reserve,
	}, err
}

// checkSolvency is the tripwire of protocol §11: a contract that owes more than is proven, and more so than when that was last looked at, stops
// deposits and payouts, and so does a reserve below 0, which the books never make. A loss that governance knew of when it opened the contract again does not stop it again.
func (k Keeper) checkSolvency(ctx context.Context, contract types.Contract, state *types.ContractState) error {
	sums, err := k.sums(ctx, contract, *state)
	if err != nil {
		return err
	}
	if state.Reserve.IsNegative() && !state.Halts.Payouts {
		k.trip(ctx, state, types.Halts{Deposits: true, Payouts: true, Reason: "the reserve is " + state.Reserve.String() + ", wanted at least 0"})
	}
	known, loss := state.Loss, math.MaxInt(sums.Surplus().Neg(), math.ZeroInt())
	if state.Loss = loss; loss.LTE(known) {
		return nil
	}
	reason := fmt.Sprintf(
		"insolvent by %s: supply %s and unminted %s against balances %s less reserve %s",
		loss, sums.Supply, sums.Unminted, sums.Balances, sums.Reserve,
	)
	k.trip(ctx, state, types.Halts{Deposits: true, Payouts: true, Reason: reason})
	return nil
}

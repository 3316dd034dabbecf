package keeper

import (
	"context"
	"fmt"

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

// checkSolvency is the tripwire of protocol §11: a contract that owes more than is proven stops deposits and payouts.
func (k Keeper) checkSolvency(ctx context.Context, contract types.Contract, state *types.ContractState) error {
	sums, err := k.sums(ctx, contract, *state)
	if err != nil || sums.Solvent() || state.Halts.Deposits && state.Halts.Payouts {
		return err
	}
	reason := fmt.Sprintf(
		"insolvent by %s: supply %s and unminted %s against balances %s less reserve %s",
		sums.Surplus().Neg(), sums.Supply, sums.Unminted, sums.Balances, sums.Reserve,
	)
	k.trip(ctx, state, types.Halts{Deposits: true, Payouts: true, Reason: reason})
	return nil
}

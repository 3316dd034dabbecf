package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// turnGrace is how many blocks a proposal may come after its proposer's turn: what a transaction needs into a block.
const turnGrace = 2

// checkTurn refuses a proposal by a member whose turn it is not. Without it one member could always be first, with the least that is
// true, and hold a contract back while every honest member agrees.
func (k Keeper) checkTurn(ctx context.Context, params types.Params, state types.ContractState, operator string) error {
	if params.ProposePatience == 0 {
		return nil
	}
	vault, err := k.multisig.Vault(ctx, state.Observing())
	if err != nil {
		return err
	}
	index, _, err := k.multisig.SignerIndex(ctx, vault.Id, operator)
	if err != nil {
		return err
	}
	waited := height(ctx) - state.ObservedAt
	turn := types.Turn(state.Observations, waited, params.ProposePatience, vault.Size_)
	for late := int64(0); late <= turnGrace; late++ {
		if types.Turn(state.Observations, waited-late, params.ProposePatience, vault.Size_) == index {
			return nil
		}
	}
	return types.ErrTurn.Wrapf("signer %d of vault %d, wanted %d at height %d", index, vault.Id, turn, height(ctx))
}

package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// giveCredit gives rTokens out of the reserve for coins that came to it by mistake (protocol §8): coins sent from inside another message of the
// original chain name nobody, and are surplus. It checks, in this order: the recipient can receive; the transaction was not credited before; the
// reserve covers the amount beside the fees committed and that of a handover; max_assets.
func (k Keeper) giveCredit(ctx context.Context, c types.Credit) error {
	contract, state, err := k.load(ctx, c.Contract)
	if err != nil {
		return err
	}
	if state.ActiveVault == 0 || state.Ended {
		return types.ErrNoVault.Wrapf("contract %d has vault %d, ended: %t; wanted an ACTIVE vault", c.Contract, state.ActiveVault, state.Ended)
	}
	recipient, reason := k.recipient(c.Recipient)
	if reason != "" {
		return types.ErrInvalidRecipient.Wrap(reason)
	}
	c.Recipient, c.Height = recipient, height(ctx)
	if err := c.Validate(); err != nil {
		return err
	}
	key := collections.Join(c.Contract, c.TxHash)
	known, err := k.credits.Has(ctx, key)
	if err != nil {
		return err
	}
	if known {
		return types.ErrCredit.Wrapf("transaction %X was credited before", c.TxHash)
	}
	kept, err := k.handoverFee(ctx, &work{contract: contract, state: state})
	if err != nil {
		return err
	}
	if most := reserveLeft(state).Sub(kept); c.Amount.GT(most) {
		return types.ErrCredit.Wrapf("amount is %s, wanted at most the %s that the reserve has beside fees committed and one of a handover", c.Amount, most)
	}
	if why := overBound(contract, k.owed(ctx, contract, state), c.Amount); why != "" {
		return types.ErrCredit.Wrap(why)
	}
	if err := k.mintTo(ctx, contract.RtokenDenom, c.Recipient, c.Amount); err != nil {
		return err
	}
	state.Reserve = state.Reserve.Sub(c.Amount)
	k.emit(ctx, &types.EventCredit{Contract: c.Contract, TxHash: c.TxHash, Recipient: c.Recipient, Amount: c.Amount.String()})
	if err := k.credits.Set(ctx, key, c); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

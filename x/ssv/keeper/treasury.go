package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxSpendDenoms bounds the denoms of one payment from the Treasury.
const maxSpendDenoms = 16

// spendTreasury pays from the Protocol Treasury (protocol §14). It checks, in this order: the authority; the recipient; an amount that is
// sorted, positive and of at most 16 denoms. x/bank refuses what the Treasury does not hold and a recipient that may not receive.
func (k Keeper) spendTreasury(ctx context.Context, msg *types.MsgSpendTreasury) error {
	if err := sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), k.authority, msg.Authority); err != nil {
		return err
	}
	recipient, err := k.addresses.StringToBytes(msg.Recipient)
	if err != nil {
		return types.ErrInvalidSpend.Wrapf("recipient %q: %s", msg.Recipient, err)
	}
	if len(msg.Amount) == 0 || len(msg.Amount) > maxSpendDenoms {
		return types.ErrInvalidSpend.Wrapf("%d denoms, want from 1 to %d", len(msg.Amount), maxSpendDenoms)
	}
	if err := msg.Amount.Validate(); err != nil {
		return types.ErrInvalidSpend.Wrapf("amount %s: %s", msg.Amount, err)
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.TreasuryName, recipient, msg.Amount); err != nil {
		return err
	}
	k.emit(ctx, &types.EventTreasurySpent{Recipient: msg.Recipient, Amount: msg.Amount.String()})
	return nil
}

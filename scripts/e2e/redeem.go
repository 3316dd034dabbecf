package e2e

import (
	"context"
	"encoding/json"
	"fmt"

	"cosmossdk.io/math"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Payout is what a redemption asks for: an amount of rTokens, and who is paid on the original chain.
type Payout struct {
	Amount    math.Int
	Recipient string
}

// redeemGas of one redemption in a transaction of several.
const redeemGas = 300_000

// Redeem redeems and returns the redemption's id.
func (n *Network) Redeem(ctx context.Context, user Account, contract uint64, wanted Payout) (uint64, Receipt, error) {
	receipt, err := n.Send(ctx, user, &contracttypes.MsgRedeem{
		Redeemer: user.Address, Contract: contract, Amount: wanted.Amount, Recipient: wanted.Recipient,
	})
	if err != nil {
		return 0, receipt, fmt.Errorf("redeem %s: %w", wanted.Amount, err)
	}
	id, err := redemptionID(receipt)
	return id, receipt, err
}

// RedeemByCommand is Redeem by the command line, as users do.
func (n *Network) RedeemByCommand(ctx context.Context, user Account, contract uint64, wanted Payout) (uint64, Receipt, error) {
	receipt, err := n.Tx(ctx, user, "stakingcontract redeem", fmt.Sprint(contract), wanted.Amount.String(), wanted.Recipient)
	if err != nil {
		return 0, receipt, fmt.Errorf("redeem %s: %w", wanted.Amount, err)
	}
	id, err := redemptionID(receipt)
	return id, receipt, err
}

// RedeemTogether redeems several times in one transaction, so that the redemptions make one batch. It returns the first one's id; the others
// follow it.
func (n *Network) RedeemTogether(ctx context.Context, user Account, contract uint64, wanted []Payout) (uint64, error) {
	messages := make([]Message, len(wanted))
	for i, payout := range wanted {
		message, err := json.Marshal(map[string]any{
			"@type": "/stafi.stakingcontract.v1.MsgRedeem", "redeemer": user.Address, "contract": fmt.Sprint(contract),
			"amount": payout.Amount.String(), "recipient": payout.Recipient,
		})
		if err != nil {
			return 0, err
		}
		messages[i] = message
	}
	receipt, err := n.SendMessages(ctx, user, "", int64(redeemGas*len(messages)), messages...)
	if err != nil {
		return 0, err
	}
	if err := receipt.Failed(); err != nil {
		return 0, err
	}
	return redemptionID(receipt)
}

func redemptionID(receipt Receipt) (id uint64, err error) {
	if _, err := fmt.Sscan(receipt.Attribute("stafi.stakingcontract.v1.EventRedemption", "redemption"), &id); err != nil {
		return 0, fmt.Errorf("redemption's id in %v: %w", receipt.Events, err)
	}
	return id, nil
}

package e2e

import (
	"context"
	"fmt"
)

// badRedemptions tries what must be refused before anything moves; the last from a contract that governance halted.
func (l *Life) badRedemptions(ctx context.Context) error {
	before, err := l.stafi.BalanceOf(ctx, l.user(holder), l.rDenom())
	if err != nil {
		return err
	}
	good := l.original.Fresh("never paid")
	module, err := l.original.ModuleAccount("bonded_tokens_pool")
	if err != nil {
		return err
	}
	for _, bad := range []struct {
		input     string
		amount    int64
		recipient string
	}{
		{"redemption to a malformed address", 2 * minDeposit, good[:len(good)-1] + "b"},
		{"redemption to an address of another chain", 2 * minDeposit, l.user(holder)},
		{"redemption to an account that the original chain blocks", 2 * minDeposit, module},
		{"redemption of no more than its fee", redemptionFee, good},
		{"redemption of more than is held", firstDeposit * 10, good},
	} {
		if err := l.expectRedeemRefusal(ctx, bad.input, bad.amount, bad.recipient); err != nil {
			return err
		}
	}
	if err := l.setHalt(ctx, true); err != nil {
		return err
	}
	if err := l.expectRedeemRefusal(ctx, "redemption from a halted contract", 2*minDeposit, good, "halted"); err != nil {
		return err
	}
	if err := l.setHalt(ctx, false); err != nil {
		return err
	}
	after, err := l.stafi.BalanceOf(ctx, l.user(holder), l.rDenom())
	if err != nil {
		return err
	}
	if !after.Equal(before) {
		return fmt.Errorf("%w: refused redemptions changed the holder's rTokens from %s to %s", errUnexpected, before, after)
	}
	return nil
}

func (l *Life) expectRedeemRefusal(ctx context.Context, input string, amount int64, recipient string, wanted ...string) error {
	_, err := l.stafi.Tx(ctx, l.stafi.Users[holder], "stakingcontract redeem", fmt.Sprint(l.contract), fmt.Sprint(amount), recipient)
	return l.expectRefusal(input, err, wanted...)
}

// setHalt stops or starts the contract's redemptions by governance.
func (l *Life) setHalt(ctx context.Context, redemptions bool) error {
	authority, err := l.stafi.GovernanceAddress()
	if err != nil {
		return err
	}
	contract, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	title, reason := "Resume redemptions", ""
	if redemptions {
		title, reason = "Halt redemptions", "halted to show it"
	}
	ended, err := l.stafi.Decide(ctx, Proposal{title, map[string]any{
		"@type": "/stafi.stakingcontract.v1.MsgSetHalts", "authority": authority, "contract": fmt.Sprint(l.contract),
		"halts": map[string]any{"redemptions": redemptions, "reason": reason}, "lifts": fmt.Sprint(contract.State.HaltsNumber),
	}})
	if err != nil {
		return err
	}
	return Passed(ended[0])
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cosmossdk.io/math"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// blockedModule's account is one that wasmd's bank blocks, and no contract knows to be blocked: it is no module of the SDK.
	blockedModule = "wasm"

	crowdSize   = 10
	crowdAmount = 5_000_000
	// crowdLimit is for the eight payouts in which ten redemptions end of which one can't be paid.
	crowdLimit Blocks = 400
)

// crowd redeems ten times at once, once to an address that the original chain's bank blocks, while sources lie to one member and
// others are killed, and while governance halts and resumes redemptions.
func (l *Life) crowd(ctx context.Context) error {
	blocked, err := l.original.ModuleAccount(blockedModule)
	if err != nil {
		return err
	}
	liarsVictim, killed, err := l.chooseVictims(ctx)
	if err != nil {
		return err
	}
	if err := l.surroundByLiars(liarsVictim); err != nil {
		return err
	}
	killer := StartKiller(killed, l.measure.Pace)
	err = errors.Join(l.redeemAmidTrouble(ctx, blocked, liarsVictim), killer.Stop())
	if err != nil {
		return err
	}
	for _, operator := range killed {
		l.report.Say("relayer of validator%d killed and started again %d times", operator.Index, operator.Relayer.Restarts())
	}
	return nil
}

// redeemAmidTrouble lets the crowd redeem, and meanwhile tries what must be refused and reads what the liars' victim says of them.
func (l *Life) redeemAmidTrouble(ctx context.Context, blocked string, victim *Operator) error {
	first, err := l.redeemTogether(ctx, blocked)
	if err != nil {
		return err
	}
	return Together(ctx,
		func(ctx context.Context) error { return l.awaitCrowd(ctx, first, blocked) },
		l.badRedemptions,
		func(ctx context.Context) error { return l.expectLiesNamed(ctx, victim) },
	)
}

// chooseVictims takes one member of the active vault to be lied to, and two other members and two who serve next to be killed.
func (l *Life) chooseVictims(ctx context.Context) (*Operator, []*Operator, error) {
	committee, found, err := l.stafi.Committee(ctx, l.contract)
	if err != nil || !found {
		return nil, nil, fmt.Errorf("committee of contract %d: found %t: %w", l.contract, found, err)
	}
	serving := map[string]bool{}
	var inside, outside []*Operator
	for _, address := range members(committee) {
		operator, err := l.stafi.Operator(address)
		if err != nil {
			return nil, nil, err
		}
		serving[address] = true
		inside = append(inside, operator)
	}
	for _, operator := range l.stafi.Operators {
		if !serving[operator.Address] {
			outside = append(outside, operator)
		}
	}
	return inside[0], append(inside[1:3:3], outside[:2]...), nil
}

// redeemTogether sends ten redemptions in one transaction, so that they make one batch. It returns the id of the first, whose recipient is blocked.
func (l *Life) redeemTogether(ctx context.Context, blocked string) (uint64, error) {
	user, wanted := l.stafi.Users[crowd], make([]Payout, crowdSize)
	for i := range wanted {
		wanted[i] = Payout{math.NewInt(crowdAmount), l.crowdRecipient(i, blocked)}
	}
	first, err := l.stafi.RedeemTogether(ctx, user, l.contract, wanted)
	if err != nil {
		return 0, err
	}
	for i := range wanted {
		l.books.Redeem(Redeemed{
			ID: first + uint64(i), Holder: user.Address, Recipient: l.crowdRecipient(i, blocked),
			Amount: math.NewInt(crowdAmount), Fee: math.NewInt(redemptionFee), Refused: i == 0,
		})
	}
	l.report.Say("redemptions %d to %d in one batch, the first to %s, which bank blocks", first, first+crowdSize-1, blocked)
	return first, nil
}

func (l *Life) crowdRecipient(i int, blocked string) string {
	if i == 0 {
		return blocked
	}
	return l.original.Fresh(fmt.Sprintf("crowd %d", i))
}

// awaitCrowd wants nine redemptions paid and the first refused.
func (l *Life) awaitCrowd(ctx context.Context, first uint64, blocked string) error {
	begin := time.Now()
	refused, err := Await(ctx, "the blocked redemption to be refused", crowdLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
		info, err := l.stafi.Redemption(ctx, first)
		return info, err == nil && info.Redemption.Status == contracttypes.REDEMPTION_STATUS_REFUSED, err
	})
	if err != nil {
		return err
	}
	l.report.Answer("redemption to the module account "+blocked, fmt.Sprintf("%s after %s: %s; %s of its fees burned, the rest returned",
		refused.Redemption.Status, seconds(time.Since(begin)), refused.Redemption.Reason, refused.Redemption.FeesBurned))
	for i := uint64(1); i < crowdSize; i++ {
		_, err := Await(ctx, fmt.Sprintf("redemption %d to be paid", first+i), crowdLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
			info, err := l.stafi.Redemption(ctx, first+i)
			return info, err == nil && info.Redemption.Status == contracttypes.REDEMPTION_STATUS_PAID, err
		})
		if err != nil {
			return err
		}
	}
	l.report.Say("the nine others are paid, %s after they were asked for", seconds(time.Since(begin)))
	return nil
}

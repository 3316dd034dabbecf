package ethereumlife

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// crowdLimit bounds the six payouts in which ten redemptions end of which one can't be paid, and a handover between them.
const crowdLimit e2e.Blocks = 1500

// reverter creates a contract that refuses whatever it is sent: PUSH1 0, PUSH1 0, REVERT.
var reverter = common.FromHex("6005600c60003960056000f360006000fd")

// crowd redeems ten times at once, the last time to a contract that refuses payments, and meanwhile tries what must be refused.
func (l *Life) crowd(ctx context.Context) error {
	receipt, err := l.chain.Send(ctx, deployer, nil, new(big.Int), depositGas, reverter)
	if err != nil {
		return err
	}
	if err := succeeded(receipt); err != nil {
		return err
	}
	l.reverter = receipt.ContractAddress
	wanted := make([]e2e.Payout, crowdSize)
	for i := range wanted {
		wanted[i] = e2e.Payout{Amount: math.NewIntFromBigInt(crowdAmount), Recipient: l.crowdRecipient(i).Hex()}
	}
	l.crowdFirst, err = l.stafi.RedeemTogether(ctx, l.stafi.Users[holder], l.contract, wanted)
	if err != nil {
		return err
	}
	for i := range wanted {
		l.books.Redeem(Redeemed{
			ID: l.crowdFirst + uint64(i), Holder: l.user(holder), Recipient: l.crowdRecipient(i), Amount: crowdAmount, Refused: i == crowdSize-1,
		})
	}
	l.crowdBegan = time.Now()
	l.report.Say("redemptions %d to %d in one batch, the last to %s, which reverts", l.crowdFirst, l.crowdFirst+crowdSize-1, l.reverter)
	return l.refusedRedemptions(ctx)
}

func (l *Life) crowdRecipient(i int) common.Address {
	if i == crowdSize-1 {
		return l.reverter
	}
	return fresh(fmt.Sprintf("crowd %d", i))
}

// awaitCrowd wants nine redemptions paid and the last refused, its rTokens back but for the refunds that it cost.
func (l *Life) awaitCrowd(ctx context.Context) error {
	for i := range uint64(crowdSize) {
		want := contracttypes.REDEMPTION_STATUS_PAID
		if i == crowdSize-1 {
			want = contracttypes.REDEMPTION_STATUS_REFUSED
		}
		what := fmt.Sprintf("redemption %d to be %s", l.crowdFirst+i, want)
		info, err := e2e.Await(ctx, what, crowdLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
			info, err := l.stafi.Redemption(ctx, l.crowdFirst+i)
			return info, err == nil && info.Redemption.Status == want, err
		})
		if err != nil {
			return err
		}
		if want == contracttypes.REDEMPTION_STATUS_REFUSED {
			l.report.Answer("redemption to a contract that reverts", fmt.Sprintf("%s: %s; %s wei of refunds burned, the rest returned",
				info.Redemption.Status, info.Redemption.Reason, info.Redemption.FeesBurned))
		}
	}
	l.report.Fact("ten redemptions of which one can't be paid: nine paid and one refused within %s", seconds(time.Since(l.crowdBegan)))
	return nil
}

package ethereumlife

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// redeem is what the holder does. The relayer that wants to send the signed payout is killed before anybody has it, and started again.
func (l *Life) redeem(ctx context.Context) error {
	met := make(chan ambushed, 1)
	l.gate.Ambush(func(sender common.Address) { met <- l.killSender(sender) })
	recipient := fresh("holder")
	begin := time.Now()
	id, err := l.redeemFor(ctx, holder, firstRedeem, recipient)
	if err != nil {
		return err
	}
	if _, err := l.awaitRedemption(ctx, id, contracttypes.REDEMPTION_STATUS_PAID); err != nil {
		return err
	}
	l.report.Fact("redemption %d asked for, signed, its sender killed, sent, final and proven: %s", id, seconds(time.Since(begin)))
	select {
	case killed := <-met:
		if killed.err != nil {
			return killed.err
		}
		l.report.Say("relayer of validator%d killed with the signed payout in its hands, before geth had it, and started again", killed.operator.Index)
	default:
		return fmt.Errorf("%w: redemption %d was paid and no relayer sent it", errUnexpected, id)
	}
	return l.expectPaid(ctx, id, recipient, firstRedeem)
}

// ambushed is the operator whose relayer was killed in the act.
type ambushed struct {
	operator *e2e.Operator
	err      error
}

func (l *Life) killSender(sender common.Address) ambushed {
	place := slices.Index(l.funders, sender)
	if place < 0 {
		return ambushed{err: fmt.Errorf("%w: %s sends a payout and is no relayer's funder", errUnexpected, sender)}
	}
	operator := l.stafi.Operators[place]
	return ambushed{operator, operator.Relayer.Restart()}
}

// redeemFor redeems by the command line and notes it in the books.
func (l *Life) redeemFor(ctx context.Context, user string, amount *big.Int, recipient common.Address) (uint64, error) {
	wanted := e2e.Payout{Amount: math.NewIntFromBigInt(amount), Recipient: recipient.Hex()}
	id, _, err := l.stafi.Redeem(ctx, l.stafi.Users[user], l.contract, wanted)
	if err != nil {
		return 0, err
	}
	l.books.Redeem(Redeemed{ID: id, Holder: l.user(user), Recipient: recipient, Amount: amount})
	return id, nil
}

func (l *Life) awaitRedemption(ctx context.Context, id uint64, want contracttypes.RedemptionStatus) (contracttypes.RedemptionInfo, error) {
	return e2e.Await(ctx, fmt.Sprintf("redemption %d to be %s", id, want), paidLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
		info, err := l.stafi.Redemption(ctx, id)
		return info, err == nil && info.Redemption.Status == want, err
	})
}

// expectPaid looks for a payment on geth.
func (l *Life) expectPaid(ctx context.Context, id uint64, recipient common.Address, amount *big.Int) error {
	height, err := l.chain.Height(ctx)
	if err != nil {
		return err
	}
	balance, err := l.chain.Balance(ctx, recipient, height)
	if err != nil {
		return err
	}
	if want := new(big.Int).Sub(amount, redemptionFee); balance.Cmp(want) != 0 {
		return fmt.Errorf("%w: %s has %s, redemption %d should have paid %s", errUnexpected, recipient, balance, id, want)
	}
	l.report.Say("redemption %d paid: %s has %s", id, recipient, inEther(balance))
	return nil
}

// refusedRedemptions are those that must be refused before anything moves.
func (l *Life) refusedRedemptions(ctx context.Context) error {
	deposit, err := l.depositContract(ctx)
	if err != nil {
		return err
	}
	good := fresh("never paid").Hex()
	amount := new(big.Int).Mul(minDeposit, big.NewInt(2))
	for _, bad := range []struct {
		input, recipient string
		amount           *big.Int
		wanted           string
	}{
		{"redemption to the zero address", common.Address{}.Hex(), amount, "zero address"},
		{"redemption to the Safe", l.safe().Hex(), amount, "vault itself"},
		{"redemption to the deposit contract", deposit.Hex(), amount, "deposit contract"},
		{"redemption to an address with a wrong checksum", swapCase(good), amount, "checksum"},
		{"redemption to an address without its last digit", good[:len(good)-1], amount, "hex digits"},
		{"redemption to a StaFi address", l.user(holder), amount, "hex digits"},
		{"redemption of no more than its fee", good, redemptionFee, ""},
		{"redemption of more than is held", good, milliether(1_000_000), ""},
	} {
		_, _, err := l.stafi.Redeem(ctx, l.stafi.Users[friend], l.contract, e2e.Payout{Amount: math.NewIntFromBigInt(bad.amount), Recipient: bad.recipient})
		if err := l.report.ExpectRefusal(bad.input, err, bad.wanted); err != nil {
			return err
		}
	}
	return nil
}

// swapCase turns the case of the first letter among an address's digits.
func swapCase(address string) string {
	for i := 2; i < len(address); i++ {
		turned := strings.ToUpper(address[i : i+1])
		if turned == address[i:i+1] {
			turned = strings.ToLower(turned)
		}
		if turned != address[i:i+1] {
			return address[:i] + turned + address[i+1:]
		}
	}
	return address
}

// redeemAgain redeems once more, from whoever holds the Safe now.
func (l *Life) redeemAgain(ctx context.Context) error {
	recipient := fresh("again")
	begin := time.Now()
	id, err := l.redeemFor(ctx, friend, lastRedeem, recipient)
	if err != nil {
		return err
	}
	info, err := l.awaitRedemption(ctx, id, contracttypes.REDEMPTION_STATUS_PAID)
	if err != nil {
		return err
	}
	session, err := l.stafi.Session(ctx, info.Redemption.Root)
	if err != nil {
		return err
	}
	if session.Session.Vault == l.vault.Id {
		return fmt.Errorf("%w: redemption %d was paid by the first vault %d", errUnexpected, id, l.vault.Id)
	}
	l.report.Fact("redemption %d paid by vault %d, %s after it was asked for", id, session.Session.Vault, seconds(time.Since(begin)))
	return l.expectPaid(ctx, id, recipient, lastRedeem)
}

package e2e

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	reserveTopUp = 5_000_000
	firstDeposit = 400_000_000
	friendsHalf  = firstDeposit / 2
	firstRedeem  = 50_000_000
	// observedLimit is for what happened on the original chain to be known to StaFi; paidLimit for a
	// payout, also where a handover comes between.
	observedLimit Blocks = 120
	paidLimit     Blocks = 240
	// payoutBlocks is the module's payout_interval in the small network: a session is opened at most so
	// many blocks after a redemption where no other one is open.
	payoutBlocks = 1
)

// stake is what the first staker does.
func (l *Life) stake(ctx context.Context) error {
	if err := l.fundReserve(ctx); err != nil {
		return err
	}
	deposit, err := l.firstDeposit(ctx)
	if err != nil {
		return err
	}
	if err := l.expectRTokens(ctx, holder, firstDeposit); err != nil {
		return err
	}
	_, err = l.stafi.Tx(ctx, l.stafi.Users[holder], "bank send", l.user(holder), l.user(friend), l.rTokens(friendsHalf))
	if err != nil {
		return err
	}
	l.books.Move(l.user(holder), l.user(friend), friendsHalf)
	l.report.Say("%s of deposit %X sent on to a friend", l.rTokens(friendsHalf), deposit.TxHash)
	return nil
}

// fundReserve tops up what the vaults pay their fees from; before it, deposits are closed.
func (l *Life) fundReserve(ctx context.Context) error {
	address, err := l.depositAddress(ctx)
	if err != nil {
		return err
	}
	receipt, err := l.pay(ctx, staker, address, reserveTopUp, reserveMemo)
	if err != nil {
		return err
	}
	_, err = Await(ctx, "deposits to open", observedLimit, func(ctx context.Context) (string, bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		return info.ClosedReason, info.DepositsOpen, err
	})
	l.report.Say("fee reserve funded by %s: deposits are open", receipt.Hash)
	return err
}

// payByCommand sends from a user of the original chain by its command line, as users do, and notes what it cost.
func (l *Life) payByCommand(ctx context.Context, from, to string, amount int64, memo string) (Receipt, error) {
	account := l.people[from]
	receipt, err := l.original.Tx(ctx, account, "bank send", account.Address, to, l.original.Coin(amount), "--note", memo)
	return l.paid(receipt, err, from, to, amount, memo)
}

// pay is payByCommand without the command.
func (l *Life) pay(ctx context.Context, from, to string, amount int64, memo string) (Receipt, error) {
	account := l.people[from]
	receipt, err := l.original.SendMessages(ctx, account, memo, 0, encode(bankSend(account.Address, to, amount, l.original.Denom)))
	return l.paid(receipt, errors.Join(err, receipt.Failed()), from, to, amount, memo)
}

func (l *Life) paid(receipt Receipt, err error, from, to string, amount int64, memo string) (Receipt, error) {
	if err != nil {
		return Receipt{}, fmt.Errorf("pay %d to %s with memo %q: %w", amount, to, memo, err)
	}
	l.noteHash(fmt.Sprintf("%s pays %d, memo %q", from, amount, memo), receipt.Hash)
	return receipt, nil
}

// firstDeposit deposits once, by the command line.
func (l *Life) firstDeposit(ctx context.Context) (contracttypes.Deposit, error) {
	address, err := l.depositAddress(ctx)
	if err != nil {
		return contracttypes.Deposit{}, err
	}
	receipt, err := l.payByCommand(ctx, staker, address, firstDeposit, l.user(holder))
	if err != nil {
		return contracttypes.Deposit{}, err
	}
	return l.awaitDeposit(ctx, receipt.Hash, 0, contracttypes.DEPOSIT_STATUS_MINTED)
}

// redeem is what the friend does.
func (l *Life) redeem(ctx context.Context) error {
	recipient := l.original.Fresh("friend")
	id, receipt, err := l.stafi.RedeemByCommand(ctx, l.stafi.Users[friend], l.contract, Payout{math.NewInt(firstRedeem), recipient})
	if err != nil {
		return err
	}
	l.noteRedemption(id, friend, firstRedeem, recipient)
	signed, err := l.awaitSigned(ctx, id)
	if err != nil {
		return err
	}
	l.report.Say("redemption %d requested in block %d, its session opened in block %d, its transaction complete in block %d",
		id, receipt.Height, signed.Session.Opened, signed.Tally.SignedHeight)
	if opened := signed.Session.Opened - receipt.Height; opened > payoutBlocks {
		return fmt.Errorf("%w: the session of a redemption was opened %d blocks after it, at most %d wanted", errUnexpected, opened, payoutBlocks)
	}
	return l.expectPaid(ctx, id, recipient, firstRedeem)
}

// redeemAs redeems and notes it in the books.
func (l *Life) redeemAs(ctx context.Context, user string, amount int64, recipient string) (uint64, error) {
	id, _, err := l.stafi.Redeem(ctx, l.stafi.Users[user], l.contract, Payout{math.NewInt(amount), recipient})
	if err == nil {
		l.noteRedemption(id, user, amount, recipient)
	}
	return id, err
}

func (l *Life) noteRedemption(id uint64, user string, amount int64, recipient string) {
	l.books.Redeem(Redeemed{
		ID: id, Holder: l.user(user), Recipient: recipient, Amount: math.NewInt(amount), Fee: math.NewInt(redemptionFee),
	})
}

// awaitSigned waits until the payout that a redemption is in has enough signatures.
func (l *Life) awaitSigned(ctx context.Context, redemption uint64) (*multisigtypes.QuerySessionResponse, error) {
	return Await(ctx, fmt.Sprintf("redemption %d to be signed", redemption), paidLimit,
		func(ctx context.Context) (*multisigtypes.QuerySessionResponse, bool, error) {
			info, err := l.stafi.Redemption(ctx, redemption)
			if err != nil || info.Redemption.Root == 0 {
				return nil, false, err
			}
			session, err := l.stafi.Session(ctx, info.Redemption.Root)
			return session, err == nil && session.Tally.SignedHeight > 0, err
		})
}

// expectPaid waits for the proof of a payment, and looks for it on the original chain itself.
func (l *Life) expectPaid(ctx context.Context, id uint64, recipient string, amount int64) error {
	info, err := l.awaitRedemption(ctx, id, contracttypes.REDEMPTION_STATUS_PAID)
	if err != nil {
		return err
	}
	balance, err := l.original.Balance(ctx, recipient)
	if err != nil {
		return err
	}
	if want := math.NewInt(amount - redemptionFee); !balance.Equal(want) {
		return fmt.Errorf("%w: %s has %s, redemption %d should have paid %s", errUnexpected, recipient, balance, id, want)
	}
	hash := ""
	for _, change := range info.History {
		if len(change.TxHash) > 0 {
			hash = fmt.Sprintf("%X", change.TxHash)
		}
	}
	l.noteHash(fmt.Sprintf("redemption %d pays %s to %s", id, balance, recipient), hash)
	l.report.Say("redemption %d paid by %s, proven: %s has %s", id, hash, recipient, l.original.Coin(balance.Int64()))
	return nil
}

func (l *Life) awaitRedemption(ctx context.Context, id uint64, want contracttypes.RedemptionStatus) (contracttypes.RedemptionInfo, error) {
	return Await(ctx, fmt.Sprintf("redemption %d to be %s", id, want), paidLimit, func(ctx context.Context) (contracttypes.RedemptionInfo, bool, error) {
		info, err := l.stafi.Redemption(ctx, id)
		return info, err == nil && info.Redemption.Status == want, err
	})
}

func (l *Life) awaitDeposit(ctx context.Context, hash string, index uint32, want contracttypes.DepositStatus) (contracttypes.Deposit, error) {
	return Await(ctx, fmt.Sprintf("deposit %s/%d to be %s", hash, index, want), observedLimit, func(ctx context.Context) (contracttypes.Deposit, bool, error) {
		deposit, err := l.stafi.Deposit(ctx, l.contract, hash, index)
		return deposit, err == nil && deposit.Status == want, err
	})
}

func (l *Life) expectRTokens(ctx context.Context, user string, want int64) error {
	balance, err := l.stafi.BalanceOf(ctx, l.user(user), l.rDenom())
	if err != nil {
		return err
	}
	if !balance.Equal(math.NewInt(want)) {
		return fmt.Errorf("%w: %s has %s, want %s", errUnexpected, user, balance, l.rTokens(want))
	}
	l.report.Say("%s has %s", user, l.rTokens(want))
	return nil
}

func (l *Life) depositAddress(ctx context.Context) (string, error) {
	info, err := l.stafi.Contract(ctx, l.contract)
	return info.DepositAddress, err
}

func (l *Life) user(name string) string { return l.stafi.Users[name].Address }

func (l *Life) rDenom() string { return "r" + l.original.Denom }

func (l *Life) rTokens(amount int64) string { return fmt.Sprintf("%d%s", amount, l.rDenom()) }

package ethereumlife

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// reserveRecipient marks a deposit as a top-up of what senders are refunded from.
	reserveRecipient = "stafi/reserve"
	depositGas       = 120_000
	togetherGas      = 400_000
)

// deposited is a payment to the Safe with the log that says so.
type deposited struct {
	what  string
	hash  common.Hash
	index uint32
	want  contracttypes.DepositStatus
	// height of the block that has it.
	height uint64
}

// unrecorded is what a deposit is to be of which there is no record: it is dust, and shows in the Safe's balance alone.
const unrecorded = contracttypes.DEPOSIT_STATUS_UNSPECIFIED

// stake tops the reserve up and makes good and bad deposits, each by a transaction of its own, and looks at what became of each.
func (l *Life) stake(ctx context.Context) error {
	contract, err := l.depositContract(ctx)
	if err != nil {
		return err
	}
	if err := l.refusedDeposits(ctx, contract); err != nil {
		return err
	}
	begin := time.Now()
	made := make([]deposited, len(paymentsOf(contract, l)))
	reserve, err := l.deposit(ctx, staker, contract, reserveTopUp, reserveRecipient)
	if err != nil {
		return err
	}
	var several *types.Receipt
	err = e2e.Together(ctx, func(ctx context.Context) (err error) {
		several, err = l.depositTogether(ctx, contract)
		return err
	}, func(ctx context.Context) error {
		for i, payment := range paymentsOf(contract, l) {
			if made[i], err = l.make(ctx, payment); err != nil {
				return err
			}
		}
		return nil
	}, func(ctx context.Context) error { return l.forceEther(ctx) })
	if err != nil {
		return err
	}
	made = append(made, deposited{fmt.Sprintf("top-up of the reserve by deposit(%q)", reserveRecipient), reserve.TxHash, logAt(reserve, topicDeposit, 0), contracttypes.DEPOSIT_STATUS_RESERVE, reserve.BlockNumber.Uint64()})
	for i := range togetherDeposits {
		made = append(made, deposited{
			fmt.Sprintf("deposit %d of three in one transaction, by a contract", i+1), several.TxHash, logAt(several, topicDeposit, i), contracttypes.DEPOSIT_STATUS_MINTED,
			several.BlockNumber.Uint64(),
		})
	}
	l.plain = made[plainPlace]
	for _, payment := range made {
		if payment.want == unrecorded {
			if err := l.expectNoRecord(ctx, payment); err != nil {
				return err
			}
			continue
		}
		deposit, err := l.awaitDeposit(ctx, payment)
		if err != nil {
			return err
		}
		l.tell(payment, deposit)
	}
	l.report.Fact("deposits mined, final, observed by the committee and minted: %s", seconds(time.Since(begin)))
	return l.expectRTokens(ctx, holder, sum(firstDeposit, togetherDeposits[0], togetherDeposits[1], togetherDeposits[2]))
}

// tell prints what became of a payment; what minted nothing is an answer to a bad input.
func (l *Life) tell(payment deposited, deposit contracttypes.Deposit) {
	if payment.want == contracttypes.DEPOSIT_STATUS_MINTED || payment.want == contracttypes.DEPOSIT_STATUS_RESERVE {
		l.report.Say("%s of %s: %s", payment.what, inEther(deposit.Amount.BigInt()), deposit.Status)
		return
	}
	l.report.Answer(payment.what, strings.TrimSpace(fmt.Sprintf("%s %s", deposit.Status, deposit.Reason)))
}

// payment is one transfer of value to the Safe.
type payment struct {
	what   string
	from   *User
	to     common.Address
	amount *big.Int
	data   []byte
	topic  common.Hash
	want   contracttypes.DepositStatus
}

// plainPlace is where paymentsOf has the plain payment.
const plainPlace = 2

// paymentsOf lists what users pay, in order.
func paymentsOf(contract common.Address, l *Life) []payment {
	broken := l.user(holder)[:len(l.user(holder))-1]
	return []payment{
		{"deposit", staker, contract, firstDeposit, depositFor(l.user(holder)), topicDeposit, contracttypes.DEPOSIT_STATUS_MINTED},
		{"deposit for a friend", staker, contract, secondDeposit, depositFor(l.user(friend)), topicDeposit, contracttypes.DEPOSIT_STATUS_MINTED},
		{"plain payment to the Safe", outsider, l.safe(), plainPayment, nil, topicReceived, contracttypes.DEPOSIT_STATUS_UNMATCHED},
		{"deposit for a broken address", outsider, contract, brokenDeposit, depositFor(broken), topicDeposit, contracttypes.DEPOSIT_STATUS_UNMATCHED},
		{"deposit for an address of this chain", outsider, contract, brokenDeposit, depositFor(outsider.Address.Hex()), topicDeposit, contracttypes.DEPOSIT_STATUS_UNMATCHED},
		{"deposit below the minimum", outsider, contract, dustDeposit, depositFor(l.user(holder)), topicDeposit, unrecorded},
	}
}

func (l *Life) make(ctx context.Context, p payment) (deposited, error) {
	receipt, err := l.chain.Send(ctx, p.from, &p.to, p.amount, depositGas, p.data)
	if err != nil {
		return deposited{}, fmt.Errorf("%s: %w", p.what, err)
	}
	l.noteHash(fmt.Sprintf("%s: %s pays %s", p.what, p.from.Name, inEther(p.amount)), receipt.TxHash)
	return deposited{p.what, receipt.TxHash, logAt(receipt, p.topic, 0), p.want, receipt.BlockNumber.Uint64()}, succeeded(receipt)
}

func (l *Life) deposit(ctx context.Context, from *User, contract common.Address, amount *big.Int, recipient string) (*types.Receipt, error) {
	receipt, err := l.chain.Send(ctx, from, &contract, amount, depositGas, depositFor(recipient))
	if err != nil {
		return nil, err
	}
	return receipt, succeeded(receipt)
}

func depositFor(recipient string) []byte { return pack("deposit", []byte(recipient)) }

// depositTogether lets a contract, Safe's MultiSend, deposit thrice in one transaction.
func (l *Life) depositTogether(ctx context.Context, contract common.Address) (*types.Receipt, error) {
	var calls []byte
	for _, amount := range togetherDeposits {
		calls = append(calls, callFor(contract, amount, depositFor(l.user(holder)))...)
	}
	to := multiSend
	receipt, err := l.chain.Send(ctx, staker, &to, sum(togetherDeposits...), togetherGas, pack("multiSend", calls))
	if err != nil {
		return nil, err
	}
	l.noteHash("three deposits in one transaction", receipt.TxHash)
	return receipt, succeeded(receipt)
}

// forceEther gives the Safe ether without asking it: a contract that is created only to destroy itself in its favour. No log says so.
func (l *Life) forceEther(ctx context.Context) error {
	code := append(append([]byte{0x73}, l.safe().Bytes()...), 0xff) // PUSH20 safe, SELFDESTRUCT
	receipt, err := l.chain.Send(ctx, deployer, nil, forcedEther, depositGas, code)
	if err != nil {
		return err
	}
	l.books.Force(forcedEther)
	l.noteHash("ether forced on the Safe: no deposit, a surplus of the reserve", receipt.TxHash)
	return succeeded(receipt)
}

// refusedDeposits are those that the deposit contract itself refuses: nobody loses more than gas.
func (l *Life) refusedDeposits(ctx context.Context, contract common.Address) error {
	for _, bad := range []struct {
		input     string
		amount    *big.Int
		recipient string
		wanted    string
	}{
		{"deposit of nothing", new(big.Int), l.user(holder), "ZeroValue"},
		{"deposit for a recipient of 65 bytes", minDeposit, strings.Repeat("s", 65), "RecipientTooLong"},
	} {
		_, err := l.chain.Ask(ctx, staker.Address, contract, bad.amount, depositFor(bad.recipient))
		if err := l.report.ExpectRefusal(bad.input, named(err), bad.wanted); err != nil {
			return err
		}
	}
	_, err := l.chain.Ask(ctx, staker.Address, contract, minDeposit, nil)
	return l.report.ExpectRefusal("plain payment to the deposit contract", err, "reverted")
}

// named adds the name of the contract's error to what geth says of a call that reverted.
func named(err error) error {
	for _, known := range safeABI.Errors {
		if err != nil && strings.Contains(err.Error(), fmt.Sprintf("%#x", known.ID.Bytes()[:4])) {
			return fmt.Errorf("%s: %w", known.Name, err)
		}
	}
	return err
}

// logAt is the place in a receipt of the n-th log of a kind.
func logAt(receipt *types.Receipt, topic common.Hash, n int) uint32 {
	for i, log := range receipt.Logs {
		if log.Topics[0] != topic {
			continue
		}
		if n == 0 {
			return uint32(i) //nolint:gosec // a receipt has few logs
		}
		n--
	}
	return 0
}

func (l *Life) awaitDeposit(ctx context.Context, payment deposited) (contracttypes.Deposit, error) {
	hash := strings.TrimPrefix(payment.hash.Hex(), "0x")
	what := fmt.Sprintf("%s %s/%d to be %s", payment.what, hash, payment.index, payment.want)
	return e2e.Await(ctx, what, finalLimit, func(ctx context.Context) (contracttypes.Deposit, bool, error) {
		deposit, err := l.stafi.Deposit(ctx, l.contract, hash, payment.index)
		return deposit, err == nil && deposit.Status == payment.want, err
	})
}

// expectNoRecord waits until a payment's block is observed, and wants no deposit to be recorded of it.
func (l *Life) expectNoRecord(ctx context.Context, payment deposited) error {
	what := fmt.Sprintf("block %d with the %s to be observed", payment.height, payment.what)
	err := e2e.AwaitDone(ctx, what, finalLimit, func(ctx context.Context) (bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		return info.State.ObservedHeight >= payment.height, err
	})
	if err != nil {
		return err
	}
	deposit, err := l.stafi.Deposit(ctx, l.contract, strings.TrimPrefix(payment.hash.Hex(), "0x"), payment.index)
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("%w: %s is recorded as %s: %w", errUnexpected, payment.what, deposit.Status, err)
	}
	l.report.Answer(payment.what, "no deposit recorded, a surplus of the reserve")
	return nil
}

func (l *Life) expectRTokens(ctx context.Context, user string, want *big.Int) error {
	balance, err := l.stafi.BalanceOf(ctx, l.user(user), "rwei")
	if err != nil {
		return err
	}
	if balance.BigInt().Cmp(want) != 0 {
		return fmt.Errorf("%w: %s has %s rwei, want %s", errUnexpected, user, balance, want)
	}
	l.report.Say("%s has %s rwei", user, balance)
	return nil
}

func sum(amounts ...*big.Int) *big.Int {
	total := new(big.Int)
	for _, amount := range amounts {
		total.Add(total, amount)
	}
	return total
}

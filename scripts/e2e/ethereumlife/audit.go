package ethereumlife

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	"github.com/stafiprotocol/stafid/scripts/ethereum"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// audit compares what StaFi says with what both chains hold, and both with books made from geth's blocks and the users' wishes alone; all where
// the contract was at rest.
func (l *Life) audit(ctx context.Context) error {
	height := uint64(l.calm.Original) //nolint:gosec // a height
	deposit, err := l.depositContract(ctx)
	if err != nil {
		return err
	}
	scan, err := l.chain.ScanBlocks(ctx, height, l.safe(), deposit)
	if err != nil {
		return err
	}
	a := &audit{l: l, height: height, scan: scan, expected: l.books.Expect(scan)}
	a.printTransactions()
	a.printGas()
	a.sheet = e2e.NewSheet(l.report, 24)
	ctx = e2e.At(ctx, l.calm.StaFi)
	err = errors.Join(a.safe(ctx, deposit), a.recipients(ctx), a.users(ctx), a.senders(ctx), a.holders(ctx), a.books(ctx), a.once(ctx))
	return errors.Join(err, a.sheet.Verdict())
}

// audit is one comparison, at a height of the Ethereum network.
type audit struct {
	l        *Life
	height   uint64
	scan     Scan
	expected Expected
	sheet    *e2e.Sheet
}

// line compares a balance on the Ethereum network.
func (a *audit) line(ctx context.Context, name string, computed *big.Int, address common.Address, stafi *math.Int) error {
	balance, err := a.l.chain.Balance(ctx, address, a.height)
	if err != nil {
		return err
	}
	original := math.NewIntFromBigInt(balance)
	a.sheet.Line(name, math.NewIntFromBigInt(computed), &original, stafi)
	return nil
}

func (a *audit) safe(ctx context.Context, deposit common.Address) error {
	ledgers, err := a.l.stafi.Ledgers(ctx, a.l.contract)
	if err != nil {
		return err
	}
	info, err := a.l.stafi.Contract(ctx, a.l.contract)
	if err != nil {
		return err
	}
	active := ledgers[info.State.ActiveVault].Ledger.Balance
	if err := a.line(ctx, "Safe, held by vault "+fmt.Sprint(info.State.ActiveVault), a.expected.Safe, a.l.safe(), &active); err != nil {
		return err
	}
	for id, ledger := range ledgers {
		if id != info.State.ActiveVault {
			a.sheet.Line(fmt.Sprintf("vault %d %s", id, ledger.Vault.Status), math.ZeroInt(), nil, &ledger.Ledger.Balance)
		}
	}
	if err := a.line(ctx, "deposit contract, which keeps nothing", new(big.Int), deposit, nil); err != nil {
		return err
	}
	nonce, err := a.l.chain.safeNonce(ctx, a.l.safe(), a.height)
	if err != nil {
		return err
	}
	original := math.NewIntFromUint64(nonce)
	a.sheet.Line("nonce of the Safe: its executions", math.NewInt(int64(len(a.scan.Executions))), &original, nil)
	return nil
}

func (a *audit) recipients(ctx context.Context) error {
	addresses := make([]common.Address, 0, len(a.expected.Payouts))
	for address := range a.expected.Payouts {
		addresses = append(addresses, address)
	}
	slices.SortFunc(addresses, common.Address.Cmp)
	for _, address := range addresses {
		if err := a.line(ctx, "paid to "+address.Hex(), a.expected.Payouts[address], address, nil); err != nil {
			return err
		}
	}
	return a.line(ctx, "the contract that reverts", new(big.Int), a.l.reverter, nil)
}

// users start with what genesis gave them.
func (a *audit) users(ctx context.Context) error {
	for _, user := range []*User{staker, outsider, deployer} {
		spent := a.scan.Of(user.Address)
		left := new(big.Int).Sub(ethereum.Funding(), sum(spent.Gas, spent.Value))
		if err := a.line(ctx, user.Name+" after all sent and all gas", left, user.Address, nil); err != nil {
			return err
		}
	}
	return nil
}

// senders are the relayers' accounts: what they sent cost gas, and the Safe refunded them.
func (a *audit) senders(ctx context.Context) error {
	for i, funder := range a.l.funders {
		spent := a.scan.Of(funder)
		left := new(big.Int).Sub(funderFunds, sum(spent.Gas, spent.Value))
		if refunded := a.expected.Refunded[funder]; refunded != nil {
			left.Add(left, refunded)
		}
		if err := a.line(ctx, fmt.Sprintf("sender of validator%d after gas and refunds", i), left, funder, nil); err != nil {
			return err
		}
	}
	return nil
}

func (a *audit) holders(ctx context.Context) error {
	for _, name := range []string{holder, friend} {
		balance, err := a.l.stafi.BalanceOf(ctx, a.l.user(name), "rwei")
		if err != nil {
			return err
		}
		want := a.expected.Holders[a.l.user(name)]
		if want == nil {
			want = new(big.Int)
		}
		a.sheet.Line("rwei of "+name, math.NewIntFromBigInt(want), nil, &balance)
	}
	return nil
}

func (a *audit) books(ctx context.Context) error {
	solvency, err := a.l.stafi.Solvency(ctx, a.l.contract)
	if err != nil {
		return err
	}
	supply, err := banktypes.NewQueryClient(a.l.stafi.GRPC).SupplyOf(ctx, &banktypes.QuerySupplyOfRequest{Denom: "rwei"})
	if err != nil {
		return err
	}
	e, zero := a.expected, math.ZeroInt()
	line := func(name string, computed *big.Int, stafi math.Int) {
		a.sheet.Line(name, math.NewIntFromBigInt(computed), nil, &stafi)
	}
	line("supply of rwei", e.Supply, supply.Amount.Amount)
	line("  as the contract's books have it", e.Supply, solvency.Supply)
	line("unmatched deposits", e.Unminted, solvency.Unminted)
	line("fee reserve", e.Reserve, solvency.Reserve)
	line("escrow", new(big.Int), solvency.Escrow)
	backed := math.NewIntFromBigInt(new(big.Int).Sub(e.Safe, e.Reserve))
	owed := supply.Amount.Amount.Add(solvency.Unminted)
	a.sheet.Line("rwei and unmatched deposits = Safe − reserve", math.NewIntFromBigInt(sum(e.Supply, e.Unminted)), &backed, &owed)
	a.sheet.Line("surplus", zero, nil, &solvency.Surplus)
	if !solvency.Solvent {
		return fmt.Errorf("%w: the contract says that it is insolvent", errUnexpected)
	}
	return nil
}

// once wants every redemption paid by one execution, and every proven session to be one that the Safe executed.
func (a *audit) once(ctx context.Context) error {
	paid := map[common.Address]int{}
	for _, execution := range a.scan.Executions {
		for _, recipient := range execution.Recipients {
			if execution.Success && !execution.Handover {
				paid[recipient]++
			}
		}
	}
	for recipient := range a.expected.Payouts {
		if paid[recipient] != 1 {
			return fmt.Errorf("%w: %s was paid %d times", errUnexpected, recipient, paid[recipient])
		}
	}
	sessions, err := a.l.stafi.Sessions(ctx)
	if err != nil {
		return err
	}
	roots := map[uint64]bool{}
	for _, session := range sessions {
		if session.Tally.Status == multisigtypes.SESSION_STATUS_PROVEN {
			roots[session.Session.Root] = true
		}
	}
	stafi, original := math.NewInt(int64(len(roots))), math.NewInt(int64(len(a.scan.Executions)))
	a.sheet.Line("payloads signed and proven executed", original, nil, &stafi)
	return nil
}

// printTransactions lists the users' transactions and those of the Safe, as they are on the Ethereum network.
func (a *audit) printTransactions() {
	report := a.l.report
	report.Say("transactions on %s:", chainID())
	for _, named := range a.l.hashes {
		report.Say("  %s  %s", named.hash, named.what)
	}
	for _, execution := range a.scan.Executions {
		what := fmt.Sprintf("payout to %d", len(execution.Recipients))
		if execution.Handover {
			what = "handover"
		}
		outcome := "done"
		if !execution.Success {
			outcome = "failed"
		}
		report.Say("  %s  block %d: %s, %s, gas %d, refund %s wei", execution.TxHash, execution.Height, what, outcome, execution.GasUsed, execution.Refund)
		if execution.Handover {
			report.Fact("handover of the Safe from four owners to four others, three signing: one SafeTx, %d gas", execution.GasUsed)
		}
	}
}

// printGas sums what it cost.
func (a *audit) printGas() {
	gas, sent, failed := new(big.Int), 0, 0
	for _, funder := range a.l.funders {
		spent := a.scan.Of(funder)
		gas.Add(gas, spent.Gas)
		sent, failed = sent+spent.Sent, failed+spent.Failed
	}
	a.l.report.Fact("deposited %s, paid out %s", inEther(a.expected.Deposited), inEther(a.expected.Paid))
	a.l.report.Fact("relayers sent %d transactions, %d of them in vain, for %s of gas; the Safe refunded %s", sent, failed, inEther(gas), inEther(a.expected.Refund))
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// audit compares what StaFi says with what both chains hold, and both with books made from the original chain's blocks alone; all where the
// contract was at rest.
func (l *Life) audit(ctx context.Context) error {
	scan, err := l.original.ScanBlocks(ctx, l.calm.Original)
	if err != nil {
		return err
	}
	stafi, original := At(ctx, l.calm.StaFi), At(ctx, l.calm.Original)
	vaults, err := l.stafi.Vaults(stafi, l.contract)
	if err != nil {
		return err
	}
	expected := l.books.Expect(scan, vaults, l.discarded)
	l.printHashes(scan, vaults)
	l.report.Fact("deposited %s, paid out %s, fees of the vaults %s, in %s", expected.Deposited, expected.Paid, expected.VaultFees, l.original.Denom)
	sheet := NewSheet(l.report, 16)
	failure := errors.Join(
		l.auditVaults(stafi, original, sheet, expected, vaults),
		l.auditPayouts(original, sheet, expected),
		l.auditPeople(original, sheet, scan),
		l.auditHolders(stafi, sheet, expected),
		l.auditBooks(stafi, sheet, expected),
	)
	return errors.Join(failure, sheet.Verdict())
}

func (l *Life) auditVaults(stafi, original context.Context, sheet *Sheet, expected Expected, vaults []multisigtypes.Vault) error {
	ledgers, err := l.stafi.Ledgers(stafi, l.contract)
	if err != nil {
		return err
	}
	for _, vault := range vaults {
		balance, err := l.original.Balance(original, vault.Address)
		if err != nil {
			return err
		}
		var ledger *math.Int
		if known, found := ledgers[vault.Id]; found && !l.discarded[vault.Id] {
			ledger = &known.Ledger.Balance
		}
		sheet.Line(fmt.Sprintf("vault %d %s", vault.Id, vault.Status), expected.Vaults[vault.Id], &balance, ledger)
	}
	return nil
}

func (l *Life) auditPayouts(ctx context.Context, sheet *Sheet, expected Expected) error {
	for _, recipient := range sorted(expected.Payouts) {
		balance, err := l.original.Balance(ctx, recipient)
		if err != nil {
			return err
		}
		sheet.Line("paid to "+recipient, expected.Payouts[recipient], &balance, nil)
	}
	return nil
}

// auditPeople follows the users of the original chain through its blocks, from what genesis gave them.
func (l *Life) auditPeople(ctx context.Context, sheet *Sheet, scan Scan) error {
	for _, name := range []string{staker, outsider, agent} {
		address := l.people[name].Address
		balance, err := l.original.Balance(ctx, address)
		if err != nil {
			return err
		}
		sheet.Line(name+" after all sent and all fees", left(scan, address), &balance, nil)
	}
	return nil
}

func left(scan Scan, address string) math.Int {
	funds := math.NewInt(userFunds)
	for _, transfer := range scan.Transfers {
		if transfer.From == address {
			funds = funds.Sub(transfer.Amount)
		}
		if transfer.To == address {
			funds = funds.Add(transfer.Amount)
		}
	}
	for _, execution := range scan.Executions {
		if execution.Sender == address {
			funds = funds.Sub(execution.Fee)
		}
	}
	return funds
}

func (l *Life) auditHolders(ctx context.Context, sheet *Sheet, expected Expected) error {
	for _, name := range []string{holder, friend, crowd, newcomer} {
		balance, err := l.stafi.BalanceOf(ctx, l.user(name), l.rDenom())
		if err != nil {
			return err
		}
		want, found := expected.Holders[l.user(name)]
		if !found {
			want = math.ZeroInt()
		}
		sheet.Line(fmt.Sprintf("%s of %s", l.rDenom(), name), want, nil, &balance)
	}
	return nil
}

func (l *Life) auditBooks(ctx context.Context, sheet *Sheet, expected Expected) error {
	solvency, err := l.stafi.Solvency(ctx, l.contract)
	if err != nil {
		return err
	}
	supply, err := banktypes.NewQueryClient(l.stafi.GRPC).SupplyOf(ctx, &banktypes.QuerySupplyOfRequest{Denom: l.rDenom()})
	if err != nil {
		return err
	}
	zero := math.ZeroInt()
	backing := zero
	for id, balance := range expected.Vaults {
		if !l.discarded[id] {
			backing = backing.Add(balance)
		}
	}
	for _, locked := range expected.Locked {
		backing = backing.Sub(locked)
	}
	sheet.Line("supply of "+l.rDenom(), expected.Supply, nil, &supply.Amount.Amount)
	sheet.Line("  as the contract's books have it", expected.Supply, nil, &solvency.Supply)
	sheet.Line("unmatched deposits", expected.Unminted, nil, &solvency.Unminted)
	sheet.Line("fee reserve", expected.Reserve, nil, &solvency.Reserve)
	sheet.Line("escrow", zero, nil, &solvency.Escrow)
	sheet.Line("backing: what vaults can spend", backing, nil, &solvency.Balances)
	sheet.Line("surplus: backing − reserve − supply − unmatched", backing.Sub(expected.Reserve).Sub(expected.Supply).Sub(expected.Unminted), nil, &solvency.Surplus)
	if !solvency.Solvent || !solvency.Surplus.IsZero() {
		return fmt.Errorf("%w: solvent %t with a surplus of %s", errUnexpected, solvency.Solvent, solvency.Surplus)
	}
	return nil
}

// printHashes lists the users' transactions and those of the vaults, as they are on the original chain.
func (l *Life) printHashes(scan Scan, vaults []multisigtypes.Vault) {
	l.report.Say("transactions on %s:", l.original.ID)
	for _, named := range l.hashes {
		l.report.Say("  %s  %s", named.hash, named.what)
	}
	byAddress := map[string]uint64{}
	for _, vault := range vaults {
		byAddress[vault.Address] = vault.Id
	}
	for _, execution := range scan.Executions {
		if id, ours := byAddress[execution.Sender]; ours {
			l.report.Say("  %s  vault %d, block %d, memo %s, %d outputs, code %d, fee %s",
				execution.TxHash, id, execution.Height, execution.Memo, len(execution.Recipients), execution.Code, execution.Fee)
		}
	}
}

func sorted(sums map[string]math.Int) []string {
	keys := make([]string, 0, len(sums))
	for key := range sums {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

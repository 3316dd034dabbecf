package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// budget of an era, in ufis: the protocol's 1,000 FIS.
var budget = big.NewInt(1_000_000_000)

// statement is what the chain says of an era's reward, as the command line prints it.
type statement struct {
	Reward struct {
		Issued, Cap, Treasury, Status string
		ToRefunds                     string `json:"to_refunds"`
		SignaturePoints               string `json:"signature_points"`
		CallPoints                    string `json:"call_points"`
	}
	Earnings []struct {
		Operator, Signatures, Attestations, Calls, Earned, Share, Paid string
	}
}

// auditStatement predicts who earned what for what in an era, and compares `stafid query ssv statement` with it, and the Treasury's account.
func (l *Life) auditStatement(ctx context.Context, chronicle *Chronicle, era uint64, verdicts []verdict) error {
	workers, err := l.workers(ctx, chronicle, era, verdicts)
	if err != nil {
		return err
	}
	_, settled, _ := chronicle.Span(era)
	var said statement
	if err := l.stafi.Query(ctx, &said, "ssv statement", fmt.Sprint(era)); err != nil {
		return err
	}
	division := divide(budget, workers)
	if err := l.compareRows(era, said, workers, division); err != nil {
		return err
	}
	return l.compareTreasury(ctx, era, settled, said, division)
}

// workers are the operators that did something for points in an era, in no particular order.
func (l *Life) workers(ctx context.Context, chronicle *Chronicle, era uint64, verdicts []verdict) ([]worker, error) {
	first, last, _ := chronicle.Span(era)
	attestations := l.attestations(chronicle, first, last)
	forfeits, err := l.forfeits(ctx, era, last)
	if err != nil {
		return nil, err
	}
	var workers []worker
	for _, operator := range l.stafi.Operators {
		w := worker{
			operator: operator.Address, attestations: attestations[operator.Submitter.Address], served: l.servedIn(era, operator.Address),
			forfeits: faulty(verdicts, operator.Address) || forfeits[operator.Address],
		}
		for _, verdict := range verdicts {
			for _, account := range verdict.accounts {
				if account.operator == operator.Address {
					w.signatures += account.signed + account.credited
				}
			}
		}
		if w.points().Sign() > 0 {
			workers = append(workers, w)
		}
	}
	return workers, nil
}

// attestations counts the agreements of each submitter to the observations that were applied in an era. They are applied after the era's change
// at the end of a block, so that those of the last block are the next era's.
func (l *Life) attestations(chronicle *Chronicle, first, last int64) map[string]uint64 {
	counts := map[string]uint64{}
	for _, vote := range chronicle.Votes {
		applied := chronicle.Applied[vote.Hash]
		if vote.Agree && applied >= vote.Height && applied >= first && applied < last {
			counts[vote.Submitter]++
		}
	}
	return counts
}

// forfeits are the dealers of an era's round that did not deal or did not open, and those that did evil in it.
func (l *Life) forfeits(ctx context.Context, era uint64, settled int64) (map[string]bool, error) {
	forfeits := map[string]bool{}
	for _, deed := range l.evils {
		if deed.era == era {
			forfeits[deed.operator] = true
		}
	}
	round, err := l.stafi.ssv().Seed(At(ctx, settled), &ssvtypes.QuerySeedRequest{Era: era})
	if status.Code(err) == codes.NotFound {
		return forfeits, nil
	}
	if err != nil {
		return nil, fmt.Errorf("round of era %d: %w", era, err)
	}
	for _, dealer := range round.Dealers {
		if dealer.Status != ssvtypes.DEALER_STATUS_OPENED {
			forfeits[dealer.Operator] = true
		}
	}
	return forfeits, nil
}

func (l *Life) servedIn(era uint64, operator string) (calls uint64) {
	for _, o := range l.outages {
		if o.era == era {
			calls += o.served[operator]
		}
	}
	return calls
}

// compareRows holds each row of the statement against the prediction, and the sums.
func (l *Life) compareRows(era uint64, said statement, workers []worker, division division) error {
	var wrong []error
	paid, signatures, calls := new(big.Int), uint64(0), uint64(0)
	for i, w := range workers {
		want := fmt.Sprintf("%d signatures, %d attestations, %d calls, earned %s, paid %s", w.signatures, w.attestations, w.served, division.earned[i], division.paid[i])
		got := "no row"
		for _, row := range said.Earnings {
			if row.Operator == w.operator {
				got = fmt.Sprintf("%s signatures, %s attestations, %s calls, earned %s, paid %s", or0(row.Signatures), or0(row.Attestations), or0(row.Calls), row.Earned, row.Paid)
			}
		}
		if got != want {
			wrong = append(wrong, fmt.Errorf("%w: %s: the statement says %s, predicted %s", errUnexpected, l.stafi.Names([]string{w.operator}), got, want))
		}
		paid.Add(paid, division.paid[i])
		signatures, calls = signatures+20*w.signatures, calls+2*(w.attestations+w.served)
		forfeits := ""
		if w.forfeits {
			forfeits = "; forfeits"
		}
		l.report.Say("era %d: %s: %s%s", era, l.stafi.Names([]string{w.operator}), want, forfeits)
	}
	for _, row := range said.Earnings {
		if row.Earned != "0" && !slices.ContainsFunc(workers, func(w worker) bool { return w.operator == row.Operator }) {
			wrong = append(wrong, fmt.Errorf("%w: the statement has %+v, of whom the blocks say nothing", errUnexpected, row))
		}
	}
	got := fmt.Sprintf("issued %s, treasury %s, cap %s, P_signature %s, P_RPC %s", said.Reward.Issued, said.Reward.Treasury, said.Reward.Cap, said.Reward.SignaturePoints, said.Reward.CallPoints)
	want := fmt.Sprintf("issued %s, treasury %s, cap %s, P_signature %d, P_RPC %d", division.issued, division.treasury, division.cap, signatures, calls)
	if got != want {
		wrong = append(wrong, fmt.Errorf("%w: the statement says %s, predicted %s", errUnexpected, got, want))
	}
	if sum := new(big.Int).Add(paid, division.treasury); sum.Cmp(division.issued) != 0 {
		wrong = append(wrong, fmt.Errorf("%w: paid and treasury are %s, issued %s", errUnexpected, sum, division.issued))
	}
	if len(workers) > 0 {
		l.report.Say("era %d: %s; paid %s + treasury = issued, as predicted", era, want, paid)
	}
	return errors.Join(wrong...)
}

// compareTreasury holds the Treasury's account before and after the era's last block against its part.
func (l *Life) compareTreasury(ctx context.Context, era uint64, settled int64, said statement, division division) error {
	toRefunds, ok := new(big.Int).SetString(said.Reward.ToRefunds, 10)
	if !ok {
		return fmt.Errorf("%w: to_refunds %q", errUnexpected, said.Reward.ToRefunds)
	}
	before, err := l.treasuryAt(ctx, settled-1)
	if err != nil {
		return err
	}
	after, err := l.treasuryAt(ctx, settled)
	if err != nil {
		return err
	}
	got, want := new(big.Int).Sub(after, before), new(big.Int).Sub(division.treasury, toRefunds)
	if got.Cmp(want) != 0 {
		return fmt.Errorf("%w: the Treasury got %s ufis for era %d, predicted %s − %s for refunds", errUnexpected, got, era, division.treasury, toRefunds)
	}
	return nil
}

func (l *Life) treasuryAt(ctx context.Context, height int64) (*big.Int, error) {
	address := authtypes.NewModuleAddress(ssvtypes.TreasuryName).Bytes()
	text, err := l.stafi.Bech32(address)
	if err != nil {
		return nil, err
	}
	answer, err := banktypes.NewQueryClient(l.stafi.GRPC).Balance(At(ctx, height), &banktypes.QueryBalanceRequest{Address: text, Denom: stafiDenom})
	if err != nil {
		return nil, fmt.Errorf("balance of the Treasury at block %d: %w", height, err)
	}
	return answer.Balance.Amount.BigInt(), nil
}

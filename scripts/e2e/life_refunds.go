package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/x/bank/types"
)

// submitterFunds is what `stafid localnet` gives each submitter for duty transactions, in ufis.
const submitterFunds = 1_000_000_000

// freeDuties are those that only relayers send here, and that are only admitted from who owes them: each costs nothing.
var freeDuties = []string{"MsgObserve", "MsgAttest", "MsgOpen", "MsgDecrypt"}

// bill is what transactions of one kind cost.
type bill struct {
	count          int
	fees, refunded math.Int
}

func (b *bill) add(deed Deed) {
	if b.count == 0 {
		b.fees, b.refunded = math.ZeroInt(), math.ZeroInt()
	}
	b.count++
	b.fees, b.refunded = b.fees.Add(deed.Fee), b.refunded.Add(deed.Refunded)
}

// refunds shows what duty cost the members over the whole life: successful duties nothing, failed and duplicate ones their fee; and holds all of it
// against the submitters' balances.
func (l *Life) refunds(ctx context.Context) error {
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return err
	}
	bills := map[string]*bill{}
	var wrong []error
	for _, deed := range chronicle.Deeds {
		kind := kindOf(deed)
		if bills[kind] == nil {
			bills[kind] = &bill{}
		}
		bills[kind].add(deed)
		if err := fair(kind, deed); err != nil {
			wrong = append(wrong, err)
		}
	}
	kinds := make([]string, 0, len(bills))
	for kind := range bills {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		b := bills[kind]
		l.report.Say("%-28s %4d transactions, fees %9s ufis, refunded %9s, net %9s", kind, b.count, b.fees, b.refunded, b.fees.Sub(b.refunded))
	}
	if bills[failedKind] == nil || bills[failedKind].count == 0 {
		wrong = append(wrong, fmt.Errorf("%w: no duplicate failed", errUnexpected))
	}
	return errors.Join(append(wrong, l.compareSubmitters(ctx, chronicle))...)
}

const failedKind = "failed or duplicate"

// kindOf a transaction is its only message's type, or that it failed.
func kindOf(deed Deed) string {
	switch {
	case deed.Code != 0:
		return failedKind
	case len(deed.Types) != 1:
		return "other"
	}
	return deed.Types[0]
}

// fair wants what failed to pay, and a duty that succeeded to cost nothing.
func fair(kind string, deed Deed) error {
	switch {
	case kind == failedKind && !deed.Refunded.IsZero():
		return fmt.Errorf("%w: a failed transaction of block %d was refunded %s", errUnexpected, deed.Height, deed.Refunded)
	case slices.Contains(freeDuties, kind) && !deed.Refunded.Equal(deed.Fee), deed.Refunded.GT(deed.Fee):
		return fmt.Errorf("%w: %s of block %d was refunded %s of %s", errUnexpected, kind, deed.Height, deed.Refunded, deed.Fee)
	}
	return nil
}

// compareSubmitters holds each submitter's balance against its fees and refunds.
func (l *Life) compareSubmitters(ctx context.Context, chronicle *Chronicle) error {
	for _, operator := range l.stafi.Operators {
		want := math.NewInt(submitterFunds)
		for _, deed := range chronicle.Deeds {
			if deed.Submitter == operator.Submitter.Address {
				want = want.Sub(deed.Fee).Add(deed.Refunded)
			}
		}
		answer, err := types.NewQueryClient(l.stafi.GRPC).Balance(at(ctx, chronicle.Read), &types.QueryBalanceRequest{Address: operator.Submitter.Address, Denom: stafiDenom})
		if err != nil {
			return err
		}
		if !answer.Balance.Amount.Equal(want) {
			return fmt.Errorf("%w: the submitter of validator%d has %s ufis after block %d, its fees and refunds leave %s", errUnexpected, operator.Index, answer.Balance.Amount, chronicle.Read, want)
		}
	}
	l.report.Say("the balances of all %d submitters agree with it, to the ufis", len(l.stafi.Operators))
	return nil
}

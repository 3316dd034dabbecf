package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// submitterFunds is what `stafid localnet` gives each submitter for duty transactions, in ufis.
const submitterFunds = 1_000_000_000

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
	bills, beats := map[string]*bill{}, map[string]int64{}
	var wrong []error
	for _, deed := range chronicle.Deeds {
		kind, err := l.kindOf(ctx, chronicle, beats, deed)
		if err != nil {
			return err
		}
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
		l.report.Fact("%-26s %4d transactions, fees %9s ufis, refunded %9s, net %9s", kind, b.count, b.fees, b.refunded, b.fees.Sub(b.refunded))
	}
	if bills[failedKind] == nil || bills[failedKind].count == 0 {
		wrong = append(wrong, fmt.Errorf("%w: no duplicate failed", errUnexpected))
	}
	return errors.Join(append(wrong, l.compareSubmitters(ctx, chronicle))...)
}

// Kinds of transactions: what is not owed, or not done, pays.
const (
	failedKind    = "failed or duplicate"
	wrongKind     = "wrong signature"
	forgedKind    = "forged dealing"
	receiptsKind  = "MsgSubmitRPCReceipts"
	heartbeatKind = "MsgHeartbeat"
	unservingKind = "MsgHeartbeat, not serving"
)

// kindOf a transaction is its only message's type, or why it is no duty done.
func (l *Life) kindOf(ctx context.Context, chronicle *Chronicle, beats map[string]int64, deed Deed) (string, error) {
	switch {
	case deed.Code != 0:
		return failedKind, nil
	case len(deed.Types) != 1:
		return "", fmt.Errorf("%w: a transaction of block %d has messages %v", errUnexpected, deed.Height, deed.Types)
	case !deed.succeeded():
		return wrongKind, nil
	case deed.Types[0] == "MsgDeal" && deed.Limit == dealGas:
		return forgedKind, nil
	case deed.Types[0] == heartbeatKind:
		due, err := l.heartbeatDue(ctx, chronicle, beats, deed)
		if err != nil || due {
			return heartbeatKind, err
		}
		return unservingKind, nil
	}
	return deed.Types[0], nil
}

// heartbeatDue says whether a heartbeat is refunded: those of operators that served when it came, one for each interval of the era that had begun.
func (l *Life) heartbeatDue(ctx context.Context, chronicle *Chronicle, beats map[string]int64, deed Deed) (bool, error) {
	set, err := l.stafi.ssv().ConsensusSet(At(ctx, deed.Height-1), &ssvtypes.QueryConsensusSetRequest{})
	if err != nil {
		return false, fmt.Errorf("consensus set before block %d: %w", deed.Height, err)
	}
	for _, operator := range l.stafi.Operators {
		if operator.Submitter.Address != deed.Submitter || !slices.Contains(set.Excluded, operator.Address) {
			continue
		}
		era := chronicle.EraAt(deed.Height)
		key := fmt.Sprint(era, deed.Submitter)
		if beats[key] > interval(chronicle.EraStarts[era], deed.Height) {
			return false, nil
		}
		beats[key]++
		return true, nil
	}
	return false, nil
}

// fair wants what failed, was wrong or was not owed to pay, and a duty that was done to cost nothing. A forged dealing is refunded what it used: its
// dealer owed one; but not the limit that its sender chose.
func fair(kind string, deed Deed) error {
	want := deed.Fee
	switch kind {
	case failedKind, wrongKind, receiptsKind, unservingKind:
		want = math.ZeroInt()
	case forgedKind:
		want = deed.Refunded
	}
	if !deed.Refunded.Equal(want) || deed.Refunded.GT(deed.Fee) {
		return fmt.Errorf("%w: %s of block %d was refunded %s of %s, want %s", errUnexpected, kind, deed.Height, deed.Refunded, deed.Fee, want)
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
		answer, err := banktypes.NewQueryClient(l.stafi.GRPC).Balance(At(ctx, chronicle.Read), &banktypes.QueryBalanceRequest{Address: operator.Submitter.Address, Denom: stafiDenom})
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

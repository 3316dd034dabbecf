package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// finalAfter is how many blocks of the original chain make one final: its commit is in the next
// one, whose time in turn is in the header of the one after it.
const finalAfter = 2

// latencies tells in how many blocks of StaFi final deposits were minted and redemptions signed,
// over the whole life, and wants of each what is the chain's rule.
func (l *Life) latencies(ctx context.Context) error {
	chronicle, err := l.chronicled(ctx)
	if err != nil {
		return err
	}
	if err := l.depositLatency(ctx, chronicle); err != nil {
		return err
	}
	return l.redemptionLatency(ctx)
}

// depositLatency wants each deposit that was minted as it came to be in an observation that enough
// members agreed to by then (protocol §8), and tells how long that took them.
func (l *Life) depositLatency(ctx context.Context, chronicle *Chronicle) error {
	answer, err := l.stafi.contracts().Deposits(ctx, &contracttypes.QueryDepositsRequest{Contract: l.contract, Pagination: everything})
	if err != nil {
		return err
	}
	var minted, agreed Distribution
	for _, deposit := range answer.Deposits {
		if deposit.Status != contracttypes.DEPOSIT_STATUS_MINTED || l.books.Delayed(fmt.Sprintf("%X", deposit.TxHash), int(deposit.Index)) {
			continue
		}
		last, err := chronicle.enoughAgreed(deposit.CreditedHeight, committeeThreshold)
		if err != nil {
			return fmt.Errorf("deposit %X/%d minted in block %d: %w", deposit.TxHash, deposit.Index, deposit.CreditedHeight, err)
		}
		agreed.Add(deposit.CreditedHeight - last)
		final, err := l.stafiHeightAt(ctx, chronicle, int64(deposit.Height)+finalAfter) //nolint:gosec // a height
		if err != nil {
			return err
		}
		minted.Add(deposit.CreditedHeight - final)
	}
	l.report.Fact("blocks from a final deposit to its rTokens: %s", &minted)
	l.report.Fact("blocks from the last agreement needed to the rTokens: %s", &agreed)
	return nil
}

// stafiHeightAt is StaFi's newest block at the time of a block of the original chain.
func (l *Life) stafiHeightAt(ctx context.Context, chronicle *Chronicle, height int64) (int64, error) {
	header, err := l.original.RPC.Header(ctx, &height)
	if err != nil {
		return 0, fmt.Errorf("block %d of the original chain: %w", height, err)
	}
	return chronicle.HeightAt(header.Header.Time), nil
}

// redemptionLatency tells in how many blocks redemptions were signed for the first time; those that
// waited for a handover or for others are among them.
func (l *Life) redemptionLatency(ctx context.Context) error {
	var signed Distribution
	for _, redeemed := range l.books.Redemptions() {
		info, err := l.stafi.Redemption(ctx, redeemed.ID)
		if err != nil {
			return err
		}
		session, err := l.stafi.Session(ctx, info.Redemption.Root)
		if err != nil {
			return err
		}
		if session.Tally.SignedHeight > 0 {
			signed.Add(session.Tally.SignedHeight - info.Redemption.RequestedHeight)
		}
	}
	l.report.Fact("blocks from a redemption to its complete signed transaction: %s", &signed)
	return nil
}

// HeightAt is the newest block at a time: a block's time is that at which the one before it was made.
func (c *Chronicle) HeightAt(when time.Time) int64 {
	height := int64(0)
	for candidate, made := range c.Times {
		if !made.After(when) {
			height = max(height, candidate-1)
		}
	}
	return height
}

// enoughAgreed is the block with the last of the agreements that an observation needed which was
// applied in a block; an error if none that was applied there had as many.
func (c *Chronicle) enoughAgreed(applied int64, needed int) (int64, error) {
	for hash, height := range c.Applied {
		if height != applied {
			continue
		}
		var agreements []int64
		for _, vote := range c.Votes {
			if vote.Hash == hash && vote.Agree && vote.Height <= applied {
				agreements = append(agreements, vote.Height)
			}
		}
		slices.Sort(agreements)
		if len(agreements) >= needed {
			return agreements[needed-1], nil
		}
	}
	return 0, fmt.Errorf("%w: no observation with %d agreements was applied there", errUnexpected, needed)
}

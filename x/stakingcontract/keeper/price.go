package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// This file has what follows where a payload has no timeout (x/multisig/adr-003-ethereum.md): a series can't be given up and made anew with other
// fees, so that its next attempt is priced by the contract's figures of its own time. It takes the same nonce and does the same. Every attempt stays
// live, and whichever executes settles the series: its refund is bounded by its own fee, and the dearest fee is what is committed.

// leastRise is the part of what the figures call for, one in so many, by which an attempt must offer more to be worth another round of signatures.
// With it the attempts of a series that is signed are few, however the figures, or the reserve that bounds a handover's fee, creep up.
const leastRise = 8

// attempt is a series' newest attempt, as it is.
type attempt struct {
	series  multisigtypes.Series
	session multisigtypes.Session
	tally   multisigtypes.Tally
}

// signed is the newest attempt that N members signed: its transaction is there to be sent; 0 where there is none.
func (a attempt) signed() uint64 {
	if a.tally.Signatures >= a.session.Threshold {
		return a.session.Id
	}
	return a.series.Signed
}

// priceAnew opens the next attempt of a series once its newest takes no more signatures: where none was signed at once and at whatever the figures
// call for, more or less; where one was, only for more, and after waits that double while nobody signs the dearer ones.
func (k Keeper) priceAnew(ctx context.Context, w *work, batch types.Batch, a attempt) error {
	if !a.tally.Settled {
		return nil
	}
	cost, fee, err := k.price(ctx, w, batch)
	if err != nil {
		return err
	}
	if signed := a.signed(); signed != 0 {
		worth, err := k.worthSigning(ctx, w, a, cost, fee)
		if err != nil || !worth {
			return err
		}
	}
	return k.retryAt(ctx, w, batch, fee, cost.Gas)
}

// price is what the contract's figures call for now, and the fee that can be offered of it; nil where that must stay as it is, because the reserve
// does not cover it beside the fee of one handover, or the account beside the outputs.
func (k Keeper) price(ctx context.Context, w *work, batch types.Batch) (payout.Cost, *math.Int, error) {
	from, err := k.openAccount(ctx, batch.Contract, batch.Vault)
	if err != nil {
		return payout.Cost{}, nil, err
	}
	left := reserveLeft(w.state).Add(batch.Fee)
	if batch.Purpose == multisigtypes.PURPOSE_HANDOVER {
		return k.handOnPrice(ctx, w, batch, from, left)
	}
	cost := payout.PayoutCost(w.contract, from.vault, uint32(len(batch.Items)), w.state.GasBoost)
	kept := payout.MoveCost(w.contract, from.vault, from.vault, w.state.GasBoost).Fee
	most := math.MinInt(left.Sub(kept), from.ledger.Balance.Sub(batch.Total))
	if cost.Fee.GT(batch.Fee) && cost.Fee.GT(most) {
		return cost, nil, nil
	}
	return cost, &cost.Fee, nil
}

// handOnPrice is that of a handover, which may have what is committed for its rival.
func (k Keeper) handOnPrice(ctx context.Context, w *work, batch types.Batch, from *account, left math.Int) (payout.Cost, *math.Int, error) {
	next, err := k.multisig.Vault(ctx, batch.Destination)
	if err != nil {
		return payout.Cost{}, nil, err
	}
	if batch.Rival != 0 {
		rival, err := k.Batch(ctx, batch.Rival)
		if err != nil {
			return payout.Cost{}, nil, err
		}
		left = left.Add(rival.Fee)
	}
	cost := payout.MoveCost(w.contract, from.vault, next, 0)
	fee := handOnFee(cost, left, from.ledger)
	return cost, &fee, nil
}

// worthSigning says whether a series that has a signed attempt should have another.
func (k Keeper) worthSigning(ctx context.Context, w *work, a attempt, cost payout.Cost, fee *math.Int) (bool, error) {
	if fee == nil {
		return false, nil
	}
	signed, _, err := k.multisig.Session(ctx, a.signed())
	if err != nil {
		return false, err
	}
	offered, err := k.multisig.SessionFee(ctx, signed.Id)
	if err != nil || fee.Sub(offered.Amount).MulRaw(leastRise).LT(cost.Fee) {
		return false, err
	}
	unsigned := a.session.Attempt - signed.Attempt
	return unsigned == 0 || height(ctx) >= a.session.Expires+payout.MoveWait(w.params.PayoutInterval, unsigned), nil
}

// retryAt opens the next attempt at a fee, nil for that of the attempt before, and commits what it is above the dearest so far.
func (k Keeper) retryAt(ctx context.Context, w *work, batch types.Batch, fee *math.Int, gas uint64) error {
	retry := multisigtypes.Retry{TimeoutHeight: multisigtypes.NoTimeout}
	if fee != nil {
		retry.Price = &multisigtypes.Price{Fee: sdk.NewCoin(w.contract.Denom, *fee), GasLimit: gas}
	}
	if _, err := k.multisig.RetrySession(ctx, batch.Vault, retry); err != nil {
		return err
	}
	if fee == nil || fee.LTE(batch.Fee) {
		return nil
	}
	if batch.Committed {
		w.state.FeesCommitted = w.state.FeesCommitted.Add(*fee).Sub(batch.Fee)
	}
	batch.Fee = *fee
	return k.batches.Set(ctx, batch.Root, batch)
}

package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// settle books an attempt that is proven executed, in whatever status it was: it settles all attempts of its series, and ends the one that competed
// with it (protocol §§7, 9). The fee is paid from the vault either way; then the payload's effect is booked, or what follows from its failure.
func (k Keeper) settle(ctx context.Context, contract types.Contract, state *types.ContractState, event types.ExecutionEvent) error {
	session, err := k.multisig.Prove(ctx, event.Session)
	if err != nil {
		return err
	}
	batch, err := k.Batch(ctx, session.Root)
	if err != nil {
		return err
	}
	a, err := k.openAccount(ctx, contract.Id, batch.Vault)
	if err != nil {
		return err
	}
	other, err := k.competitor(ctx, batch)
	if err != nil {
		return err
	}
	if err := k.close(ctx, state, batch); err != nil {
		return err
	}
	if other != nil {
		if err := k.outrun(ctx, state, *other, event); err != nil {
			return err
		}
	}
	batch.Fee = event.FeePaid(batch)
	books.Fee(state, a.book(), batch.Fee)
	e := execution{contract: contract, state: state, from: a, batch: batch, event: event}
	switch {
	case batch.Purpose == multisigtypes.PURPOSE_PAYOUT && event.Success:
		err = k.paid(ctx, e)
	case batch.Purpose == multisigtypes.PURPOSE_PAYOUT:
		err = k.unpaid(ctx, e)
	case event.Success:
		err = k.moved(ctx, e)
	default:
		err = k.unmoved(ctx, e)
	}
	if err != nil {
		return err
	}
	return k.setLedger(ctx, a.ledger)
}

// execution is a proven execution with what it is booked in; from is saved by settle.
type execution struct {
	contract types.Contract
	state    *types.ContractState
	from     *account
	batch    types.Batch
	event    types.ExecutionEvent
}

func (e execution) change(reason string) types.StatusChange {
	return types.StatusChange{Session: e.event.Session, TxHash: e.event.TxHash, Reason: reason}
}

// paid books a payout that succeeded: its total left the vault, and each redemption's part is burned.
func (k Keeper) paid(ctx context.Context, e execution) error {
	books.Paid(e.from.book(), e.batch.Total)
	for _, item := range e.batch.Items {
		if err := k.payItem(ctx, e, item); err != nil {
			return err
		}
	}
	return nil
}

// payItem burns one part from escrow. The last part burns the fee too, which joins the reserve; before it, the rest waits at the queue's tail.
func (k Keeper) payItem(ctx context.Context, e execution, item types.PayoutItem) error {
	r, err := k.Redemption(ctx, item.Redemption)
	if err != nil {
		return err
	}
	if err := k.burn(ctx, e.contract, item.Amount); err != nil {
		return err
	}
	r.Paid, r.InFlight = r.Paid.Add(item.Amount), math.ZeroInt()
	if err := k.unsuspect(ctx, &r); err != nil {
		return err
	}
	if r.Due().IsPositive() {
		r.Status, r.Reason = types.REDEMPTION_STATUS_PARTIAL, fmt.Sprintf("%s of %s paid", r.Paid, r.Amount.Sub(r.Fee))
		if err := k.placeLast(ctx, &r); err != nil {
			return err
		}
		return k.changeStatus(ctx, r, e.change(r.Reason))
	}
	if err := k.burn(ctx, e.contract, r.Fee); err != nil {
		return err
	}
	books.Burned(e.state, r.Fee)
	redeemer, err := k.accountAddress(r.Redeemer)
	if err != nil {
		return err
	}
	if err := k.uncountOpen(ctx, redeemer); err != nil {
		return err
	}
	r.Status, r.Reason = types.REDEMPTION_STATUS_PAID, ""
	if err := k.changeStatus(ctx, r, e.change("")); err != nil || !r.Refund() {
		return err
	}
	return k.refunded(ctx, r)
}

// unpaid is what follows from a payout that was executed and failed.
func (k Keeper) unpaid(ctx context.Context, e execution) error {
	n := len(e.batch.Items)
	why := fmt.Sprintf("transaction %X failed with code %d", e.event.TxHash, e.event.Code)
	doubted, err := k.doubted(ctx, e.batch)
	if err != nil {
		return err
	}
	back := again{batch: e.batch}
	switch payout.Judge(payout.Failed{
		Event: e.event, N: n, Boost: e.state.GasBoost, Doubtful: payout.Doubtful(e.contract), Doubted: doubted,
	}) {
	case payout.Boost:
		e.state.GasBoost = payout.Boosted(e.state.GasBoost)
		back.change = e.change(why + ": it ran out of gas and gets more")
	case payout.Stop:
		k.trip(ctx, e.state, types.Halts{Payouts: true, Reason: fmt.Sprintf("vault %d could not pay: %s", e.batch.Vault, why)})
		back.change = e.change(why + ": the vault could not pay")
	case payout.Doubt:
		back.maxBatch, back.failed, back.doubted = uint32(n), true, true
		back.change = e.change(why + ": it is tried once more as it is")
	case payout.Halve:
		back.maxBatch, back.failed = payout.Halved(n), true
		back.change = e.change(fmt.Sprintf("%s: one of %d payments can't be made; smaller batches find it", why, n))
	case payout.Excuse:
		return k.refuse(ctx, e, func(types.Redemption) math.Int { return math.ZeroInt() }, why+" at the greatest gas limit")
	default:
		charge := func(r types.Redemption) math.Int { return r.FeesFailed.Add(e.batch.Fee) }
		return k.refuse(ctx, e, charge, why+": the recipient can't be paid")
	}
	return k.requeue(ctx, e.state, back)
}

// doubted says whether any redemption of a batch was given the benefit of the doubt before.
func (k Keeper) doubted(ctx context.Context, batch types.Batch) (bool, error) {
	for _, item := range batch.Items {
		if r, err := k.Redemption(ctx, item.Redemption); err != nil || r.Doubted {
			return true, err
		}
	}
	return false, nil
}

// refuse ends the one redemption of a batch: its rTokens return, less the charge for the fees that it burned. The others that stood in those
// batches are cleared: what they cost is paid for, and they are paid in batches of any size again.
func (k Keeper) refuse(ctx context.Context, e execution, charge func(types.Redemption) math.Int, reason string) error {
	r, err := k.Redemption(ctx, e.batch.Items[0].Redemption)
	if err != nil {
		return err
	}
	releaseOutflow(e.state, e.batch)
	r.InFlight, r.FeesBurned = math.ZeroInt(), math.MinInt(charge(r), r.Escrowed())
	if err := k.clearSuspects(ctx, r); err != nil {
		return err
	}
	absolve(&r)
	r.Status, r.Reason = types.REDEMPTION_STATUS_REFUSED, reason
	return k.giveBack(ctx, ending{contract: e.contract, state: e.state, from: e.from}, &r, e.change(reason))
}

// moved books a handover or a sweep that succeeded: the total is at its destination and the deposits taken along can be minted.
func (k Keeper) moved(ctx context.Context, e execution) error {
	to, err := k.openAccount(ctx, e.contract.Id, e.batch.Destination)
	if err != nil {
		return err
	}
	if e.batch.Purpose == multisigtypes.PURPOSE_HANDOVER {
		if err := k.activate(ctx, e.state, e.from, to); err != nil {
			return err
		}
	}
	batch := e.batch
	if e.contract.Kind.HandsOn() {
		batch = handedOn(batch, e.from.ledger)
	}
	first := e.from.ledger.Moved + 1
	carried := books.Move(e.state, e.from.book(), to.book(), batch)
	if err := k.keepArrival(ctx, e.from.ledger, first, carried); err != nil {
		return err
	}
	if err := k.noteMove(ctx, e.from, to); err != nil {
		return err
	}
	if e.contract.Kind.HandsOn() {
		if err := k.closeVault(ctx, e.from); err != nil {
			return err
		}
	}
	return k.setLedger(ctx, to.ledger)
}

// unmoved is what follows from a handover or a sweep that was executed and failed: it is opened anew at the next sequence. A handover is opened
// at once with more gas where it ran out of it, else after a wait that doubles: each attempt burns a fee of the reserve, and an original chain that
// suspended transfers would use it up. A sweep waits, too (sweepPause).
func (k Keeper) unmoved(ctx context.Context, e execution) error {
	k.alarm(ctx, e.contract.Id, fmt.Sprintf(
		"%s of vault %d failed: transaction %X, code %d", e.batch.Purpose, e.batch.Vault, e.event.TxHash, e.event.Code,
	))
	starved := payout.Starved(e.event, e.state.GasBoost)
	if starved {
		e.state.GasBoost = payout.Boosted(e.state.GasBoost)
	}
	if e.batch.Purpose != multisigtypes.PURPOSE_SWEEP {
		if starved {
			return nil
		}
		return k.delayMove(ctx, e.state)
	}
	return k.scheduleSweep(ctx, e.batch.Contract, e.batch.Vault, height(ctx)+failedSweepPause)
}

// delayMove puts off the next attempt at a handover (payout.MoveWait).
func (k Keeper) delayMove(ctx context.Context, state *types.ContractState) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	state.FailedMoves++
	state.NextMove = height(ctx) + payout.MoveWait(params.PayoutInterval, state.FailedMoves)
	return nil
}

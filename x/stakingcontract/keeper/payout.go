package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// scanFactor times max_outputs is how far a batch looks into the queue for redemptions of one kind.
const scanFactor = 2

// payouts opens a payout session for the oldest queued redemptions, every payout_interval blocks or when a batch is full (protocol §9). There is
// none while the vault is handed over, payouts are halted or a payment is under way.
func (k Keeper) payouts(ctx context.Context, w *work) error {
	if w.state.ActiveVault == 0 || w.state.Handover != types.HANDOVER_STAGE_NONE || w.state.Halts.Payouts {
		return nil
	}
	busy, err := k.hasSeries(ctx, w.contract.Id, w.state.ActiveVault)
	if err != nil || busy {
		return err
	}
	due := height(ctx) >= w.state.LastPayout+int64(w.params.PayoutInterval)
	queue, err := k.head(ctx, w, due)
	if err != nil || len(queue) == 0 {
		return err
	}
	plan, a, err := k.plan(ctx, w, queue)
	if err != nil || len(plan.Items) == 0 {
		return err
	}
	return k.pay(ctx, w, a, plan)
}

// head returns the first redemptions of the queue; none where payouts are not due and a batch is not full.
func (k Keeper) head(ctx context.Context, w *work, due bool) ([]types.Redemption, error) {
	outputs := int(w.contract.Limits.MaxOutputs)
	var ids []uint64
	err := k.queue.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](w.contract.Id), func(_ collections.Pair[uint64, uint64], id uint64) (bool, error) {
		ids = append(ids, id)
		return len(ids) >= scanFactor*outputs, nil
	})
	if err != nil || !due && len(ids) < outputs {
		return nil, err
	}
	queue := make([]types.Redemption, 0, len(ids))
	for _, id := range ids {
		redemption, err := k.Redemption(ctx, id)
		if err != nil {
			return nil, err
		}
		queue = append(queue, redemption)
	}
	return queue, nil
}

// plan makes a batch of a queue's head within the era's cap, the vault's balance and the reserve, of which the fee of one handover is kept back:
// redeemers must not be able to spend what the vault needs to change hands.
func (k Keeper) plan(ctx context.Context, w *work, queue []types.Redemption) (payout.Plan, *account, error) {
	a, err := k.openAccount(ctx, w.contract.Id, w.state.ActiveVault)
	if err != nil {
		return payout.Plan{}, nil, err
	}
	plan, _ := payout.Make(queue, bounds(w.contract, w.state, a))
	return plan, a, nil
}

func bounds(contract types.Contract, state types.ContractState, a *account) payout.Bounds {
	fee := func(outputs uint32) math.Int {
		return payout.PayoutCost(contract, a.vault, outputs, state.GasBoost).Fee
	}
	b := payout.Bounds{
		MaxOutputs: contract.Limits.MaxOutputs,
		Balance:    a.ledger.Balance,
		Reserve:    reserveLeft(state).Sub(payout.MoveCost(contract, a.vault, a.vault, state.GasBoost).Fee),
		LeastPart:  contract.Limits.MinDeposit,
		LeastRest:  payout.Least(contract, state.GasBoost),
		Fee:        fee,
	}
	if !state.Halts.WindDown {
		left := math.MaxInt(state.OutflowCap.Sub(state.Outflow), math.ZeroInt())
		b.Cap = &left
	}
	return b
}

// pay opens the session of a planned batch and marks its redemptions.
func (k Keeper) pay(ctx context.Context, w *work, a *account, plan payout.Plan) error {
	redemptions := make([]types.Redemption, len(plan.Items))
	outputs := make([]multisigtypes.Output, len(plan.Items))
	for i, item := range plan.Items {
		redemption, err := k.Redemption(ctx, item.Redemption)
		if err != nil {
			return err
		}
		redemptions[i] = redemption
		outputs[i] = multisigtypes.Output{Address: redemption.Recipient, Amount: item.Amount}
	}
	batch, err := k.open(ctx, w, a.vault, types.Batch{
		Purpose: multisigtypes.PURPOSE_PAYOUT, Items: plan.Items, Total: plan.Total, Fee: plan.Fee, Unswept: math.ZeroInt(),
	}, request{outputs: outputs, gas: payout.PayoutCost(w.contract, a.vault, uint32(len(outputs)), w.state.GasBoost).Gas})
	if err != nil {
		return err
	}
	for i, r := range redemptions {
		if err := k.queue.Remove(ctx, collections.Join(r.Contract, r.Place)); err != nil {
			return err
		}
		r.Status, r.Reason = types.REDEMPTION_STATUS_SIGNING, ""
		r.Root, r.InFlight = batch.Root, plan.Items[i].Amount
		if err := k.changeStatus(ctx, r, types.StatusChange{Session: batch.Root}); err != nil {
			return err
		}
	}
	w.state.Outflow = w.state.Outflow.Add(plan.Total)
	w.state.LastPayout = height(ctx)
	return nil
}

// again is how a batch's redemptions are queued again: with a bound on the batches that they may be in (0 keeps theirs), and suspected where
// the batch failed and one of them may be at fault.
type again struct {
	batch           types.Batch
	maxBatch        uint32
	failed, doubted bool
	change          types.StatusChange
}

// requeue puts a batch's redemptions back at their old places.
func (k Keeper) requeue(ctx context.Context, state *types.ContractState, a again) error {
	for _, item := range a.batch.Items {
		r, err := k.Redemption(ctx, item.Redemption)
		if err != nil {
			return err
		}
		r.InFlight = math.ZeroInt()
		if a.maxBatch > 0 {
			r.MaxBatch = a.maxBatch
		}
		if a.failed {
			if err := k.suspect(ctx, &r, a); err != nil {
				return err
			}
		}
		r.Status, r.Reason = types.REDEMPTION_STATUS_QUEUED, a.change.Reason
		if r.Paid.IsPositive() {
			r.Status = types.REDEMPTION_STATUS_PARTIAL
		}
		if err := k.enqueue(ctx, r); err != nil {
			return err
		}
		if err := k.changeStatus(ctx, r, a.change); err != nil {
			return err
		}
	}
	releaseOutflow(state, a.batch)
	return nil
}

// releaseOutflow gives the era's cap back what a batch did not pay; a batch of an earlier era committed nothing of this one's.
func releaseOutflow(state *types.ContractState, batch types.Batch) {
	state.Outflow = math.MaxInt(state.Outflow.Sub(batch.Total), math.ZeroInt())
}

// queued says whether a contract has redemptions to pay.
func (k Keeper) queued(ctx context.Context, contract uint64) (bool, error) {
	iterator, err := k.queue.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](contract))
	if err != nil {
		return false, err
	}
	return iterator.Valid(), iterator.Close()
}

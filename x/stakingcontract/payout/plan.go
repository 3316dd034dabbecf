package payout

import (
	"sort"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Bounds are what a batch has to fit.
type Bounds struct {
	// MaxOutputs of one transaction.
	MaxOutputs uint32
	// Cap is what may still be paid out in this era; nil knows no cap (wind-down).
	Cap *math.Int
	// Balance of the paying vault.
	Balance math.Int
	// Reserve that may be spent on the fee.
	Reserve math.Int
	// LeastPart is the least amount worth paying where a redemption is paid in parts, LeastRest the least that may be left of it then: what is
	// left has to bear the failed batches that it can cause.
	LeastPart, LeastRest math.Int
	// Fee of a transaction with that many outputs; it must not fall with outputs.
	Fee func(outputs uint32) math.Int
}

// Plan is a batch: its items in order of redemption id.
type Plan struct {
	Items []types.PayoutItem
	Total math.Int
	Fee   math.Int
}

// Make takes redemptions from the front of a queue, in order of place, into one batch:
//
//  1. as many outputs as max_outputs and the reserve allow;
//  2. a batch is of one kind: redemptions of failed batches (max_batch > 0) go only together, and never more than the least max_batch
//     among them; the first redemption decides;
//  3. each is paid in full while it fits what is left of the cap and of the vault's balance; the first that does not is paid what is left,
//     if that is at least LeastPart and leaves at least LeastRest, and ends the batch.
//
// The second result says in words what holds payouts back where the plan is empty.
func Make(queue []types.Redemption, b Bounds) (Plan, string) {
	outputs := affordable(b)
	if outputs == 0 {
		return Plan{}, "the fee reserve doesn't cover the fee"
	}
	room := b.Balance.Sub(b.Fee(outputs))
	reason := "the vault holds too little until other vaults are swept"
	if b.Cap != nil && b.Cap.LTE(room) {
		room, reason = *b.Cap, "the era's outflow cap is reached"
	}
	plan := fill(pick(queue, outputs), room, b)
	if len(plan.Items) == 0 {
		return Plan{}, reason
	}
	plan.Fee = b.Fee(uint32(len(plan.Items)))
	sort.Slice(plan.Items, func(i, j int) bool { return plan.Items[i].Redemption < plan.Items[j].Redemption })
	return plan, ""
}

// affordable is the greatest number of outputs, up to MaxOutputs, whose fee the reserve covers.
func affordable(b Bounds) uint32 {
	return uint32(sort.Search(int(b.MaxOutputs), func(n int) bool { return b.Fee(uint32(n) + 1).GT(b.Reserve) }))
}

// pick takes the redemptions of one kind from the queue, as rule 2 says.
func pick(queue []types.Redemption, outputs uint32) []types.Redemption {
	var picked []types.Redemption
	limit := outputs
	for _, redemption := range queue {
		if len(picked) > 0 && (redemption.MaxBatch > 0) != (picked[0].MaxBatch > 0) {
			continue
		}
		if redemption.MaxBatch > 0 && min(limit, redemption.MaxBatch) < uint32(len(picked))+1 {
			break
		}
		if redemption.MaxBatch > 0 {
			limit = min(limit, redemption.MaxBatch)
		}
		picked = append(picked, redemption)
		if uint32(len(picked)) >= limit {
			break
		}
	}
	return picked
}

// fill gives each redemption what is due while there is room, and the last one what is left.
func fill(picked []types.Redemption, room math.Int, b Bounds) Plan {
	plan := Plan{Total: math.ZeroInt()}
	for _, redemption := range picked {
		amount := math.MinInt(redemption.Due(), room)
		part := amount.LT(redemption.Due())
		if part {
			amount = math.MinInt(amount, redemption.Due().Sub(b.LeastRest))
		}
		if !amount.IsPositive() || part && amount.LT(b.LeastPart) {
			break
		}
		plan.Items = append(plan.Items, types.PayoutItem{Redemption: redemption.Id, Amount: amount})
		plan.Total = plan.Total.Add(amount)
		room = room.Sub(amount)
		if part {
			break
		}
	}
	return plan
}

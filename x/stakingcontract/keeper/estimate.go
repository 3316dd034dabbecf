package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// blockMargin is added to an estimate for the blocks in which transactions are on their way.
const blockMargin = 2

// estimate says in words what a redemption waits for, and by which height of this chain its next step is expected, 0 where none is left or
// nothing on this chain brings it about (protocol §9).
func (k Keeper) estimate(ctx context.Context, r types.Redemption) (int64, string, error) {
	switch r.Status {
	case types.REDEMPTION_STATUS_PAID:
		return 0, "paid, nothing is left to do", nil
	case types.REDEMPTION_STATUS_CANCELLED:
		return 0, "cancelled, the rTokens were returned", nil
	case types.REDEMPTION_STATUS_REFUSED:
		return 0, "refused, the rTokens were returned less the fees burned: " + r.Reason, nil
	case types.REDEMPTION_STATUS_SIGNED:
		return k.estimateSigned(ctx, r)
	case types.REDEMPTION_STATUS_SIGNING:
		return k.estimateSigning(ctx, r)
	}
	return k.estimateQueued(ctx, r)
}

func (k Keeper) estimateSigned(ctx context.Context, r types.Redemption) (int64, string, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, "", err
	}
	return height(ctx) + int64(params.ObservationDeadline),
		"the payment is signed and broadcast; it counts as paid when the committee has proven it on the original chain", nil
}

func (k Keeper) estimateSigning(ctx context.Context, r types.Redemption) (int64, string, error) {
	session, contested, err := k.latest(ctx, r)
	if err != nil {
		return 0, "", err
	}
	if contested {
		return 0, "the vault is being handed over; if the payment was not sent before, it is signed anew by the next committee", nil
	}
	return session.Expires, fmt.Sprintf(
		"the committee signs the payment, attempt %d until height %d; without enough signatures another attempt follows", session.Attempt, session.Expires,
	), nil
}

// latest is the newest attempt of the series that a redemption is in; contested where a handover competes with it, and it is signed no more.
func (k Keeper) latest(ctx context.Context, r types.Redemption) (session multisigtypes.Session, contested bool, err error) {
	batch, err := k.Batch(ctx, r.Root)
	if err != nil {
		return session, false, err
	}
	series, found, err := k.multisig.CurrentSeries(ctx, batch.Vault)
	if err != nil || !found {
		return session, false, err
	}
	if series.Root != batch.Root {
		return session, true, nil
	}
	session, _, err = k.multisig.Session(ctx, series.Latest)
	return session, false, err
}

func (k Keeper) estimateQueued(ctx context.Context, r types.Redemption) (int64, string, error) {
	contract, state, err := k.load(ctx, r.Contract)
	if err != nil {
		return 0, "", err
	}
	switch {
	case state.Halts.Payouts:
		return 0, "payouts are halted until governance lifts the halt: " + state.Halts.Reason, nil
	case state.ActiveVault == 0:
		return 0, "the contract has no active vault", nil
	case state.Handover != types.HANDOVER_STAGE_NONE:
		return 0, fmt.Sprintf("payouts pause while vault %d is handed over to vault %d", state.ActiveVault, state.PendingVault), nil
	}
	a, err := k.openAccount(ctx, contract.Id, state.ActiveVault)
	if err != nil {
		return 0, "", err
	}
	if plan, held := payout.Make([]types.Redemption{r}, bounds(contract, state, a)); len(plan.Items) == 0 {
		return 0, held + ": the redemption waits", nil
	}
	return k.estimateTurn(ctx, contract, state, r)
}

// estimateTurn counts the batches before a redemption's place, one for each payout_interval.
func (k Keeper) estimateTurn(ctx context.Context, contract types.Contract, state types.ContractState, r types.Redemption) (int64, string, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, "", err
	}
	before, err := k.countBefore(ctx, r)
	if err != nil {
		return 0, "", err
	}
	batches := before / int64(contract.Limits.MaxOutputs)
	next := max(height(ctx), state.LastPayout+int64(params.PayoutInterval)) + batches*int64(params.PayoutInterval) + blockMargin
	return next, fmt.Sprintf("%d redemptions are paid before; expected in the payment opened by height %d, within the era's outflow cap", before, next), nil
}

// maxCounted bounds how many places a query counts.
const maxCounted = 10_000

func (k Keeper) countBefore(ctx context.Context, r types.Redemption) (int64, error) {
	before := int64(0)
	places := collections.NewPrefixedPairRange[uint64, uint64](r.Contract).EndExclusive(r.Place)
	err := k.queue.Walk(ctx, places, func(collections.Pair[uint64, uint64], uint64) (bool, error) {
		before++
		return before >= maxCounted, nil
	})
	return before, err
}

package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// This file has what is different where the vaults of a contract are one account that is handed on (x/multisig/adr-003-ethereum.md): its
// payloads have no timeout, so that a payout that was signed can execute as long as its nonce is not used. A handover takes the same nonce; the
// account executes one of the two, and the proof of either ends both.

// rival is the payout with which a handover of the ACTIVE vault would compete for its nonce, nil where there is none. busy says that the vault
// has a series with which nothing competes: one on a kind of chain that has timeouts, a handover, or a payout whose newest attempt still
// takes signatures, so that nobody is blamed for what was overtaken.
func (k Keeper) rival(ctx context.Context, w *work) (rival *types.Batch, busy bool, err error) {
	root, err := k.openSeries.Get(ctx, collections.Join(w.contract.Id, w.state.ActiveVault))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil || !w.contract.Kind.HandsOn() {
		return nil, true, err
	}
	batch, err := k.Batch(ctx, root)
	if err != nil || batch.Purpose != multisigtypes.PURPOSE_PAYOUT {
		return nil, true, err
	}
	series, found, err := k.multisig.CurrentSeries(ctx, batch.Vault)
	if err != nil || !found {
		return nil, true, err
	}
	_, tally, err := k.multisig.Session(ctx, series.Latest)
	return &batch, !tally.Settled, err
}

// openHandOn opens the session that makes the next vault's signers the owners. The refund is at most what the account and the reserve can pay, for an
// account that can't pay it undoes the whole transaction: an empty one is handed on without any. Of a handover and its rival only one is paid,
// so that what is committed for the one is there for the other.
func (k Keeper) openHandOn(ctx context.Context, w *work, from *account, rival *types.Batch) error {
	next, err := k.multisig.Vault(ctx, w.state.PendingVault)
	if err != nil {
		return err
	}
	cost, left := payout.MoveCost(w.contract, from.vault, next, 0), reserveLeft(w.state)
	batch := types.Batch{
		Purpose: multisigtypes.PURPOSE_HANDOVER, Total: math.ZeroInt(), Destination: next.Id, Unswept: math.ZeroInt(),
	}
	if rival != nil {
		batch.Rival, left = rival.Root, left.Add(rival.Fee)
	}
	batch.Fee = handOnFee(cost, left, from.ledger)
	_, err = k.open(ctx, w, from.vault, batch, request{gas: cost.Gas, next: next.Id})
	return err
}

// handOnFee is what a handover offers: the cost, or what the reserve has left for it or the account holds where that is less.
func handOnFee(cost payout.Cost, left math.Int, from types.Ledger) math.Int {
	return math.MaxInt(math.ZeroInt(), math.MinInt(cost.Fee, math.MinInt(left, from.Balance)))
}

// competitor is the other series at an executed batch's nonce, nil where there is none: a handover's rival, or the handover whose rival the
// batch is. It must be asked before the batch is closed.
func (k Keeper) competitor(ctx context.Context, batch types.Batch) (*types.Batch, error) {
	root := batch.Rival
	if root == 0 {
		open, err := k.openSeries.Get(ctx, collections.Join(batch.Contract, batch.Vault))
		if err != nil {
			return nil, err
		}
		root = open
	}
	if root == batch.Root {
		return nil, nil
	}
	other, err := k.Batch(ctx, root)
	return &other, err
}

// outrun ends the series that lost its nonce to a proven one, and can't execute any more. A payout's redemptions are queued again, for whoever
// holds the account then; a handover is opened anew at the next nonce.
func (k Keeper) outrun(ctx context.Context, state *types.ContractState, lost types.Batch, won types.ExecutionEvent) error {
	if err := k.close(ctx, state, lost); err != nil {
		return err
	}
	if lost.Purpose == multisigtypes.PURPOSE_PAYOUT {
		return k.requeue(ctx, state, again{batch: lost, change: types.StatusChange{
			Session: lost.Root, TxHash: won.TxHash, Reason: "the vault was handed over before the payment was sent; it is signed anew",
		}})
	}
	if state.Handover == types.HANDOVER_STAGE_MOVE {
		k.enter(ctx, state, types.HANDOVER_STAGE_DRAIN)
	}
	return nil
}

// handedOn is what a proven handover of an account takes along: everything, as it is at that point.
func handedOn(batch types.Batch, from types.Ledger) types.Batch {
	batch.Total, batch.Unswept, batch.Deposits = from.Balance, from.Unswept, from.Deposits
	return batch
}

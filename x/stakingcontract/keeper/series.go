package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// work is one contract's turn in EndBlock: it is loaded once, changed by each step and saved at the end.
type work struct {
	contract types.Contract
	state    types.ContractState
	params   types.Params
	era      uint64
}

// Batch returns what an unfinished series moves, or ErrBatchNotFound.
func (k Keeper) Batch(ctx context.Context, root uint64) (types.Batch, error) {
	batch, err := k.batches.Get(ctx, root)
	if errors.Is(err, collections.ErrNotFound) {
		return batch, types.ErrBatchNotFound.Wrapf("series %d", root)
	}
	return batch, err
}

// unfinished returns the batches of a contract's unfinished series, in order of vault: at most one for each vault, after its rival if it has one.
func (k Keeper) unfinished(ctx context.Context, contract uint64) ([]types.Batch, error) {
	iterator, err := k.openSeries.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](contract))
	if err != nil {
		return nil, err
	}
	roots, err := iterator.Values()
	if err != nil {
		return nil, err
	}
	batches := make([]types.Batch, 0, len(roots))
	for _, root := range roots {
		batch, err := k.Batch(ctx, root)
		if err != nil {
			return nil, err
		}
		if batch.Rival != 0 {
			rival, err := k.Batch(ctx, batch.Rival)
			if err != nil {
				return nil, err
			}
			batches = append(batches, rival)
		}
		batches = append(batches, batch)
	}
	return batches, nil
}

func (k Keeper) hasSeries(ctx context.Context, contract, vault uint64) (bool, error) {
	return k.openSeries.Has(ctx, collections.Join(contract, vault))
}

// reserveLeft is what of the reserve no open series may take.
func reserveLeft(state types.ContractState) math.Int {
	return state.Reserve.Sub(state.FeesCommitted)
}

// request is what a session is asked to do beside its batch: outputs to pay, or the next vault whose signers become the owners.
type request struct {
	outputs []multisigtypes.Output
	next    uint64
	gas     uint64
}

// open opens a series for a batch and keeps the batch under its root. The fee of a vault that backs rTokens is committed from the reserve.
func (k Keeper) open(ctx context.Context, w *work, vault multisigtypes.Vault, batch types.Batch, r request) (types.Batch, error) {
	obliged, err := k.obliged(ctx, w, vault)
	if err != nil {
		return batch, err
	}
	session, err := k.multisig.OpenSession(ctx, multisigtypes.NewSession{
		Vault:         vault.Id,
		Purpose:       batch.Purpose,
		Outputs:       r.outputs,
		Next:          r.next,
		Denom:         w.contract.Denom,
		Fee:           sdk.NewCoin(w.contract.Denom, batch.Fee),
		GasLimit:      r.gas,
		TimeoutHeight: w.timeout(),
		Obliged:       obliged,
	})
	if err != nil {
		return batch, err
	}
	batch.Root, batch.Contract, batch.Vault = session.Root, w.contract.Id, vault.Id
	batch.Committed = types.Counted(vault.Status)
	if batch.Committed {
		w.state.FeesCommitted = w.state.FeesCommitted.Add(batch.Fee)
	}
	if err := k.openSeries.Set(ctx, collections.Join(batch.Contract, batch.Vault), batch.Root); err != nil {
		return batch, err
	}
	return batch, k.batches.Set(ctx, batch.Root, batch)
}

// obliged says whether a vault's members owe their signatures: not those of a CLOSED vault, and nobody any more once the committee of a contract
// that was wound down is dissolved.
func (k Keeper) obliged(ctx context.Context, w *work, vault multisigtypes.Vault) (bool, error) {
	if vault.Status == multisigtypes.VAULT_STATUS_CLOSED || !w.state.Halts.WindDown {
		return vault.Status != multisigtypes.VAULT_STATUS_CLOSED, nil
	}
	_, found, err := k.ssv.PresentCommittee(ctx, w.contract.Id)
	return found, err
}

// timeout is the original-chain height above which a payload made now can't execute.
func (w *work) timeout() uint64 { return w.contract.Timeout(w.state.ObservedHeight) }

// close forgets a series that is finished and releases its fee. Deposits at a vault whose money was being moved can be minted again.
func (k Keeper) close(ctx context.Context, state *types.ContractState, batch types.Batch) error {
	if batch.Committed {
		state.FeesCommitted = state.FeesCommitted.Sub(batch.Fee)
	}
	if err := k.openSeries.Remove(ctx, collections.Join(batch.Contract, batch.Vault)); err != nil {
		return err
	}
	if err := k.mintWork.Set(ctx, collections.Join(batch.Contract, batch.Vault)); err != nil {
		return err
	}
	return k.batches.Remove(ctx, batch.Root)
}

// upkeep looks after a contract's unfinished series: it opens the next attempt of one whose newest attempt ended without a proof, and gives
// up one that is wanted no more, or that was made with other fees, once every attempt of it is proven dead (protocol §§7, 10).
func (k Keeper) upkeep(ctx context.Context, w *work) error {
	batches, err := k.unfinished(ctx, w.contract.Id)
	if err != nil {
		return err
	}
	for _, batch := range batches {
		if err := k.upkeepSeries(ctx, w, batch); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) upkeepSeries(ctx context.Context, w *work, batch types.Batch) error {
	series, found, err := k.multisig.CurrentSeries(ctx, batch.Vault)
	if err != nil {
		return err
	}
	if !found {
		return multisigtypes.ErrNoSeries.Wrapf("vault %d, wanted series %d", batch.Vault, batch.Root)
	}
	if series.Root != batch.Root {
		// A handover competes with it: it takes no more signatures, and waits for the proof of either.
		return nil
	}
	session, tally, err := k.multisig.Session(ctx, series.Latest)
	if err != nil {
		return err
	}
	vault, err := k.multisig.Vault(ctx, batch.Vault)
	if err != nil {
		return err
	}
	dead := w.state.ObservedHeight >= session.TimeoutHeight
	switch {
	case dead && tally.Settled && (!w.wanted(vault, batch) || w.outdated(vault, batch)):
		return k.abandon(ctx, &w.state, batch, "the payment expired without being executed")
	case w.contract.Kind.HandsOn() && w.wanted(vault, batch):
		return k.priceAnew(ctx, w, batch, attempt{series: series, session: session, tally: tally})
	case !w.wanted(vault, batch) || !ended(tally, dead):
		return nil
	}
	_, err = k.multisig.RetrySession(ctx, batch.Vault, multisigtypes.Retry{TimeoutHeight: max(w.timeout(), session.TimeoutHeight)})
	return err
}

// ended says whether an attempt takes no more signatures and can't, or may not, execute: EXPIRED, VOID, or SIGNED and dead.
func ended(tally multisigtypes.Tally, dead bool) bool {
	if !tally.Settled {
		return false
	}
	switch tally.Status {
	case multisigtypes.SESSION_STATUS_EXPIRED, multisigtypes.SESSION_STATUS_VOID:
		return true
	case multisigtypes.SESSION_STATUS_SIGNED:
		return dead
	}
	return false
}

// wanted says whether a series may have another attempt: a payout not while its vault is being handed over or payouts are halted, a sweep of
// a vault that backs nothing never.
func (w *work) wanted(vault multisigtypes.Vault, batch types.Batch) bool {
	if !types.Counted(vault.Status) {
		return false
	}
	if batch.Purpose != multisigtypes.PURPOSE_PAYOUT {
		return true
	}
	return w.state.Handover == types.HANDOVER_STAGE_NONE && !w.state.Halts.Payouts
}

// outdated says whether the contract's gas figures would now give another fee: a payload that pays too little may never execute.
func (w *work) outdated(vault multisigtypes.Vault, batch types.Batch) bool {
	outputs := uint32(max(1, len(batch.Items)))
	return !payout.PayoutCost(w.contract, vault, outputs, w.state.GasBoost).Fee.Equal(batch.Fee)
}

// abandon gives up a series whose every attempt is proven dead: what it would have moved stays, redemptions are queued again.
func (k Keeper) abandon(ctx context.Context, state *types.ContractState, batch types.Batch, why string) error {
	if err := k.multisig.Abandon(ctx, batch.Vault); err != nil {
		return err
	}
	if err := k.close(ctx, state, batch); err != nil {
		return err
	}
	if batch.Rival != 0 {
		if err := k.abandonRival(ctx, state, batch.Rival, why); err != nil {
			return err
		}
	}
	switch batch.Purpose {
	case multisigtypes.PURPOSE_PAYOUT:
		return k.requeue(ctx, state, again{batch: batch, change: types.StatusChange{Session: batch.Root, Reason: why}})
	case multisigtypes.PURPOSE_SWEEP:
		return k.scheduleSweep(ctx, batch.Contract, batch.Vault, height(ctx))
	}
	return nil
}

// abandonRival gives up the payout with which an abandoned handover competed for its nonce.
func (k Keeper) abandonRival(ctx context.Context, state *types.ContractState, root uint64, why string) error {
	rival, err := k.Batch(ctx, root)
	if err != nil {
		return err
	}
	if err := k.close(ctx, state, rival); err != nil {
		return err
	}
	return k.requeue(ctx, state, again{batch: rival, change: types.StatusChange{Session: root, Reason: why}})
}

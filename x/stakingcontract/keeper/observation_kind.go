package keeper

import (
	"context"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// checkResult wants of an execution what its kind of chain can prove. Where the fee is always paid as the payload has it, none is named.
// A Safe's refund is named. Its attempts may have one hash, of which the first stands for all, and the refund is at most what that one
// offers, which was committed. It never runs out of gas by itself, and fails with one of two codes.
func (k Keeper) checkResult(ctx context.Context, c types.Contract, session multisigtypes.Session, e types.ExecutionEvent) error {
	if !c.Kind.HandsOn() {
		if e.Fee != nil {
			return types.ErrSession.Wrapf("session %d: fee %s is named, wanted none on a chain of kind %s", session.Id, e.Fee, c.Kind)
		}
		return nil
	}
	first, _, err := k.multisig.SessionOfDigest(ctx, session.Digests[0])
	if err != nil {
		return err
	}
	offered, err := k.multisig.SessionFee(ctx, session.Id)
	if err != nil {
		return err
	}
	switch {
	case session.Id != first:
		return types.ErrSession.Wrapf("session %d is attempt %d of series %d, wanted the first that asked for its digest, %d",
			session.Id, session.Attempt, session.Root, first)
	case e.Fee == nil || e.Fee.IsNil() || e.Fee.IsNegative() || e.Fee.GT(offered.Amount):
		return types.ErrSession.Wrapf("session %d: fee is %s, wanted from 0 to %s", session.Id, e.Fee, offered.Amount)
	case e.OutOfGas:
		return types.ErrSession.Wrapf("session %d is out of gas, wanted a Safe's transaction executed with all that it needs", session.Id)
	case e.Success && e.Code != 0 || !e.Success && !payout.SafeCode(e.Code):
		return types.ErrSession.Wrapf("session %d has code %d and success %t, wanted 0, or %d or %d for a failure",
			session.Id, e.Code, e.Success, payout.CodeFailed, payout.CodeInsufficientFunds)
	}
	return nil
}

// checkHolder wants what happens to an account that is handed on to be reported of the vault that holds it at that point: the ACTIVE one, or a
// contract's first while it is PENDING; after a handover in the same range the next. Of the account of a first vault that was given up before it was
// ACTIVE whatever comes and goes is reported: its owners can return it, and nobody can leave that out.
func checkHolder(o observed, event types.Event, vault multisigtypes.Vault, s *seen) error {
	if !o.contract.Kind.HandsOn() || vault.Id == s.holder {
		return nil
	}
	if vault.Address != o.address(s.holder) && event.GetExecution() == nil && event.GetAccount() == nil {
		return nil
	}
	return types.ErrInvalidEvent.Wrapf("vault %d does not hold the account at this point, wanted vault %d", vault.Id, s.holder)
}

// address of a vault that is not CLOSED.
func (o observed) address(vault uint64) string {
	for _, a := range o.accounts {
		if a.vault.Id == vault {
			return a.vault.Address
		}
	}
	return ""
}

// foresee completes the batch of a handover of an account with what the vault has at this point of the range: all of it is handed on.
func (k Keeper) foresee(
	ctx context.Context, o observed, event types.Event, batch types.Batch, deltas *books.Deltas, s *seen,
) (types.Batch, error) {
	execution := event.GetExecution()
	if execution == nil || !execution.Success || !o.contract.Kind.HandsOn() || batch.Purpose != multisigtypes.PURPOSE_HANDOVER {
		return batch, nil
	}
	ledger, err := k.ledger(ctx, batch.Vault, o.contract.Id)
	if err != nil {
		return batch, err
	}
	batch.Total = ledger.Balance.Add(deltas.Of(batch.Vault)).Sub(execution.FeePaid(batch))
	s.holder = batch.Destination
	return batch, nil
}

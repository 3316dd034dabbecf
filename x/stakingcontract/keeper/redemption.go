package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Redemption returns a redemption, or ErrRedemptionNotFound.
func (k Keeper) Redemption(ctx context.Context, id uint64) (types.Redemption, error) {
	redemption, err := k.redemptions.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return redemption, types.ErrRedemptionNotFound.Wrapf("redemption %d", id)
	}
	return redemption, err
}

// redeem puts rTokens into escrow and queues their payment (protocol §9). It checks, in this order: the contract serves redemptions; the
// recipient; the amount is at least the least; the redeemer holds it and has not too many redemptions open.
func (k Keeper) redeem(ctx context.Context, redeemer sdk.AccAddress, msg types.MsgRedeem) (types.Redemption, error) {
	contract, state, err := k.load(ctx, msg.Contract)
	if err != nil {
		return types.Redemption{}, err
	}
	if state.Halts.Redemptions {
		return types.Redemption{}, types.ErrHalted.Wrapf("redemptions of contract %d: %s", contract.Id, state.Halts.Reason)
	}
	if k.bank.BlockedAddr(redeemer) {
		return types.Redemption{}, types.ErrInvalidRecipient.Wrapf("%s is a module's account, to which rTokens could not be returned", msg.Redeemer)
	}
	if err := k.checkRecipient(ctx, contract, state, msg.Recipient); err != nil {
		return types.Redemption{}, err
	}
	// An address can be spelt in upper case too; one account is one redeemer.
	spelt, err := k.account.AddressCodec().BytesToString(redeemer)
	if err != nil {
		return types.Redemption{}, err
	}
	fee, least := payout.Charge(contract, state.GasBoost), payout.Least(contract, state.GasBoost)
	if msg.Amount.IsNil() || msg.Amount.LT(least) {
		return types.Redemption{}, types.ErrAmount.Wrapf("%s, wanted at least %s: more than the fee of %s, and what its failed payments would cost",
			msg.Amount, least, fee)
	}
	if err := k.checkOpen(ctx, redeemer); err != nil {
		return types.Redemption{}, err
	}
	if err := k.escrow(ctx, redeemer, contract.RtokenDenom, msg.Amount); err != nil {
		return types.Redemption{}, err
	}
	return k.enqueueNew(ctx, types.Redemption{
		Contract: contract.Id, Redeemer: spelt, Recipient: msg.Recipient, Amount: msg.Amount, Fee: fee,
	})
}

func (k Keeper) escrow(ctx context.Context, redeemer sdk.AccAddress, denom string, amount math.Int) error {
	if held := k.bank.SpendableCoin(ctx, redeemer, denom); held.Amount.LT(amount) {
		return types.ErrInsufficient.Wrapf("%s can spend %s, wanted %s%s", redeemer, held, amount, denom)
	}
	return k.bank.SendCoinsFromAccountToModule(ctx, redeemer, types.ModuleName, sdk.NewCoins(sdk.NewCoin(denom, amount)))
}

// checkOpen refuses an account that has max_open_redemptions open.
func (k Keeper) checkOpen(ctx context.Context, redeemer sdk.AccAddress) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	open, err := k.openCount.Get(ctx, redeemer)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if open >= params.MaxOpenRedemptions {
		return types.ErrTooManyRedemptions.Wrapf("%s has %d, wanted less than %d", redeemer, open, params.MaxOpenRedemptions)
	}
	return nil
}

// countOpen counts one more open redemption of an account.
func (k Keeper) countOpen(ctx context.Context, redeemer []byte) error {
	open, err := k.openCount.Get(ctx, redeemer)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	return k.openCount.Set(ctx, redeemer, open+1)
}

func (k Keeper) uncountOpen(ctx context.Context, redeemer []byte) error {
	open, err := k.openCount.Get(ctx, redeemer)
	if err != nil {
		return err
	}
	if open <= 1 {
		return k.openCount.Remove(ctx, redeemer)
	}
	return k.openCount.Set(ctx, redeemer, open-1)
}

// enqueueNew gives a redemption whose rTokens are in escrow its id and the last place of the queue.
func (k Keeper) enqueueNew(ctx context.Context, r types.Redemption) (types.Redemption, error) {
	id, err := k.nextRedemption.Next(ctx)
	if err != nil {
		return r, err
	}
	r.Id, r.Status, r.RequestedHeight = id, types.REDEMPTION_STATUS_QUEUED, height(ctx)
	r.Paid, r.InFlight, r.FeesBurned, r.FeesFailed = math.ZeroInt(), math.ZeroInt(), math.ZeroInt(), math.ZeroInt()
	redeemer, err := k.accountAddress(r.Redeemer)
	if err != nil {
		return r, err
	}
	if err := k.countOpen(ctx, redeemer); err != nil {
		return r, err
	}
	if err := k.redeemers.Set(ctx, collections.Join([]byte(redeemer), id)); err != nil {
		return r, err
	}
	if err := k.placeLast(ctx, &r); err != nil {
		return r, err
	}
	return r, k.changeStatus(ctx, r, types.StatusChange{Status: r.Status})
}

// placeLast gives a redemption the last place of its contract's queue.
func (k Keeper) placeLast(ctx context.Context, r *types.Redemption) error {
	place, err := k.nextPlace.Next(ctx)
	if err != nil {
		return err
	}
	r.Place = place
	return k.enqueue(ctx, *r)
}

// enqueue puts a redemption into its contract's queue at its place.
func (k Keeper) enqueue(ctx context.Context, r types.Redemption) error {
	if err := k.queue.Set(ctx, collections.Join(r.Contract, r.Place), r.Id); err != nil {
		return err
	}
	return k.wake(ctx, r.Contract)
}

// changeStatus saves a redemption and adds an entry to its history.
func (k Keeper) changeStatus(ctx context.Context, r types.Redemption, change types.StatusChange) error {
	change.Status, change.Height, change.Time = r.Status, height(ctx), sdk.UnwrapSDKContext(ctx).BlockTime()
	next, err := k.nextEntry(ctx, r.Id)
	if err != nil {
		return err
	}
	if err := k.history.Set(ctx, collections.Join(r.Id, next), change); err != nil {
		return err
	}
	k.emit(ctx, &types.EventRedemption{Redemption: r.Id, Contract: r.Contract, Status: r.Status, Reason: change.Reason})
	return k.redemptions.Set(ctx, r.Id, r)
}

func (k Keeper) nextEntry(ctx context.Context, redemption uint64) (uint32, error) {
	last, err := k.history.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint32](redemption).Descending())
	if err != nil {
		return 0, err
	}
	defer last.Close()
	if !last.Valid() {
		return 0, nil
	}
	key, err := last.Key()
	return key.K2() + 1, err
}

// cancel returns the rTokens of a redemption that is QUEUED and of which nothing was paid, all of them. One that stood in a batch that failed
// can't be cancelled until it is found out which one was at fault: whoever was would else burn fees of the reserve for nothing, and whoever was
// not would have to pay for it.
func (k Keeper) cancel(ctx context.Context, redeemer string, id uint64) error {
	r, err := k.Redemption(ctx, id)
	if err != nil {
		return err
	}
	found, err := k.accountAddress(redeemer)
	if err != nil {
		return err
	}
	wanted, err := k.accountAddress(r.Redeemer)
	if err != nil {
		return err
	}
	if !wanted.Equals(found) {
		return types.ErrNotRedeemer.Wrapf("redemption %d is of %s, not of %s", id, r.Redeemer, redeemer)
	}
	if r.Status != types.REDEMPTION_STATUS_QUEUED {
		return types.ErrNotCancellable.Wrapf("redemption %d is %s, wanted %s", id, r.Status, types.REDEMPTION_STATUS_QUEUED)
	}
	if r.Suspected != 0 {
		return types.ErrNotCancellable.Wrapf("redemption %d stood in a payment that failed: the next ones find out whether it can be paid", id)
	}
	contract, state, err := k.load(ctx, r.Contract)
	if err != nil {
		return err
	}
	if err := k.queue.Remove(ctx, collections.Join(r.Contract, r.Place)); err != nil {
		return err
	}
	r.Status, r.Reason = types.REDEMPTION_STATUS_CANCELLED, "cancelled by the redeemer"
	if err := k.giveBack(ctx, ending{contract: contract, state: &state}, &r, types.StatusChange{Reason: r.Reason}); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// ending is what the end of a redemption is booked in; from is the vault that was to pay it, nil where none was.
type ending struct {
	contract types.Contract
	state    *types.ContractState
	from     *account
}

// giveBack ends a redemption that is not paid in full: what is in escrow returns to the redeemer, less what it is charged, which is burned and joins
// the reserve. A deposit's sender has no rTokens: the deposit waits again.
func (k Keeper) giveBack(ctx context.Context, e ending, r *types.Redemption, change types.StatusChange) error {
	redeemer, err := k.accountAddress(r.Redeemer)
	if err != nil {
		return err
	}
	escrowed := r.Amount.Sub(r.Paid)
	burned := math.MinInt(r.FeesBurned, escrowed)
	if err := k.burn(ctx, e.contract, burned); err != nil {
		return err
	}
	books.Burned(e.state, burned)
	back := escrowed.Sub(burned)
	if r.Refund() {
		if err := k.unrefunded(ctx, e, *r, back); err != nil {
			return err
		}
	} else if back.IsPositive() {
		coins := sdk.NewCoins(sdk.NewCoin(e.contract.RtokenDenom, back))
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, redeemer, coins); err != nil {
			return fmt.Errorf("return rTokens of redemption %d: %w", r.Id, err)
		}
	}
	if err := k.uncountOpen(ctx, redeemer); err != nil {
		return err
	}
	return k.changeStatus(ctx, *r, change)
}

// burn destroys rTokens in escrow.
func (k Keeper) burn(ctx context.Context, contract types.Contract, amount math.Int) error {
	if !amount.IsPositive() {
		return nil
	}
	return k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(sdk.NewCoin(contract.RtokenDenom, amount)))
}

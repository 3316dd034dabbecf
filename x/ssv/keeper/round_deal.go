package keeper

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// deal takes a dealing that costs nothing to check: from a dealer while dealings are taken, one at a time, of the right length. It is
// verified at a block's end, so that no one can crowd others out of a block's room for verification (protocol §3, step 2).
func (k Keeper) deal(ctx context.Context, msg *types.MsgDeal) error {
	round, sender, err := k.sendingDealer(ctx, msg.Submitter, msg.Era)
	if err != nil {
		return err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if round.Status != types.ROUND_STATUS_DEAL || height > round.DealEnd {
		return types.ErrRoundPhase.Wrapf(
			"round of era %d is %s at height %d, want %s up to height %d for a dealing",
			round.Era, round.Status, height, types.ROUND_STATUS_DEAL, round.DealEnd,
		)
	}
	if sender.Status != types.DEALER_STATUS_AWAITED {
		return types.ErrDealingExists.Wrapf("%s is %s since height %d", sender.Operator, sender.Status, sender.HandedIn)
	}
	if sender.Refused >= types.MaxRefusedDealings {
		return types.ErrInvalidDealing.Wrapf("%d of %s were refused, want fewer than %d", sender.Refused, sender.Operator, types.MaxRefusedDealings)
	}
	if want := pvss.DealingSize(int(round.Slots)); len(msg.Dealing) != want {
		return types.ErrInvalidDealing.Wrapf("%d bytes, want %d for %d slots", len(msg.Dealing), want, round.Slots)
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(dealGas(round), "verification of a dealing")
	hash := sha256.Sum256(msg.Dealing)
	sender.Status, sender.HandedIn, sender.DealingHash = types.DEALER_STATUS_HANDED_IN, height, hash[:]
	if err := k.Dealings.Set(ctx, collections.Join(round.Era, sender.raw), msg.Dealing); err != nil {
		return err
	}
	if err := k.setDealer(ctx, round.Era, sender); err != nil {
		return err
	}
	return k.touch(ctx, sender.raw)
}

// sendingDealer returns an era's round and the dealer for which an account submits.
func (k Keeper) sendingDealer(ctx context.Context, submitter string, era uint64) (types.Round, dealer, error) {
	raw, err := k.submittedFor(ctx, submitter)
	if err != nil {
		return types.Round{}, dealer{}, err
	}
	round, found, err := maybe(ctx, k.Rounds, era)
	if err != nil {
		return round, dealer{}, err
	}
	if !found {
		current, err := k.CurrentEra(ctx)
		if err != nil {
			return round, dealer{}, err
		}
		return round, dealer{}, types.ErrRoundNotFound.Wrapf("era %d, current is %d", era, current.Number)
	}
	sender, err := k.dealerOf(ctx, round, raw)
	return round, sender, err
}

// dealerOf returns a dealer of a round.
func (k Keeper) dealerOf(ctx context.Context, round types.Round, raw sdk.ValAddress) (dealer, error) {
	stored, found, err := maybe(ctx, k.Dealers, collections.Join(round.Era, raw))
	if err == nil && !found {
		err = types.ErrNotDealer.Wrapf("%s in era %d", raw, round.Era)
	}
	return dealer{raw, stored}, err
}

// advanceDeal verifies the dealings that wait the longest and closes the round once none waits and none can come.
func (k Keeper) advanceDeal(ctx context.Context, round types.Round, dealers []dealer) error {
	waiting := waitingDealings(dealers)
	due := waiting[:min(len(waiting), int(round.MaxDealingsPerBlock))]
	if err := k.verifyDealings(ctx, round, dealers, due); err != nil {
		return err
	}
	if len(due) < len(waiting) || moreDealings(ctx, round, dealers) {
		return nil
	}
	return k.closeRound(ctx, round, dealers)
}

// waitingDealings returns the places of the dealers whose dealing waits, the oldest first, ties in order of operator.
func waitingDealings(dealers []dealer) []int {
	var waiting []int
	for i := range dealers {
		if dealers[i].Status == types.DEALER_STATUS_HANDED_IN {
			waiting = append(waiting, i)
		}
	}
	slices.SortStableFunc(waiting, func(a, b int) int { return cmp.Compare(dealers[a].HandedIn, dealers[b].HandedIn) })
	return waiting
}

// moreDealings says whether a dealing may still come.
func moreDealings(ctx context.Context, round types.Round, dealers []dealer) bool {
	if sdk.UnwrapSDKContext(ctx).BlockHeight() >= round.DealEnd {
		return false
	}
	return slices.ContainsFunc(dealers, func(d dealer) bool {
		return d.Status == types.DEALER_STATUS_AWAITED && d.Refused < types.MaxRefusedDealings
	})
}

// verifyDealings verifies the dealings of the dealers at those places and writes what came of it.
func (k Keeper) verifyDealings(ctx context.Context, round types.Round, dealers []dealer, due []int) error {
	if len(due) == 0 {
		return nil
	}
	proofs, err := proofContext(ctx, round, dealers)
	if err != nil {
		return err
	}
	for _, i := range due {
		if err := k.verifyWaiting(ctx, proofs, &dealers[i]); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) verifyWaiting(ctx context.Context, proofs *pvss.Round, dealer *dealer) error {
	key := collections.Join(proofs.Era(), dealer.raw)
	encoded, err := k.Dealings.Get(ctx, key)
	if err != nil {
		return err
	}
	event := &types.EventDealer{Era: proofs.Era(), Operator: dealer.Operator}
	if commitment, refusal := verifyDealing(proofs, dealer.Operator, encoded); refusal == nil {
		dealer.Status, dealer.Commitment = types.DEALER_STATUS_DEALT, commitment
	} else {
		event.Refusal = refusal.Error()
		dealer.Status, dealer.Refused = types.DEALER_STATUS_AWAITED, dealer.Refused+1
		dealer.HandedIn, dealer.DealingHash = 0, nil
		if err := k.Dealings.Remove(ctx, key); err != nil {
			return err
		}
	}
	event.Status = dealer.Status
	k.emit(ctx, event)
	return k.setDealer(ctx, proofs.Era(), *dealer)
}

// verifyDealing returns a dealing's 32-byte commitment, or why it is refused. One on which the verification panics is refused: the round
// must not stand still for it.
func verifyDealing(proofs *pvss.Round, operator string, encoded []byte) (commitment []byte, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("verification panics: %v", recovered)
		}
	}()
	dealing, err := pvss.VerifyDealing(proofs, operator, encoded)
	if err != nil {
		return nil, err
	}
	element := dealing.Commitment()
	return bytes.Clone(element[:]), nil
}

// closeRound begins the reveal if the dealers with an accepted dealing own enough slots, else the round failed (protocol §3, step 3).
// Until half of reveal_blocks is over only dealers open, so that one that is online is never rebuilt.
func (k Keeper) closeRound(ctx context.Context, round types.Round, dealers []dealer) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	round.CloseHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	var owned uint32
	for _, dealer := range dealers {
		if dealer.Dealt() {
			owned += dealer.Slots
		}
	}
	if quorum := slots.Quorum(int(round.Slots)); int(owned) < quorum {
		return k.fail(ctx, round, fmt.Sprintf("the dealers with an accepted dealing own %d of %d slots, want %d", owned, round.Slots, quorum))
	}
	round.Status = types.ROUND_STATUS_REVEAL
	round.RevealEnd = round.CloseHeight + int64(params.RevealBlocks)
	round.DecryptFrom = round.CloseHeight + int64(params.RevealBlocks+1)/2 + 1
	return k.setRound(ctx, round)
}

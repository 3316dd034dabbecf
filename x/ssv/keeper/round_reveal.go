package keeper

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// open opens the secret of the sender's accepted dealing (protocol §3, step 4).
func (k Keeper) open(ctx context.Context, msg *types.MsgOpen) error {
	round, sender, err := k.sendingDealer(ctx, msg.Submitter, msg.Era)
	if err != nil {
		return err
	}
	if err := revealing(ctx, round, round.CloseHeight+1); err != nil {
		return err
	}
	if err := sealed(sender); err != nil {
		return err
	}
	commitment, err := pvss.ParseElement(sender.Commitment)
	if err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(openGas, "verification of an opening")
	element, err := pvss.VerifyOpening(commitment, msg.Secret)
	if err != nil {
		return types.ErrInvalidOpening.Wrapf("of the dealing of %s: %s", sender.Operator, err)
	}
	if err := k.reveal(ctx, round, sender, types.DEALER_STATUS_OPENED, element); err != nil {
		return err
	}
	return k.touch(ctx, sender.raw)
}

// revealing checks that openings, or from that height on decryptions, are taken.
func revealing(ctx context.Context, round types.Round, from int64) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if round.Status != types.ROUND_STATUS_REVEAL || height < from || height > round.RevealEnd {
		return types.ErrRoundPhase.Wrapf(
			"round of era %d is %s at height %d, want %s from height %d to %d",
			round.Era, round.Status, height, types.ROUND_STATUS_REVEAL, from, round.RevealEnd,
		)
	}
	return nil
}

// sealed checks that a dealer's dealing is accepted and its secret unknown.
func sealed(dealer dealer) error {
	if dealer.Status != types.DEALER_STATUS_DEALT {
		return types.ErrNotSealed.Wrapf("%s is %s, want %s", dealer.Operator, dealer.Status, types.DEALER_STATUS_DEALT)
	}
	return nil
}

// reveal writes a dealer's secret.
func (k Keeper) reveal(ctx context.Context, round types.Round, dealer dealer, how types.DealerStatus, element pvss.Element) error {
	dealer.Status, dealer.Element, dealer.Revealed = how, element[:], sdk.UnwrapSDKContext(ctx).BlockHeight()
	k.emit(ctx, &types.EventDealer{Era: round.Era, Operator: dealer.Operator, Status: how})
	return k.setDealer(ctx, round.Era, dealer)
}

// decrypt takes the shares that the sender's slots have of a secret that its dealer did not open in the first half of the reveal, with one
// proof for all (protocol §3, step 4).
func (k Keeper) decrypt(ctx context.Context, msg *types.MsgDecrypt) error {
	round, sender, err := k.sendingDealer(ctx, msg.Submitter, msg.Era)
	if err != nil {
		return err
	}
	if err := revealing(ctx, round, round.DecryptFrom); err != nil {
		return err
	}
	if sender.Slots == 0 {
		return types.ErrNotDealer.Wrapf("%s owns no slot, want at least one to decrypt", sender.Operator)
	}
	target, err := k.namedDealer(ctx, round, msg.Dealer)
	if err != nil {
		return err
	}
	if err := sealed(target); err != nil {
		return err
	}
	key := collections.Join3(round.Era, target.raw, sender.raw)
	if done, err := k.Decryptions.Has(ctx, key); err != nil {
		return err
	} else if done {
		return types.ErrDecryptionExists.Wrapf("by %s of the dealing of %s", sender.Operator, target.Operator)
	}
	if err := k.verifyDecryption(ctx, round, sender, target, msg); err != nil {
		return err
	}
	if err := k.Decryptions.Set(ctx, key, types.Decryption{Shares: msg.Shares}); err != nil {
		return err
	}
	target.Shares += sender.Slots
	if err := k.setDealer(ctx, round.Era, target); err != nil {
		return err
	}
	return k.touch(ctx, sender.raw)
}

// namedDealer returns the dealer with that address as text.
func (k Keeper) namedDealer(ctx context.Context, round types.Round, text string) (dealer, error) {
	raw, err := k.rawOperator(text)
	if err != nil {
		return dealer{}, types.ErrNotDealer.Wrapf("%q: %s", text, err)
	}
	return k.dealerOf(ctx, round, raw)
}

func (k Keeper) verifyDecryption(ctx context.Context, round types.Round, sender, target dealer, msg *types.MsgDecrypt) error {
	if len(msg.Shares) != int(sender.Slots) {
		return types.ErrInvalidDecryption.Wrapf("%d shares, want those of the %d slots of %s", len(msg.Shares), sender.Slots, sender.Operator)
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(decryptGas(round, sender), "verification of decrypted shares")
	shares, err := sharesOf(sender.SlotNumbers(), msg.Shares)
	if err != nil {
		return types.ErrInvalidDecryption.Wrapf("by %s: %s", sender.Operator, err)
	}
	proof, err := pvss.ParseProof(msg.Proof)
	if err != nil {
		return types.ErrInvalidDecryption.Wrapf("proof by %s: %s", sender.Operator, err)
	}
	encrypted, err := k.encryptedShares(ctx, round, target, sender.SlotNumbers())
	if err != nil {
		return err
	}
	dealers, err := k.dealersOf(ctx, round.Era)
	if err != nil {
		return err
	}
	proofs, err := proofContext(ctx, round, dealers)
	if err != nil {
		return err
	}
	if err := pvss.VerifyDecryption(proofs, target.Operator, encrypted, shares, proof); err != nil {
		return types.ErrInvalidDecryption.Wrapf("by %s of the dealing of %s: %s", sender.Operator, target.Operator, err)
	}
	return nil
}

func (k Keeper) encryptedShares(ctx context.Context, round types.Round, target dealer, numbers []int) ([]pvss.Share, error) {
	encoded, err := k.Dealings.Get(ctx, collections.Join(round.Era, target.raw))
	if err != nil {
		return nil, err
	}
	dealing, err := pvss.ParseDealing(int(round.Slots), encoded)
	if err != nil {
		return nil, err
	}
	return dealing.EncryptedShares(numbers)
}

// sharesOf reads elements as the shares of slots.
func sharesOf(numbers []int, encoded [][]byte) ([]pvss.Share, error) {
	shares := make([]pvss.Share, len(encoded))
	for i, bytes := range encoded {
		element, err := pvss.ParseElement(bytes)
		if err != nil {
			return nil, fmt.Errorf("share of slot %d: %w", numbers[i], err)
		}
		shares[i] = pvss.Share{Slot: numbers[i], Value: element}
	}
	return shares, nil
}

// advanceReveal rebuilds secrets that have enough shares and ends the round once all are known, or can't be any more.
func (k Keeper) advanceReveal(ctx context.Context, round types.Round, dealers []dealer) error {
	if err := k.rebuildSome(ctx, round, dealers); err != nil {
		return err
	}
	if !slices.ContainsFunc(dealers, func(d dealer) bool { return d.Status == types.DEALER_STATUS_DEALT }) {
		return k.finish(ctx, round, dealers)
	}
	lost := slices.IndexFunc(dealers, func(d dealer) bool {
		return d.Status == types.DEALER_STATUS_DEALT && d.Shares < round.Threshold
	})
	if lost < 0 || sdk.UnwrapSDKContext(ctx).BlockHeight() < round.RevealEnd {
		return nil
	}
	return k.fail(ctx, round, fmt.Sprintf(
		"%s did not open its secret, and %d of its shares were decrypted, want %d", dealers[lost].Operator, dealers[lost].Shares, round.Threshold,
	))
}

// rebuildSome rebuilds at most max_dealings_per_block secrets.
func (k Keeper) rebuildSome(ctx context.Context, round types.Round, dealers []dealer) error {
	left := round.MaxDealingsPerBlock
	for i := range dealers {
		if left == 0 || dealers[i].Status != types.DEALER_STATUS_DEALT || dealers[i].Shares < round.Threshold {
			continue
		}
		left--
		element, err := k.rebuild(ctx, round, dealers, dealers[i])
		if err != nil {
			return err
		}
		if err := k.reveal(ctx, round, dealers[i], types.DEALER_STATUS_REBUILT, element); err != nil {
			return err
		}
		dealers[i].Status, dealers[i].Element = types.DEALER_STATUS_REBUILT, element[:]
	}
	return nil
}

// rebuild gives a secret of the first decrypted shares in order of slot; any others give the same.
func (k Keeper) rebuild(ctx context.Context, round types.Round, dealers []dealer, target dealer) (pvss.Element, error) {
	shares := make([]pvss.Share, 0, round.Slots)
	for _, decryptor := range dealers {
		if len(shares) >= int(round.Threshold) {
			break
		}
		decryption, found, err := maybe(ctx, k.Decryptions, collections.Join3(round.Era, target.raw, decryptor.raw))
		if err != nil {
			return pvss.Element{}, err
		}
		if !found {
			continue
		}
		decrypted, err := sharesOf(decryptor.SlotNumbers(), decryption.Shares)
		if err != nil {
			return pvss.Element{}, err
		}
		shares = append(shares, decrypted...)
	}
	return pvss.Reconstruct(int(round.Threshold), shares)
}

package relayer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

var (
	// errOwnDealing: the dealing made here does not verify here; nothing was sent.
	errOwnDealing = errors.New("own dealing does not verify")
	// errForeignDealing: the chain holds a dealing in this dealer's name that its key did not make.
	errForeignDealing = errors.New("accepted dealing was not made with this beacon key")
	// errDealingBytes: the node gives other bytes for a dealing than the chain accepted.
	errDealingBytes = errors.New("dealing is not the one that was accepted")
	// errOtherDealing: another's dealing, accepted as the node says, does not verify here; it is not decrypted. Whoever can have elements of
	// his choice raised to a key's inverse learns what others dealt to it.
	errOtherDealing = errors.New("accepted dealing of another does not verify")
)

// roundMessage is MsgDeal, MsgOpen or MsgDecrypt.
type roundMessage = proto.Message

// madeDealing is the dealing of a round by a key.
type madeDealing struct {
	round [sha256.Size * 2]byte
	key   pvss.PublicKey
	bytes []byte
}

// dealing is made once for a round; the same bytes come out whenever it is made. It is verified as the chain will.
func (d *dealer) dealing(t turn) ([]byte, error) {
	if d.made.round == t.pvss.Digest() && d.made.key == t.key.PublicKey() {
		return d.made.bytes, nil
	}
	made, err := pvss.Deal(t.pvss, t.me().Operator, t.key)
	if err != nil {
		return nil, err
	}
	if _, err := pvss.VerifyDealing(t.pvss, t.me().Operator, made); err != nil {
		return nil, fmt.Errorf("%w: %w", errOwnDealing, err)
	}
	d.made = madeDealing{round: t.pvss.Digest(), key: t.key.PublicKey(), bytes: made}
	return made, nil
}

// deal hands the dealing in when it is this dealer's turn. The key of the duty has the dealing's hash in it, so that bytes which the chain
// refused are not handed in again, and others, as made by another version, are.
func (d *dealer) deal(ctx context.Context, t turn) error {
	if t.view.Height < dealingTurn(t.round, t.index, len(t.dealers)) || t.view.Height >= t.round.DealEnd ||
		t.me().Refused >= ssvtypes.MaxRefusedDealings {
		return nil
	}
	made, err := d.dealing(t)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(made)
	key := fmt.Sprintf("deal/%d/%X", t.round.Era, hash[:8])
	if done, err := d.underWay(ctx, key); done || err != nil {
		return err
	}
	return d.submit(ctx, key, &ssvtypes.MsgDeal{Submitter: d.submitter(), Era: t.round.Era, Dealing: made}, t.round.DealEnd-t.round.FreezeHeight)
}

// open opens this dealer's secret. It is checked here against the dealing that the chain accepted.
func (d *dealer) open(ctx context.Context, t turn) error {
	me := t.me()
	if me.Status != ssvtypes.DEALER_STATUS_DEALT {
		return nil
	}
	key := fmt.Sprintf("open/%d", t.round.Era)
	if done, err := d.underWay(ctx, key); done || err != nil {
		return err
	}
	opening, err := pvss.OpenDealing(t.pvss, me.Operator, t.key)
	if err != nil {
		return err
	}
	if _, err := pvss.VerifyOpening(pvss.Element(me.Commitment), opening.Bytes()); err != nil {
		err = fmt.Errorf("%w: dealing %X of block %d", errForeignDealing, me.DealingHash, me.HandedIn)
		d.board.Alarm("dealing-foreign", fmt.Sprintf("round of era %d: %v: is another relayer running with this submitter?", t.round.Era, err))
		return err
	}
	return d.submit(ctx, key, &ssvtypes.MsgOpen{Submitter: d.submitter(), Era: t.round.Era, Secret: opening.Bytes()},
		t.round.RevealEnd-t.round.CloseHeight)
}

// decryptAll decrypts this dealer's shares of every dealing whose secret is not known yet, from the height on at which it is its turn.
func (d *dealer) decryptAll(ctx context.Context, t turn) error {
	var errs []error
	for target, dealer := range t.dealers {
		if dealer.Status != ssvtypes.DEALER_STATUS_DEALT || target == t.index || t.me().Slots == 0 ||
			t.view.Height < decryptionTurn(t.round, t.index, target, len(t.dealers)) {
			continue
		}
		if err := d.decrypt(ctx, t, dealer); err != nil {
			errs = append(errs, fmt.Errorf("shares of the dealing of %s: %w", dealer.Operator, err))
		}
	}
	return errors.Join(errs...)
}

func (d *dealer) decrypt(ctx context.Context, t turn, target ssvtypes.Dealer) error {
	key := fmt.Sprintf("decrypt/%d/%s", t.round.Era, target.Operator)
	if done, err := d.underWay(ctx, key); done || err != nil {
		return err
	}
	encrypted, done, err := d.encryptedShares(ctx, t, target)
	if done || err != nil {
		return err
	}
	shares, proof, err := pvss.Decrypt(t.pvss, target.Operator, encrypted, t.key)
	if err != nil {
		return err
	}
	msg := &ssvtypes.MsgDecrypt{Submitter: d.submitter(), Era: t.round.Era, Dealer: target.Operator, Proof: proof[:]}
	for _, share := range shares {
		msg.Shares = append(msg.Shares, bytes.Clone(share.Value[:]))
	}
	return d.submit(ctx, key, msg, t.round.RevealEnd-t.round.DecryptFrom)
}

// encryptedShares are those of this dealer's slots in another's accepted dealing; done is true where the chain has them decrypted already.
func (d *dealer) encryptedShares(ctx context.Context, t turn, target ssvtypes.Dealer) (shares []pvss.Share, done bool, err error) {
	answer, err := d.node.SSV.Dealing(ctx, &ssvtypes.QueryDealingRequest{Era: t.round.Era, Operator: target.Operator})
	if err != nil {
		return nil, false, err
	}
	for _, decryptor := range answer.Decryptors {
		if decryptor == t.me().Operator {
			return nil, true, nil
		}
	}
	if hash := sha256.Sum256(answer.Dealing); !bytes.Equal(hash[:], target.DealingHash) {
		return nil, false, fmt.Errorf("%w: hash %X, want %X", errDealingBytes, hash, target.DealingHash)
	}
	dealing, err := d.verified.verify(t.pvss, target.Operator, answer.Dealing)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errOtherDealing, err)
	}
	shares, err = dealing.EncryptedShares(t.me().SlotNumbers())
	return shares, false, err
}

func (d *dealer) submitter() string { return d.keys.Submitter.Address().String() }

// dealingTurn is the height from which the index-th of n dealers hands its dealing in: as many in a block as the chain verifies in one, and
// all within the first half of the time, so that there is time to try again.
func dealingTurn(round ssvtypes.Round, index, dealers int) int64 {
	perBlock := max(int64(round.MaxDealingsPerBlock), 1)
	spread := min((int64(dealers)+perBlock-1)/perBlock, (round.DealEnd-round.FreezeHeight)/2)
	return round.FreezeHeight + 1 + int64(index)*spread/int64(dealers)
}

// decryptionTurn is the height from which the index-th of n dealers decrypts its shares of the target-th's dealing. A third of the slots
// gives the secret: so they take turns, beginning with the one after the target, within the first half of the time.
func decryptionTurn(round ssvtypes.Round, index, target, dealers int) int64 {
	spread := (round.RevealEnd - round.DecryptFrom) / 2
	rank := int64((index - target - 1 + dealers) % dealers)
	return round.DecryptFrom + rank*spread/int64(dealers)
}

// overtakenDealing tells whether the chain refused a message of a round only because it was done before, or was no longer needed.
func overtakenDealing(key string, refusal *stafi.RefusedError) bool {
	if refusal.Codespace != ssvtypes.ModuleName {
		return false
	}
	switch refusal.Code {
	case ssvtypes.ErrDealingExists.ABCICode(), ssvtypes.ErrDecryptionExists.ABCICode(), ssvtypes.ErrNotSealed.ABCICode():
		return true
	case ssvtypes.ErrRoundPhase.ABCICode():
		return isDecryption(key)
	}
	return false
}

package relayer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// errRoundChain: the node's round is of another chain; nothing is dealt for it.
var errRoundChain = errors.New("round of another chain")

// dealer takes this operator's part in the rounds of the seed (protocol §3): it deals, opens its secret, and decrypts its shares of what
// others do not open. Everything follows from the beacon key and the round, so a restart changes nothing.
type dealer struct {
	keys   Keys
	beacon *BeaconKeyFiles
	node   *stafi.Node
	outbox *stafi.Outbox
	board  *status.Board

	// made is the dealing of the newest round, verified are others' in it, refusal is what the chain said of one.
	made     madeDealing
	verified verifiedDealings
	refusal  foundRefusal
}

// turn is what the dealer looks at in one block: the round, its own place in it, and its key.
type turn struct {
	view  stafi.View
	round ssvtypes.Round
	// dealers in order of operator, and this operator's index among them.
	dealers []ssvtypes.Dealer
	index   int
	key     pvss.SecretKey
	pvss    *pvss.Round
}

func (t turn) me() ssvtypes.Dealer { return t.dealers[t.index] }

// round does what the newest round of the seed asks of the operator at a view's height.
func (d *dealer) round(ctx context.Context, view stafi.View) {
	ctx = stafi.At(ctx, view.Height)
	answer, err := d.node.SSV.Seed(ctx, &ssvtypes.QuerySeedRequest{})
	if grpcstatus.Code(err) == codes.NotFound {
		d.board.Doing(status.Deal, "", "no round of the seed yet", func(duty *status.Duty) { duty.Height = view.Height })
		d.checkRegistered(view)
		return
	}
	if err == nil && answer.Round.Running() && answer.ChainId != d.node.ChainID() {
		err = fmt.Errorf("%w: found %q, want %q", errRoundChain, answer.ChainId, d.node.ChainID())
	}
	if err != nil {
		d.board.Failed(status.Deal, "", fmt.Errorf("round of the seed: %w", err))
		return
	}
	index := slices.IndexFunc(answer.Dealers, func(dealer ssvtypes.Dealer) bool { return dealer.Operator == view.Operator })
	t := turn{view: view, round: answer.Round, dealers: answer.Dealers, index: index}
	d.report(t)
	if index < 0 {
		d.checkRegistered(view)
		return
	}
	err = guard(func() error { return d.act(ctx, t) })
	if err != nil && !errors.Is(err, context.Canceled) {
		d.board.Failed(status.Deal, "", fmt.Errorf("round of era %d: %w", answer.Round.Era, err))
	}
}

// act does what is owed by the round's phase. An opening is made only once the operator's own node says, at a height after the close, that
// the dealings are closed: before, it would give the secret away.
func (d *dealer) act(ctx context.Context, t turn) error {
	d.reportFault(ctx, t)
	if !t.round.Running() {
		d.checkRegistered(t.view)
		return nil
	}
	if err := d.prepare(&t); err != nil {
		return err
	}
	height := t.view.Height
	switch {
	case t.round.Status == ssvtypes.ROUND_STATUS_DEAL && t.me().Status == ssvtypes.DEALER_STATUS_AWAITED:
		return d.deal(ctx, t)
	case t.round.Status == ssvtypes.ROUND_STATUS_REVEAL && height > t.round.CloseHeight && height < t.round.RevealEnd:
		return errors.Join(d.open(ctx, t), d.decryptAll(ctx, t))
	}
	return nil
}

// prepare finds the key by which the operator deals, and the round that dealings are made for.
func (d *dealer) prepare(t *turn) (err error) {
	t.key, err = d.beacon.Find(t.me().BeaconKey)
	d.board.AlarmIf(err != nil, "beacon-key",
		fmt.Sprintf("this operator deals in the round of era %d, and its beacon key can't be used: %v", t.round.Era, err))
	if err != nil {
		return err
	}
	t.pvss, err = t.round.Context(d.node.ChainID(), t.dealers)
	return err
}

// checkRegistered raises the alarm of a key that can't be used before a round needs it.
func (d *dealer) checkRegistered(view stafi.View) {
	if view.Candidate == nil || len(view.Candidate.Candidate.BeaconKey) == 0 {
		return
	}
	_, err := d.beacon.Find(view.Candidate.Candidate.BeaconKey)
	d.board.AlarmIf(err != nil, "beacon-key", fmt.Sprintf("the registered beacon key can't be used: %v", err))
}

// submit hands a message to the outbox that the chain takes for so many blocks. A turn is within the first half of them, so that an eighth
// of them between tries leaves time for three. That somebody else was first is no failure.
func (d *dealer) submit(ctx context.Context, key string, msg roundMessage, blocks int64) error {
	err := submitted(d.outbox.SubmitWithin(ctx, key, status.Deal, msg, blocks/8))
	var refused *stafi.RefusedError
	if errors.As(err, &refused) && overtaken(key, refused) {
		return nil
	}
	return err
}

// underWay tells whether a message of the round was sent and is to be followed, or has arrived; then it need not be made again.
func (d *dealer) underWay(ctx context.Context, key string) (bool, error) {
	entry, known := d.outbox.Get(key)
	switch {
	case known && entry.State == stafi.Pending:
		return true, d.outbox.Resend(ctx, key)
	case known && entry.State == stafi.Included:
		return true, nil
	}
	return false, nil
}

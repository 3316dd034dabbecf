package relayer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// fakeRound is the chain's side of one round of the seed, with the real cryptography.
type fakeRound struct {
	chainID     string
	round       ssvtypes.Round
	dealers     []ssvtypes.Dealer
	dealings    map[string][]byte
	decryptions map[string]map[string][]pvss.Share
	// refuseAll: no dealing is accepted, with this reason.
	refuseAll string
	// mute: refusals leave no event, as in blocks that are pruned.
	mute         bool
	revealBlocks int64
	events       map[int64][]abci.Event
	// messages counts what was accepted of each sender, by what it did.
	messages map[string]int
}

// openRound opens a round of all members after the newest block; weights go by the members' order of operator.
func (w *world) openRound(dealBlocks, revealBlocks int64, weights ...uint64) *fakeRound {
	w.t.Helper()
	count := slots.Count(len(w.members))
	round := &fakeRound{
		chainID: stafiChain, dealings: map[string][]byte{}, decryptions: map[string]map[string][]pvss.Share{}, revealBlocks: revealBlocks,
		events: map[int64][]abci.Event{}, messages: map[string]int{},
		round: ssvtypes.Round{
			Era: w.stafi.era.Number, Status: ssvtypes.ROUND_STATUS_DEAL, FreezeHeight: w.stafi.height, DealEnd: w.stafi.height + dealBlocks,
			Slots: uint32(count), Threshold: uint32(slots.Threshold(count)), MaxDealingsPerBlock: 2,
		},
	}
	next := uint32(1)
	for i, owned := range slots.Allot(weights, count) {
		m := w.members[i]
		round.dealers = append(round.dealers, ssvtypes.Dealer{
			Operator: m.operator, BeaconKey: bytes.Clone(m.beacon[:]), Weight: weights[i], FirstSlot: next, Slots: uint32(owned),
			Status: ssvtypes.DEALER_STATUS_AWAITED,
		})
		next += uint32(owned)
	}
	w.stafi.mu.Lock()
	defer w.stafi.mu.Unlock()
	w.stafi.round = round
	return round
}

func (r *fakeRound) dealer(operator string) *ssvtypes.Dealer {
	i := slices.IndexFunc(r.dealers, func(d ssvtypes.Dealer) bool { return d.Operator == operator })
	if i < 0 {
		return nil
	}
	return &r.dealers[i]
}

func (r *fakeRound) context() *pvss.Round {
	made, err := r.round.Context(r.chainID, r.dealers)
	if err != nil {
		panic(err)
	}
	return made
}

func (r *fakeRound) count(status ssvtypes.DealerStatus) int {
	n := 0
	for _, dealer := range r.dealers {
		if dealer.Status == status {
			n++
		}
	}
	return n
}

// executeRound applies a message of the round's, or only checks it. height is the block's.
func (f *fakeStafi) executeRound(url string, value []byte, height int64, apply bool) (string, error) {
	switch url {
	case "/stafi.ssv.v1.MsgDeal":
		var msg ssvtypes.MsgDeal
		return f.executeDeal(proto.Unmarshal(value, &msg), &msg, height, apply)
	case "/stafi.ssv.v1.MsgOpen":
		var msg ssvtypes.MsgOpen
		return f.executeOpen(proto.Unmarshal(value, &msg), &msg, height, apply)
	case "/stafi.ssv.v1.MsgDecrypt":
		var msg ssvtypes.MsgDecrypt
		return f.executeDecrypt(proto.Unmarshal(value, &msg), &msg, height, apply)
	}
	return "", fmt.Errorf("unknown message %s", url)
}

// sender is the dealer for which an account submits, in the round of an era.
func (f *fakeStafi) sender(submitter string, era uint64) (*fakeRound, *ssvtypes.Dealer, error) {
	if f.round == nil || f.round.round.Era != era {
		return nil, nil, ssvtypes.ErrRoundNotFound
	}
	dealer := f.round.dealer(f.operators[submitter])
	if dealer == nil {
		return nil, nil, ssvtypes.ErrNotDealer
	}
	return f.round, dealer, nil
}

func (f *fakeStafi) executeDeal(err error, msg *ssvtypes.MsgDeal, height int64, apply bool) (string, error) {
	if err != nil {
		return "", err
	}
	round, dealer, err := f.sender(msg.Submitter, msg.Era)
	switch {
	case err != nil:
		return "", err
	case round.round.Status != ssvtypes.ROUND_STATUS_DEAL || height <= round.round.FreezeHeight || height > round.round.DealEnd:
		return "", ssvtypes.ErrRoundPhase
	case dealer.Status != ssvtypes.DEALER_STATUS_AWAITED:
		return "", ssvtypes.ErrDealingExists
	case dealer.Refused >= ssvtypes.MaxRefusedDealings || len(msg.Dealing) != pvss.DealingSize(int(round.round.Slots)):
		return "", ssvtypes.ErrInvalidDealing
	}
	if apply {
		hash := sha256.Sum256(msg.Dealing)
		dealer.Status, dealer.HandedIn, dealer.DealingHash = ssvtypes.DEALER_STATUS_HANDED_IN, height, hash[:]
		round.dealings[dealer.Operator] = msg.Dealing
		round.messages["deal "+dealer.Operator]++
	}
	return "deal " + dealer.Operator, nil
}

func (f *fakeStafi) executeOpen(err error, msg *ssvtypes.MsgOpen, height int64, apply bool) (string, error) {
	if err != nil {
		return "", err
	}
	round, dealer, err := f.sender(msg.Submitter, msg.Era)
	switch {
	case err != nil:
		return "", err
	case round.round.Status != ssvtypes.ROUND_STATUS_REVEAL || height <= round.round.CloseHeight || height > round.round.RevealEnd:
		return "", ssvtypes.ErrRoundPhase
	case dealer.Status != ssvtypes.DEALER_STATUS_DEALT:
		return "", ssvtypes.ErrNotSealed
	}
	element, err := pvss.VerifyOpening(pvss.Element(dealer.Commitment), msg.Secret)
	if err == nil && apply {
		dealer.Status, dealer.Element, dealer.Revealed = ssvtypes.DEALER_STATUS_OPENED, element[:], height
		round.messages["open "+dealer.Operator]++
	}
	return "open " + dealer.Operator, err
}

func (f *fakeStafi) executeDecrypt(err error, msg *ssvtypes.MsgDecrypt, height int64, apply bool) (string, error) {
	if err != nil {
		return "", err
	}
	round, sender, err := f.sender(msg.Submitter, msg.Era)
	if err != nil {
		return "", err
	}
	target := round.dealer(msg.Dealer)
	switch {
	case round.round.Status != ssvtypes.ROUND_STATUS_REVEAL || height < round.round.DecryptFrom || height > round.round.RevealEnd:
		return "", ssvtypes.ErrRoundPhase
	case target == nil || target.Status != ssvtypes.DEALER_STATUS_DEALT:
		return "", ssvtypes.ErrNotSealed
	case round.decryptions[msg.Dealer][sender.Operator] != nil:
		return "", ssvtypes.ErrDecryptionExists
	}
	shares, err := round.checkDecryption(sender, target, msg)
	if err == nil && apply {
		if round.decryptions[msg.Dealer] == nil {
			round.decryptions[msg.Dealer] = map[string][]pvss.Share{}
		}
		round.decryptions[msg.Dealer][sender.Operator] = shares
		round.messages["decrypt "+sender.Operator]++
	}
	return fmt.Sprintf("decrypt %s by %s", msg.Dealer, sender.Operator), err
}

func (r *fakeRound) checkDecryption(sender, target *ssvtypes.Dealer, msg *ssvtypes.MsgDecrypt) ([]pvss.Share, error) {
	numbers := sender.SlotNumbers()
	if len(msg.Shares) != len(numbers) {
		return nil, ssvtypes.ErrInvalidDecryption
	}
	var shares []pvss.Share
	for i, number := range numbers {
		shares = append(shares, pvss.Share{Slot: number, Value: pvss.Element(msg.Shares[i])})
	}
	dealing, err := pvss.ParseDealing(int(r.round.Slots), r.dealings[target.Operator])
	if err != nil {
		return nil, err
	}
	encrypted, err := dealing.EncryptedShares(numbers)
	if err != nil {
		return nil, err
	}
	return shares, pvss.VerifyDecryption(r.context(), target.Operator, encrypted, shares, pvss.Proof(msg.Proof))
}

// end is the round's work at the end of a block.
func (r *fakeRound) end(height int64) {
	switch r.round.Status {
	case ssvtypes.ROUND_STATUS_DEAL:
		r.verify(height)
	case ssvtypes.ROUND_STATUS_REVEAL:
		r.rebuild(height)
	}
}

func (r *fakeRound) verify(height int64) {
	open := false
	verified := uint32(0)
	for i := range r.dealers {
		dealer := &r.dealers[i]
		if dealer.Status == ssvtypes.DEALER_STATUS_HANDED_IN && verified < r.round.MaxDealingsPerBlock {
			verified++
			r.judge(dealer, height)
		}
		open = open || dealer.Status == ssvtypes.DEALER_STATUS_HANDED_IN ||
			(dealer.Status == ssvtypes.DEALER_STATUS_AWAITED && height < r.round.DealEnd && dealer.Refused < ssvtypes.MaxRefusedDealings)
	}
	if open {
		return
	}
	owned := uint32(0)
	for _, dealer := range r.dealers {
		if dealer.Status == ssvtypes.DEALER_STATUS_DEALT {
			owned += dealer.Slots
		}
	}
	r.round.CloseHeight = height
	if int(owned) < slots.Quorum(int(r.round.Slots)) {
		r.round.Status, r.round.Reason = ssvtypes.ROUND_STATUS_FAILED, "too few slots"
		return
	}
	r.round.Status = ssvtypes.ROUND_STATUS_REVEAL
	r.round.RevealEnd = height + r.revealBlocks
	r.round.DecryptFrom = height + (r.revealBlocks+1)/2 + 1
}

func (r *fakeRound) judge(dealer *ssvtypes.Dealer, height int64) {
	dealing, err := pvss.VerifyDealing(r.context(), dealer.Operator, r.dealings[dealer.Operator])
	if r.refuseAll != "" {
		err = fmt.Errorf("%s", r.refuseAll)
	}
	if err == nil {
		commitment := dealing.Commitment()
		dealer.Status, dealer.Commitment = ssvtypes.DEALER_STATUS_DEALT, commitment[:]
		return
	}
	dealer.Status, dealer.HandedIn, dealer.DealingHash = ssvtypes.DEALER_STATUS_AWAITED, 0, nil
	dealer.Refused++
	delete(r.dealings, dealer.Operator)
	event, err := sdk.TypedEventToEvent(&ssvtypes.EventDealer{
		Era: r.round.Era, Operator: dealer.Operator, Status: dealer.Status, Refusal: err.Error(),
	})
	if err != nil {
		panic(err)
	}
	if !r.mute {
		r.events[height] = append(r.events[height], abci.Event(event))
	}
}

func (r *fakeRound) rebuild(height int64) {
	var elements []pvss.Element
	done := true
	for i := range r.dealers {
		dealer := &r.dealers[i]
		if dealer.Status == ssvtypes.DEALER_STATUS_DEALT {
			r.rebuildOne(dealer, height)
		}
		if dealer.Element != nil {
			elements = append(elements, pvss.Element(dealer.Element))
		}
		done = done && dealer.Status != ssvtypes.DEALER_STATUS_DEALT
	}
	switch {
	case done:
		seed := pvss.Seed(r.chainID, r.round.Era, elements)
		r.round.Status, r.round.Seed = ssvtypes.ROUND_STATUS_DONE, seed[:]
	case height >= r.round.RevealEnd:
		r.round.Status, r.round.Reason = ssvtypes.ROUND_STATUS_FAILED, "not opened and not rebuilt"
	}
}

func (r *fakeRound) rebuildOne(dealer *ssvtypes.Dealer, height int64) {
	var shares []pvss.Share
	for _, decryptor := range r.dealers {
		shares = append(shares, r.decryptions[dealer.Operator][decryptor.Operator]...)
	}
	if len(shares) < int(r.round.Threshold) {
		return
	}
	element, err := pvss.Reconstruct(int(r.round.Threshold), shares)
	if err != nil {
		panic(err)
	}
	dealer.Status, dealer.Element, dealer.Revealed = ssvtypes.DEALER_STATUS_REBUILT, element[:], height
}

func (q fakeSSV) Seed(context.Context, *ssvtypes.QuerySeedRequest) (*ssvtypes.QuerySeedResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	if q.f.round == nil {
		return nil, status.Error(codes.NotFound, "no round")
	}
	return &ssvtypes.QuerySeedResponse{ChainId: q.f.round.chainID, Round: q.f.round.round, Dealers: slices.Clone(q.f.round.dealers)}, nil
}

func (q fakeSSV) Dealing(_ context.Context, req *ssvtypes.QueryDealingRequest) (*ssvtypes.QueryDealingResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	dealing := q.f.round.dealings[req.Operator]
	if dealing == nil {
		return nil, status.Error(codes.NotFound, "no dealing")
	}
	answer := &ssvtypes.QueryDealingResponse{Dealing: dealing}
	for _, dealer := range q.f.round.dealers {
		if q.f.round.decryptions[req.Operator][dealer.Operator] != nil {
			answer.Decryptors = append(answer.Decryptors, dealer.Operator)
		}
	}
	return answer, nil
}

func TestTheFakeRoundsSlotsAreThoseOfTheProtocol(t *testing.T) {
	w := newWorld(t, 4)
	round := w.openRound(10, 10, 1, 2, 3, 4)
	require.Equal(t, 16, round.context().Slots())
	require.Equal(t, 6, round.context().Threshold())
}

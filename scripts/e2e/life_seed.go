package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

const (
	// roundLimit is an era, what is left of the one before, and a round.
	roundLimit Blocks = 300
	// verdictBlocks is how many blocks a dealing may wait to be verified.
	verdictBlocks = 8
	dealGas       = 3_000_000
	// A dealing has a head and some bytes for each slot (x/ssv/pvss), of which there are four for each dealer.
	dealingHead, slotBytes, slotsPerDealer = 48, 96, 4
	// freezeEve, in blocks, is shorter than the window of heartbeats by more than an interval.
	freezeEve   = 4
	dealerEvent = "stafi.ssv.v1.EventDealer"
)

// round of a seed with its dealers, as the chain tells it.
type round = *ssvtypes.QuerySeedResponse

func (l *Life) awaitRound(ctx context.Context, what string, done func(round) bool) (round, error) {
	return Await(ctx, what, roundLimit, func(ctx context.Context) (round, bool, error) {
		answer, err := l.stafi.ssv().Seed(ctx, &ssvtypes.QuerySeedRequest{})
		if err != nil {
			return nil, false, err
		}
		return answer, done(answer), nil
	})
}

// awaitAnyRound looks at the rounds of all eras, oldest first: on a slow machine the one that is wanted is not the newest any more.
func (l *Life) awaitAnyRound(ctx context.Context, what string, done func(round) bool) (round, error) {
	return Await(ctx, what, roundLimit, func(ctx context.Context) (round, bool, error) {
		era, err := l.stafi.Era(ctx)
		if err != nil {
			return nil, false, err
		}
		for number := uint64(1); number <= era.Current; number++ {
			answer, err := l.stafi.ssv().Seed(ctx, &ssvtypes.QuerySeedRequest{Era: number})
			if status.Code(err) == codes.NotFound {
				continue
			}
			if err != nil || done(answer) {
				return answer, err == nil, err
			}
		}
		return nil, false, nil
	})
}

// firstSeed shows the era without a seed, because no beacon key is old enough, and then the first that has one.
func (l *Life) firstSeed(ctx context.Context) error {
	failed, err := l.awaitAnyRound(ctx, "the first era's round", func(r round) bool { return r.Round.Status == ssvtypes.ROUND_STATUS_FAILED })
	if err != nil {
		return err
	}
	l.report.Answer(fmt.Sprintf("era %d, in which the beacon keys were registered", failed.Round.Era), "no seed: "+failed.Round.Reason)
	done, err := l.awaitAnyRound(ctx, "the first seed", func(r round) bool {
		return r.Round.Era > failed.Round.Era && r.Round.Status == ssvtypes.ROUND_STATUS_DONE
	})
	if err != nil {
		return err
	}
	return l.showSeed(ctx, done)
}

// showSeed recomputes a seed twice: from what the query says by the protocol's formula, and by the command line from the blocks.
func (l *Life) showSeed(ctx context.Context, done round) error {
	if seed := seedOf(done); !bytes.Equal(seed, done.Round.Seed) {
		return fmt.Errorf("%w: the seed of era %d is %X, its parts give %X", errUnexpected, done.Round.Era, done.Round.Seed, seed)
	}
	l.report.Say("seed of era %d: %X, from %s", done.Round.Era, done.Round.Seed, l.deeds(done))
	output, err := Run(ctx, l.stafi.Binary, "ssv", "verify-seed", fmt.Sprint(done.Round.Era), "--node", l.stafi.address)
	if err != nil {
		return fmt.Errorf("verify-seed: %w", err)
	}
	if !strings.Contains(strings.ToUpper(string(output.Stdout)), fmt.Sprintf("%X", done.Round.Seed)) {
		return fmt.Errorf("%w: verify-seed printed another seed:\n%s", errUnexpected, output.Stdout)
	}
	l.report.Say("recomputed from the chain's blocks: the same")
	return nil
}

// seedOf is protocol §3.5's formula.
func seedOf(r round) []byte {
	var message []byte
	for _, text := range []string{"stafi/ssv/seed/v1", r.ChainId} {
		message = binary.BigEndian.AppendUint32(message, uint32(len(text)))
		message = append(message, text...)
	}
	message = binary.BigEndian.AppendUint64(message, r.Round.Era)
	for _, dealer := range r.Dealers {
		message = append(message, dealer.Element...)
	}
	seed := sha256.Sum256(message)
	return seed[:]
}

// deeds says in words what each dealer did.
func (l *Life) deeds(r round) string {
	deeds := make([]string, len(r.Dealers))
	for i, dealer := range r.Dealers {
		_, did, _ := strings.Cut(dealer.Status.String(), "DEALER_STATUS_")
		deeds[i] = l.stafi.Names([]string{dealer.Operator}) + " " + strings.ToLower(did)
		if dealer.Refused > 0 {
			deeds[i] += fmt.Sprintf(" (%d dealings refused)", dealer.Refused)
		}
	}
	return strings.Join(deeds, ", ")
}

// sabotageRound lets two operators that do not serve spoil the coming era's round, as far as they can: one deals garbage and another's
// dealing, one is killed once its dealing is accepted. It goes on in the background: awaitSabotage takes what came of it.
func (l *Life) sabotageRound(ctx context.Context) error {
	era, err := l.stafi.Era(ctx)
	if err != nil {
		return err
	}
	forger, vanishing, err := l.chooseSaboteurs(ctx)
	if err != nil {
		return err
	}
	l.sabotage = make(chan error, 1)
	go func() { l.sabotage <- l.sabotaged(ctx, era.Current, forger, vanishing) }()
	return nil
}

func (l *Life) awaitSabotage(ctx context.Context) error {
	select {
	case err := <-l.sabotage:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// chooseSaboteurs takes two of those who do not serve and will be dealers; the first two are killed at random meanwhile. Of ten with
// equal weights the nine first in order of address hold the nine tenths that dealers hold.
func (l *Life) chooseSaboteurs(ctx context.Context) (forger, vanishing *Operator, err error) {
	committee, found, err := l.stafi.Committee(ctx, l.contract)
	if err != nil || !found {
		return nil, nil, fmt.Errorf("committee of contract %d: found %t: %w", l.contract, found, err)
	}
	last := slices.MaxFunc(l.stafi.Operators, byAddress)
	outside := slices.DeleteFunc(slices.Clone(l.stafi.Operators), func(operator *Operator) bool {
		return operator == last || slices.Contains(members(committee), operator.Address)
	})
	if len(outside) < 4 {
		return nil, nil, fmt.Errorf("%w: %d operators do not serve, want 4", errUnexpected, len(outside))
	}
	return outside[2], outside[3], nil
}

// byAddress orders operators by their raw addresses. Bech32 does not keep that order.
func byAddress(a, b *Operator) int { return bytes.Compare(a.raw(), b.raw()) }

// awaitEve waits for the last blocks before a freeze: who is silent for longer is in no pool.
func (l *Life) awaitEve(ctx context.Context) error {
	return AwaitDone(ctx, "the eve of a freeze", roundLimit, func(ctx context.Context) (bool, error) {
		era, err := l.stafi.Era(ctx)
		if err != nil {
			return false, err
		}
		status, err := l.stafi.RPC.Status(ctx)
		if err != nil {
			return false, err
		}
		left := era.Record.Era.FreezeTime.Sub(status.SyncInfo.LatestBlockTime)
		return left > 0 && left < freezeEve*l.stafi.BlockTime, nil
	})
}

func (l *Life) sabotaged(ctx context.Context, era uint64, forger, vanishing *Operator) error {
	if err := l.awaitEve(ctx); err != nil {
		return err
	}
	forger.Relayer.Pause()
	// However it ends, the forger is to serve again: it may be elected next.
	defer forger.Relayer.Resume()
	open, err := l.awaitRound(ctx, "the round to be open", func(r round) bool {
		return r.Round.Era >= era && r.Round.Status == ssvtypes.ROUND_STATUS_DEAL
	})
	if err != nil {
		return err
	}
	err = Together(ctx,
		func(ctx context.Context) error { return l.dealGarbage(ctx, open, forger, vanishing) },
		func(ctx context.Context) error { return l.vanish(ctx, vanishing) },
	)
	if err != nil {
		return err
	}
	done, err := l.awaitRound(ctx, "the sabotaged round's seed", func(r round) bool {
		return r.Round.Era == open.Round.Era && r.Round.Status > ssvtypes.ROUND_STATUS_REVEAL
	})
	if err != nil {
		return err
	}
	if err := vanishing.Relayer.Start(); err != nil {
		return err
	}
	return l.judge(ctx, done, forger, vanishing)
}

// judge wants the round to have a seed although one dealer vanished and another never dealt.
func (l *Life) judge(ctx context.Context, done round, forger, vanishing *Operator) error {
	for _, dealer := range done.Dealers {
		want := ssvtypes.DEALER_STATUS_OPENED
		switch dealer.Operator {
		case forger.Address:
			want = ssvtypes.DEALER_STATUS_AWAITED
		case vanishing.Address:
			want = ssvtypes.DEALER_STATUS_REBUILT
		}
		if dealer.Status != want || done.Round.Status != ssvtypes.ROUND_STATUS_DONE {
			return fmt.Errorf("%w: %s is %s, want %s; the round %s: %s: %s", errUnexpected, dealer.Operator, dealer.Status, want,
				done.Round.Status, done.Round.Reason, l.deeds(done))
		}
	}
	return l.showSeed(ctx, done)
}

// dealtBesides is an operator that has dealt, none of the two.
func dealtBesides(r round, forger, vanishing *Operator) string {
	for _, dealer := range r.Dealers {
		if dealer.Status == ssvtypes.DEALER_STATUS_DEALT && dealer.Operator != forger.Address && dealer.Operator != vanishing.Address {
			return dealer.Operator
		}
	}
	return ""
}

// dealGarbage hands in random bytes of the right length, and then a dealing that another made: both before it looks at what became of them, for
// dealings are taken for a few blocks only.
func (l *Life) dealGarbage(ctx context.Context, open round, forger, vanishing *Operator) error {
	garbage := forgery{what: "a dealing of random bytes", dealing: make([]byte, dealingHead+slotsPerDealer*len(open.Dealers)*slotBytes)}
	_, _ = rand.Read(garbage.dealing)
	if err := l.handIn(ctx, open.Round.Era, forger, &garbage); err != nil {
		return fmt.Errorf("%s: %w", garbage.what, err)
	}
	dealt, err := l.awaitRound(ctx, "another's dealing", func(r round) bool { return dealtBesides(r, forger, vanishing) != "" })
	if err != nil {
		return err
	}
	victim := dealtBesides(dealt, forger, vanishing)
	answer, err := l.stafi.ssv().Dealing(ctx, &ssvtypes.QueryDealingRequest{Era: open.Round.Era, Operator: victim})
	if err != nil {
		return fmt.Errorf("dealing of %s: %w", victim, err)
	}
	copied := forgery{what: "a dealing copied from " + l.stafi.Names([]string{victim}), dealing: answer.Dealing}
	if err := l.handIn(ctx, open.Round.Era, forger, &copied); err != nil {
		return fmt.Errorf("%s: %w", copied.what, err)
	}
	if len(copied.dealing) != len(garbage.dealing) {
		return fmt.Errorf("%w: a dealing has %d bytes, want %d", errUnexpected, len(copied.dealing), len(garbage.dealing))
	}
	for _, forged := range []forgery{garbage, copied} {
		refusal, err := l.refusalOf(ctx, forger, forged.height)
		if err != nil {
			return fmt.Errorf("%s: %w", forged.what, err)
		}
		l.report.Answer(forged.what, refusal)
	}
	return nil
}

// forgery is a dealing that must be refused, and the block that it was handed in in.
type forgery struct {
	what    string
	dealing []byte
	height  int64
}

func (l *Life) handIn(ctx context.Context, era uint64, operator *Operator, forged *forgery) error {
	message, err := json.Marshal(map[string]any{
		"@type": "/stafi.ssv.v1.MsgDeal", "submitter": operator.Submitter.Address, "era": fmt.Sprint(era), "dealing": forged.dealing,
	})
	if err != nil {
		return err
	}
	receipt, err := l.stafi.SendMessages(ctx, operator.Submitter, "", dealGas, message)
	forged.height = receipt.Height
	return errors.Join(err, receipt.Failed())
}

// refusalOf is why the chain refused an operator's dealing, from the events of the blocks that ended since.
func (l *Life) refusalOf(ctx context.Context, operator *Operator, from int64) (string, error) {
	for height := from; height < from+verdictBlocks; height++ {
		results, err := Await(ctx, fmt.Sprintf("the results of block %d", height), includeLimit, func(ctx context.Context) (Receipt, bool, error) {
			found, err := l.stafi.RPC.BlockResults(ctx, &height)
			if err != nil {
				return Receipt{}, false, err
			}
			return Receipt{Events: found.FinalizeBlockEvents}, true, nil
		})
		if err != nil {
			return "", err
		}
		for _, event := range results.Events {
			single := Receipt{Events: results.Events[:0:0]}
			single.Events = append(single.Events, event)
			if single.Attribute(dealerEvent, "operator") == operator.Address && single.Attribute(dealerEvent, "refusal") != "" {
				return single.Attribute(dealerEvent, "refusal"), nil
			}
		}
	}
	return "", fmt.Errorf("%w: no refusal in blocks %d to %d", errUnexpected, from, from+verdictBlocks-1)
}

// vanish kills a dealer's relayer as soon as its dealing is accepted.
func (l *Life) vanish(ctx context.Context, vanishing *Operator) error {
	_, err := l.awaitRound(ctx, "the dealing of the dealer that will vanish", func(r round) bool {
		i := slices.IndexFunc(r.Dealers, func(dealer ssvtypes.Dealer) bool { return dealer.Operator == vanishing.Address })
		return i >= 0 && r.Dealers[i].Status == ssvtypes.DEALER_STATUS_DEALT
	})
	if err != nil {
		return err
	}
	vanishing.Relayer.Kill()
	l.report.Say("the relayer of validator%d was killed after it had dealt", vanishing.Index)
	return nil
}

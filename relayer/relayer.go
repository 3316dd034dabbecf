package relayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/log/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Parts are what a relayer works with; the caller opened them and closes them.
type Parts struct {
	Config  Config
	Keys    Keys
	Node    *stafi.Node
	Journal *journal.Journal
	// Beacon are the keys by which the operator deals for the seed.
	Beacon *BeaconKeyFiles
	Log    log.Logger
	// DataDir for the light clients' stores, and how to open one.
	DataDir    string
	OpenClient OpenClient
	// OpenNodes opens the execution nodes of an Ethereum network, for sending.
	OpenNodes OpenNodes
	// Hints calls wake at every new block, until its context ends; it may be nil.
	Hints func(ctx context.Context, wake func())
}

// Relayer does an operator's duties until its context ends.
type Relayer struct {
	Parts
	board  *status.Board
	outbox *stafi.Outbox
	reader *stafi.Reader
	sign   *signer
	beat   *heartbeater
	deal   *dealer

	stakers *stakers

	mu      sync.Mutex
	clients map[string]lightclient.Client
	feeds   map[string]*feed
}

// New makes a relayer. Errors: those of an unreadable journal.
func New(parts Parts) (*Relayer, error) {
	price, err := sdk.ParseDecCoin(parts.Config.Submitter.GasPrice)
	if err != nil {
		return nil, fmt.Errorf("%w: submitter.gas_price: %w", ErrConfig, err)
	}
	submitter := parts.Keys.Submitter
	outbox, err := stafi.NewOutbox(parts.Node, parts.Journal, stafi.Account{
		Address: submitter.Address(), PubKey: submitter.PubKey, Sign: submitter.Sign, GasPrice: price,
	}, parts.Log)
	if err != nil {
		return nil, err
	}
	quarantined, err := journal.Count(parts.Journal, journal.Quarantine)
	if err != nil {
		return nil, err
	}
	r := &Relayer{
		Parts: parts, outbox: outbox, reader: stafi.NewReader(parts.Node, submitter.Address().String()),
		clients: map[string]lightclient.Client{}, feeds: map[string]*feed{},
		board: status.NewBoard(status.Report{
			Version: Version(), ChainID: parts.Config.ChainID, Submitter: submitter.Address().String(), Quarantined: quarantined,
		}, parts.Log),
	}
	r.sign = &signer{
		keys: parts.Keys, node: parts.Node, outbox: outbox, journal: parts.Journal, board: r.board, clients: r.client,
	}
	r.beat = &heartbeater{keys: parts.Keys, outbox: outbox, board: r.board, clients: r.allClients}
	r.deal = &dealer{keys: parts.Keys, beacon: parts.Beacon, node: parts.Node, outbox: outbox, board: r.board}
	for _, chain := range parts.Config.Chains {
		r.feeds[chain.ChainID] = newFeed()
	}
	r.stakers, err = newStakers(r)
	return r, err
}

// Board is the relayer's status.
func (r *Relayer) Board() *status.Board { return r.board }

// Run does the duties until the context ends; then it returns nil once everything has stopped. Errors are those of the listener
// and of the disk: whatever the network does is waited out.
func (r *Relayer) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	wake := newSignal()
	group.Go(func() error { return status.Serve(ctx, r.Config.Status.Listen, r.board) })
	if r.Hints != nil {
		group.Go(func() error { r.Hints(ctx, wake.set); return nil })
	}
	group.Go(func() error { return r.stakers.run(ctx) })
	group.Go(func() error { r.followStafi(ctx, wake); return nil })
	for _, chain := range r.Config.Chains {
		group.Go(func() error { r.followChain(ctx, chain); return nil })
	}
	err := group.Wait()
	return errors.Join(err, r.closeClients())
}

func (r *Relayer) client(chainID string) lightclient.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clients[chainID]
}

func (r *Relayer) allClients() []lightclient.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	var clients []lightclient.Client
	for _, chain := range r.Config.Chains {
		if client := r.clients[chain.ChainID]; client != nil {
			clients = append(clients, client)
		}
	}
	return clients
}

func (r *Relayer) closeClients() error {
	var errs []error
	for _, client := range r.allClients() {
		errs = append(errs, client.Close())
	}
	return errors.Join(errs...)
}

// alarmingFailures in a row of looking at this chain raise an alarm; one may be a connection that was closed.
const alarmingFailures = 3

// followStafi looks at every new height of this chain: what became of the transactions under way, what the state says now, what
// there is to sign, what the round of the seed asks, and whether a heartbeat is due.
func (r *Relayer) followStafi(ctx context.Context, wake signal) {
	poll := time.Duration(r.Config.Node.PollInterval)
	pause := newBackoff(poll)
	var last int64
	failures := 0
	for ctx.Err() == nil {
		height, err := r.stafiRound(ctx, last)
		if failures++; err == nil {
			failures = 0
		}
		if err != nil && ctx.Err() == nil {
			r.board.Failed(status.Follow, r.Config.ChainID, err)
		}
		r.board.AlarmIf(failures >= alarmingFailures, "node", fmt.Sprintf("this chain can't be followed through the operator's node: %v", err))
		last = max(last, height)
		wait(ctx, pause.next(err), wake)
	}
}

// stafiRound handles the newest height if it is above last, and returns it.
func (r *Relayer) stafiRound(ctx context.Context, last int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	now, err := r.Node.Now(ctx)
	if err != nil || now.Height <= last {
		return last, err
	}
	settled, err := r.outbox.Advance(ctx, now)
	r.settled(settled)
	if err != nil {
		return last, err
	}
	view, err := r.reader.Read(ctx, now)
	if err != nil {
		return last, err
	}
	r.report(ctx, view)
	for _, feed := range r.feeds {
		feed.publish(view)
	}
	r.sign.round(ctx, view)
	r.deal.round(ctx, view)
	r.beat.round(ctx, view)
	r.stakers.round(ctx, view)
	return now.Height, nil
}

func (r *Relayer) settled(found []stafi.Settlement) {
	for _, settlement := range found {
		entry := settlement.Entry
		switch {
		case entry.State == stafi.Included:
			r.board.Done(entry.Duty, scopeOf(settlement.Key), fmt.Sprintf("%s is in block %d", settlement.Key, entry.End))
		case entry.State == stafi.Refused && overtaken(settlement.Key, entry.Refusal):
			r.board.Doing(entry.Duty, scopeOf(settlement.Key), "another member was first: "+entry.Refusal.Log, nil)
		case entry.State == stafi.Refused:
			r.board.Failed(entry.Duty, scopeOf(settlement.Key), fmt.Errorf("%s in block %d: %w", settlement.Key, entry.End, entry.Refusal))
		case entry.State == stafi.Expired:
			r.board.Failed(entry.Duty, scopeOf(settlement.Key), fmt.Errorf("%s: %w", settlement.Key, errExpired))
		}
	}
}

// overtaken tells whether the chain refused a duty only because others had done it, or it was done before.
func overtaken(key string, refusal *stafi.RefusedError) bool {
	for _, sentinel := range []*errorsmod.Error{
		contracttypes.ErrProposalOpen, contracttypes.ErrProposalNotFound, contracttypes.ErrRange, contracttypes.ErrVoted,
		multisigtypes.ErrAlreadySigned, multisigtypes.ErrSessionClosed,
	} {
		if refusal.Codespace == sentinel.Codespace() && refusal.Code == sentinel.ABCICode() {
			return true
		}
	}
	return overtakenDealing(key, refusal)
}

var errExpired = errors.New("transaction timed out before a block took it")

// report tells the board what the view says of the operator.
func (r *Relayer) report(ctx context.Context, view stafi.View) {
	pending := r.outbox.Pending()
	r.board.Set(func(report *status.Report) {
		report.Height, report.Time, report.Operator, report.Pending = view.Height, view.Time, view.Operator, pending
	})
	r.board.Doing(status.Follow, r.Config.ChainID, fmt.Sprintf("at height %d", view.Height), func(duty *status.Duty) {
		duty.Height = view.Height
	})
	submitter := r.Keys.Submitter.Address().String()
	r.board.AlarmIf(view.Operator == "", "registration",
		fmt.Sprintf("no candidate has registered submitter %s: register one, or there is nothing to do", submitter))
	r.reportService(view)
	r.reportBalance(ctx, view)
}

// reportService raises an alarm for every contract that the operator serves on a chain that is not configured.
func (r *Relayer) reportService(view stafi.View) {
	for _, contract := range view.Contracts {
		_, configured := r.feeds[contract.ChainId]
		serves := slices.ContainsFunc(contract.Generations, func(g generation) bool {
			_, ok := member(g, view)
			return ok && isOpen(g)
		})
		r.board.AlarmIf(serves && !configured, "unserved/"+contract.ChainId,
			fmt.Sprintf("the operator serves contract %d, but %s is not configured", contract.Id, contract.ChainId))
	}
}

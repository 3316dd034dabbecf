package relayer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"cosmossdk.io/log/v2"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
)

// origin does the duties that concern one original chain. All of it runs in one goroutine; client is safe for others to use.
type origin struct {
	cfg     ChainConfig
	client  lightclient.Client
	chain   observe.Chain
	keys    Keys
	node    *stafi.Node
	outbox  *stafi.Outbox
	journal *journal.Journal
	board   *status.Board
	log     log.Logger

	scanners map[uint64]*scan
	// sent are the broadcast intervals that were served, by session; funded the final heights at which the transaction that
	// creates an account was handed over, by vault.
	sent   map[uint64]int64
	funded map[uint64]uint64
	// evm has what only an Ethereum network needs, nil elsewhere.
	evm *evm
	// reread reads the contract's part of the state of a height.
	reread func(ctx context.Context, at stafi.Moment, contract uint64) (stafi.Contract, error)
}

// scan is what is remembered of the derivations for one contract.
type scan struct {
	scanner observe.Scanner
	last    derived
	// since is the height of this chain at which there first was something to report from a position.
	since int64
	from  position
	// rejected is the observation that was rejected here last.
	rejected rejected
}

// reportable notes that there is something to report from a position, and returns since when.
func (s *scan) reportable(from position, height int64) int64 {
	if s.from != from || s.since == 0 {
		s.from, s.since = from, height
	}
	return s.since
}

func newOrigin(o origin) *origin {
	o.chain = observe.NewLightChain(o.client)
	o.scanners = map[uint64]*scan{}
	o.sent, o.funded = map[uint64]int64{}, map[uint64]uint64{}
	o.log = o.log.With("chain", o.cfg.ChainID)
	return &o
}

// roundTimeout bounds one look at all duties of a contract; what was fetched in it is kept for the next.
const roundTimeout = time.Minute

// duty is one thing that is owed to a contract.
type duty struct {
	name string
	do   func(context.Context, stafi.View, stafi.Contract) error
}

// round does what is owed as of a view. A duty that fails does not keep the others from being done.
func (o *origin) round(ctx context.Context, view stafi.View) {
	if frozen := o.client.Status().State == lightclient.Frozen; frozen {
		return
	}
	duties := []duty{
		{status.Attest, o.attest},
		{status.Observe, o.observe},
		{status.Broadcast, o.broadcast},
		{status.Account, o.createAccount},
	}
	if o.evm != nil {
		duties[2].do, duties[3].do = o.evm.broadcast, o.evm.deploy
		o.evm.start(view)
		defer o.evm.finish(ctx)
	}
	for _, contract := range view.Contracts {
		if contract.ChainId == o.cfg.ChainID {
			o.serve(ctx, view, contract, duties)
		}
	}
}

// serve does one contract's duties. Each may take an equal share of the time that is left, so that none starves those after it: a proposal over
// a range too long to check in a round must not keep payments from being broadcast.
func (o *origin) serve(ctx context.Context, view stafi.View, contract stafi.Contract, duties []duty) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	for i, duty := range duties {
		err := guard(func() error {
			ctx, cancel := context.WithDeadline(ctx, fairShare(ctx, len(duties)-i))
			defer cancel()
			return duty.do(ctx, view, contract)
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			o.board.Failed(duty.name, contractScope(contract.Id), err)
		}
	}
}

// fairShare is until when the first of n duties may use the time that a context with a deadline has left.
func fairShare(ctx context.Context, n int) time.Time {
	now := time.Now()
	deadline, _ := ctx.Deadline()
	return now.Add(deadline.Sub(now) / time.Duration(n))
}

func contractScope(id uint64) string { return fmt.Sprintf("contract %d", id) }

// final is the newest height whose block and state can be proven.
func (o *origin) final() (uint64, error) {
	head, err := o.client.Head()
	if err != nil {
		return 0, err
	}
	return observe.Provable(o.client, uint64(max(head.Height, 0))), nil
}

// member is the operator's place among a vault's signers.
func member(generation observe.Generation, view stafi.View) (int, bool) {
	if view.Operator == "" {
		return 0, false
	}
	return stafi.Index(generation.Signers, view.Operator)
}

// errPanic: a duty met something that its author did not think of. The others go on.
var errPanic = errors.New("duty panicked")

// guard turns a panic of a duty into an error, so that one thing nobody thought of does not end all duties.
func guard(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, reason, debug.Stack())
		}
	}()
	return do()
}

// submitted turns the outbox's answer into a duty's: a refusal is an error, what is under way is not.
func submitted(_ stafi.Entry, err error) error { return err }

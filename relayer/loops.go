package relayer

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

type generation = observe.Generation

func isOpen(g generation) bool { return g.Vault.Status != multisigtypes.VAULT_STATUS_CLOSED }

// signal is a wake-up that may be set any number of times before it is taken once.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// feed hands the newest view to one reader; views that it did not get to are dropped.
type feed struct {
	fresh signal
	mu    sync.Mutex
	view  stafi.View
}

func newFeed() *feed { return &feed{fresh: newSignal()} }

func (f *feed) publish(view stafi.View) {
	f.mu.Lock()
	f.view = view
	f.mu.Unlock()
	f.fresh.set()
}

func (f *feed) newest() stafi.View {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.view
}

// maxPause bounds how long a loop that keeps failing waits.
const maxPause = 10 * time.Second

// backoff doubles the pause of a loop while it fails.
type backoff struct{ poll, pause time.Duration }

func newBackoff(poll time.Duration) *backoff { return &backoff{poll: poll, pause: poll} }

func (b *backoff) next(err error) time.Duration {
	if err == nil {
		b.pause = b.poll
		return b.poll
	}
	b.pause = max(min(2*b.pause, maxPause), b.poll)
	return b.pause
}

// wait returns at the signal, after the pause, or when the context ends.
func wait(ctx context.Context, pause time.Duration, wake signal) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
	}
}

// followChain follows one original chain: it opens its light client once a contract names the chain, advances it at every poll,
// and does the chain's duties whenever either chain has a new block.
func (r *Relayer) followChain(ctx context.Context, cfg ChainConfig) {
	feed := r.feeds[cfg.ChainID]
	pause := newBackoff(time.Duration(cfg.PollInterval))
	follower := &follower{relayer: r, cfg: cfg, feed: feed}
	for ctx.Err() == nil {
		err := follower.round(ctx)
		if err != nil && ctx.Err() == nil {
			r.board.Failed(status.Follow, cfg.ChainID, err)
		}
		wait(ctx, pause.next(err), feed.fresh)
	}
}

// follower is the state of one original chain's loop.
type follower struct {
	relayer *Relayer
	cfg     ChainConfig
	feed    *feed
	origin  *origin
	// height of this chain and head of the original chain that the duties were last done for.
	height int64
	head   int64
	pruned int64
}

// pruneEvery blocks of the original chain, headers that no observation needs any more are dropped; the newest keepHeaders stay.
const (
	pruneEvery  = 1000
	keepHeaders = 1000
)

func (f *follower) round(ctx context.Context) error {
	view := f.feed.newest()
	if f.origin == nil {
		if err := f.open(view); err != nil || f.origin == nil {
			return err
		}
	}
	client := f.origin.client
	defer chainStatus(f.relayer.board, client)
	syncing, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	contract, ok := contractOn(view, f.cfg.ChainID)
	if !ok {
		return nil
	}
	if err := root(syncing, client, f.cfg, contract); err != nil {
		return err
	}
	head, err := client.Sync(syncing)
	if err != nil {
		head, _ = client.Head()
	}
	f.relayer.board.Doing(status.Follow, f.cfg.ChainID, fmt.Sprintf("verified up to %d", head.Height), func(duty *status.Duty) {
		duty.Height, duty.Origin = view.Height, head.Height
	})
	if head.Height > f.head || view.Height > f.height {
		f.head, f.height = max(f.head, head.Height), view.Height
		f.origin.round(ctx, view)
	}
	if err != nil {
		return err
	}
	return f.prune(ctx, view, head)
}

// syncTimeout bounds one advance of a light client; a long way is gone in several.
const syncTimeout = 30 * time.Second

// open opens the light client once a contract names the chain; until then there is nothing to follow.
func (f *follower) open(view stafi.View) error {
	contract, ok := contractOn(view, f.cfg.ChainID)
	if !ok {
		f.relayer.board.Doing(status.Follow, f.cfg.ChainID, "waits for a contract on this chain", nil)
		return nil
	}
	r := f.relayer
	client, err := r.OpenClient(f.cfg, r.DataDir, contract, r.Log.With("chain", f.cfg.ChainID))
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.clients[f.cfg.ChainID] = client
	r.mu.Unlock()
	f.origin = newOrigin(origin{
		cfg: f.cfg, client: client, keys: r.Keys, node: r.Node, outbox: r.outbox, journal: r.Journal, board: r.board, log: r.Log,
		reread: r.reader.Contract,
	})
	if f.cfg.Kind == KindEthereum {
		f.origin.evm, err = newEVM(f.origin, r.OpenNodes)
	}
	return err
}

// contractOn is the first contract on a chain of a kind that is served.
func contractOn(view stafi.View, chainID string) (stafi.Contract, bool) {
	for _, contract := range view.Contracts {
		if contract.ChainId == chainID && kindOf(contract) != "" {
			return contract, true
		}
	}
	return stafi.Contract{}, false
}

func (f *follower) prune(ctx context.Context, view stafi.View, head lightclient.Header) error {
	if head.Height < f.pruned+pruneEvery {
		return nil
	}
	below := head.Height - keepHeaders
	for _, contract := range view.Contracts {
		if contract.ChainId == f.cfg.ChainID {
			below = min(below, int64(contract.State.ObservedHeight))
		}
	}
	if below <= 0 {
		return nil
	}
	f.pruned = head.Height
	return f.origin.client.Prune(ctx, below)
}

// balanceEvery blocks the submitter's balance is looked at.
const balanceEvery = 20

func (r *Relayer) reportBalance(ctx context.Context, view stafi.View) {
	least, err := sdk.ParseCoinNormalized(r.Config.Submitter.MinBalance)
	if err != nil || (view.Height%balanceEvery != 0 && r.board.Report().Balance != "") {
		return
	}
	balance, err := r.Node.Balance(stafi.At(ctx, view.Height), r.Keys.Submitter.Address(), least.Denom)
	if err != nil {
		return
	}
	r.board.Set(func(report *status.Report) { report.Balance = balance.String() })
	r.board.AlarmIf(balance.IsLT(least), "balance",
		fmt.Sprintf("submitter %s holds %s, want at least %s: send it some", r.Keys.Submitter.Address(), balance, least))
}

// scopeOf is the contract that a duty's key names, empty where the duty is of none.
func scopeOf(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) > 2 && (parts[0] == status.Observe || parts[0] == status.Attest) {
		return "contract " + parts[1]
	}
	return ""
}

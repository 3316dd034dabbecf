package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
)

// Names of gRPC metadata and HTTP headers.
const (
	// ReceiptHeader carries the caller's receipt.
	ReceiptHeader = "stafi-receipt"
	// StatusHeader says what became of it: "counted", or why it was not.
	StatusHeader = "stafi-receipt-status"
	// CallsHeader is the highest count of the caller that the member holds.
	CallsHeader = "stafi-calls"
	// Counted is the status of a call that was counted.
	Counted = "counted"
)

// verdict is what became of a call's receipt; the zero value is of a call without one.
type verdict struct {
	status string
	calls  uint64
}

// each calls set for the headers of the answer.
func (v verdict) each(set func(name, value string)) {
	if v.status == "" {
		return
	}
	set(StatusHeader, v.status)
	set(CallsHeader, strconv.FormatUint(v.calls, 10))
}

// gate decides which calls are served, and counts those with a receipt. A call whose receipt does not count is served as one without: at the
// lower rate of its address. Safe for concurrent use.
type gate struct {
	chainID  string
	view     func() (stafi.View, error)
	serves   func(stafi.View, uint64) bool
	receipts *Receipts
	eligible *eligible

	all, plain, verify, clients *limiter
	meter                       *meter
}

// verifyFactor is how many times the rate of one client an address may have receipts verified: people behind one address, and a bound on
// what forged ones cost.
const verifyFactor = 5

func newGate(cfg Config, deps Deps, receipts *Receipts, clock func() time.Time) *gate {
	return &gate{
		chainID: deps.Node.ChainID(), view: deps.View, serves: deps.Serves, receipts: receipts, eligible: newEligible(deps.Node, clock), meter: &meter{},
		all:     newLimiter(cfg.TotalRate, cfg.Burst, clock),
		plain:   newLimiter(cfg.Rate, cfg.Burst, clock),
		verify:  newLimiter(verifyFactor*cfg.ClientRate, cfg.Burst, clock),
		clients: newLimiter(cfg.ClientRate, cfg.Burst, clock),
	}
}

// admit serves or refuses a call from an address with the text of its receipt, which may be empty. Error: ResourceExhausted.
func (g *gate) admit(ctx context.Context, remote, text string) (verdict, error) {
	if !g.all.allow("") {
		g.meter.add(&g.meter.refused)
		return verdict{}, status.Error(codes.ResourceExhausted, "this service has as many calls as it takes, try another member")
	}
	address := addressKey(remote)
	if text == "" {
		return verdict{}, g.admitPlain(address)
	}
	found, client, err := g.weigh(ctx, address, text)
	if err != nil {
		found.status = err.Error()
		return found, g.admitPlain(address)
	}
	if !g.clients.allow(client) {
		g.meter.add(&g.meter.refused)
		return found, status.Errorf(codes.ResourceExhausted, "more than %v calls a second with receipts", float64(g.clients.rate))
	}
	g.meter.add(&g.meter.counted)
	return found, nil
}

func (g *gate) admitPlain(address string) error {
	if !g.plain.allow(address) {
		g.meter.add(&g.meter.refused)
		return status.Errorf(codes.ResourceExhausted, "more than %v calls a second without receipts", float64(g.plain.rate))
	}
	g.meter.add(&g.meter.plain)
	return nil
}

var (
	errScope = errors.New("receipt is for another scope")
	errRate  = errors.New("too many receipts from this address")
)

// weigh counts a receipt and returns its client. It checks, in this order, the cheap before the dear: its encoding; that it is for this operator,
// a contract that it serves, and the era; that it counts more than is known; how many were verified for the address; its signature; that the
// client holds enough.
func (g *gate) weigh(ctx context.Context, address, text string) (verdict, string, error) {
	view, err := g.view()
	if err != nil {
		return verdict{}, "", err
	}
	signed, err := receipt.Decode(g.chainID, text)
	if err != nil {
		return verdict{}, "", err
	}
	scope := Scope{Era: view.Era.Number, Contract: signed.Contract, Operator: view.Operator}
	if err := g.inScope(view, scope, signed); err != nil {
		return verdict{}, "", err
	}
	found := verdict{calls: g.receipts.Highest(scope, signed.Client)}
	if signed.Calls <= found.calls {
		return found, "", fmt.Errorf("%w: %d, want more than %d", ErrStale, signed.Calls, found.calls)
	}
	if !g.verify.allow(address) {
		return found, "", errRate
	}
	if err := signed.Verify(); err != nil {
		return verdict{}, "", err
	}
	reason, err := g.eligible.reason(ctx, scope, signed.Client)
	if err != nil {
		return found, "", err
	}
	if reason != "" {
		return found, "", errors.New(reason)
	}
	if err := g.receipts.Take(scope, signed); err != nil {
		return found, "", err
	}
	return verdict{status: Counted, calls: signed.Calls}, string(signed.Client), nil
}

func (g *gate) inScope(view stafi.View, scope Scope, signed receipt.Receipt) error {
	operator, err := sdk.ValAddressFromBech32(view.Operator)
	switch {
	case err != nil:
		return fmt.Errorf("%w: this relayer serves for nobody", errScope)
	case !bytes.Equal(signed.Operator, operator):
		return fmt.Errorf("%w: operator %s, want %s", errScope, sdk.ValAddress(signed.Operator), view.Operator)
	case signed.Era != scope.Era:
		return fmt.Errorf("%w: era %d, want %d", errScope, signed.Era, scope.Era)
	case !g.serves(view, signed.Contract):
		return fmt.Errorf("%w: contract %d, which %s does not serve now", errScope, signed.Contract, view.Operator)
	}
	return nil
}

package relayer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/relayer/rpc"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxViewAge is the age of the newest block at which nothing is told of this chain any more.
const maxViewAge = 2 * time.Minute

// stakers serves those whose money the committee holds (protocol §15), and hands in what they signed for it. It stands still where the service
// is off.
type stakers struct {
	server   *rpc.Server
	receipts *rpc.Receipts
	node     *stafi.Node
	board    *status.Board
	handIn   *handIn
	clock    func() time.Time

	mu    sync.Mutex
	view  stafi.View
	seats map[uint64]bool
}

// newStakers opens the receipts of the journal. Errors: those of the journal and of a TLS certificate that can't be read.
func newStakers(r *Relayer) (*stakers, error) {
	s := &stakers{node: r.Node, board: r.board, clock: time.Now, seats: map[uint64]bool{}}
	if !r.Config.RPC.On() {
		return s, nil
	}
	var err error
	if s.receipts, err = rpc.OpenReceipts(r.Journal, r.Config.RPC.MaxClients); err != nil {
		return nil, err
	}
	s.server, err = rpc.New(r.Config.RPC, rpc.Deps{
		Node: r.Node, View: s.fresh, Serves: s.serves, Client: r.client, Clients: r.allClients, Version: Version(),
	}, s.receipts)
	s.handIn = &handIn{
		submitter: r.Keys.Submitter.Address().String(), outbox: r.outbox, journal: r.Journal, receipts: s.receipts, board: r.board, eligible: s.eligible,
	}
	return s, err
}

// run serves until the context ends.
func (s *stakers) run(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	return s.server.Run(ctx)
}

// fresh is the newest view, unless it is too old to be told.
func (s *stakers) fresh() (stafi.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.clock().Sub(s.view.Time); age > maxViewAge {
		return stafi.View{}, grpcstatus.Errorf(codes.Unavailable, "the member's newest block, %d, is %s old, want at most %s",
			s.view.Height, age.Round(time.Second), maxViewAge)
	}
	return s.view, nil
}

func (s *stakers) serves(_ stafi.View, contract uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seats[contract]
}

func (s *stakers) eligible(ctx context.Context, scope rpc.Scope, client []byte) (string, error) {
	return s.server.Eligible(ctx, scope, client)
}

// round takes over a new view, hands in what is due and reports what was counted.
func (s *stakers) round(ctx context.Context, view stafi.View) {
	if s.server == nil {
		return
	}
	if err := s.lookAround(ctx, view); err != nil {
		s.board.Failed(status.Receipts, "", err)
		return
	}
	for _, contract := range view.Contracts {
		scope := rpc.Scope{Era: view.Era.Number, Contract: contract.Id, Operator: view.Operator}
		if s.serves(view, contract.Id) && contract.Limits.ClientBalance().IsPositive() {
			if err := s.handIn.round(ctx, view, scope); err != nil {
				s.board.Failed(status.Receipts, contractScope(contract.Id), err)
			}
		}
	}
	s.report(view)
}

// lookAround learns which committees the operator sits in, and drops what belongs to past eras.
func (s *stakers) lookAround(ctx context.Context, view stafi.View) error {
	answer, err := s.node.SSV.Committees(stafi.At(ctx, view.Height), &ssvtypes.QueryCommitteesRequest{})
	if err != nil {
		return fmt.Errorf("committees: %w", err)
	}
	seats := map[uint64]bool{}
	for _, committee := range answer.Committees {
		seats[committee.Contract] = view.Operator != "" && committee.MemberIndex(view.Operator) >= 0
	}
	s.mu.Lock()
	s.view, s.seats = view, seats
	s.mu.Unlock()
	if view.Era.Number == 0 {
		return nil
	}
	return s.handIn.forget(view.Era.Number)
}

// report tells the board of the calls of each contract that is served.
func (s *stakers) report(view stafi.View) {
	meter := s.server.Meter()
	calls := status.Calls{Plain: meter.Plain, Counted: meter.Counted, Refused: meter.Refused, Era: view.Era.Number}
	for _, contract := range view.Contracts {
		clients, signed, handed := s.receipts.Sum(rpc.Scope{Era: view.Era.Number, Contract: contract.Id, Operator: view.Operator})
		if clients > 0 || s.serves(view, contract.Id) {
			calls.Contracts = append(calls.Contracts, status.ContractCalls{Contract: contract.Id, Clients: clients, Signed: signed, HandedIn: handed})
		}
	}
	s.board.Set(func(report *status.Report) { report.Calls = &calls })
}

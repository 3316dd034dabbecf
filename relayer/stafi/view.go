package stafi

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/relayer/observe"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// View is all that the duties read of this chain's state, of one height.
type View struct {
	Moment
	// Operator whose submitter this is; empty while it is not registered.
	Operator  string
	Candidate *ssvtypes.CandidateInfo
	Era       ssvtypes.Era
	Observing contracttypes.Params
	Contracts []Contract
	// Pending are the sessions that take a signature of the operator, Live the newest attempts of unfinished series, Signed those before them that
	// are signed and can execute.
	Pending []multisigtypes.SessionInfo
	Live    []multisigtypes.SessionInfo
	Signed  []multisigtypes.SessionInfo
}

// Contract is one staking contract with everything that its observers need.
type Contract struct {
	contracttypes.Contract
	State contracttypes.ContractState
	// Generations are all vaults of the contract, by id.
	Generations []observe.Generation
	Proposals   []contracttypes.ProposalInfo
}

// Observers is the vault whose signers observe: the ACTIVE one, the PENDING one while there is none; false without either.
func (c Contract) Observers() (observe.Generation, bool) {
	id := c.State.ActiveVault
	if id == 0 {
		id = c.State.PendingVault
	}
	return c.Generation(id)
}

// Generation finds a vault of the contract.
func (c Contract) Generation(vault uint64) (observe.Generation, bool) {
	i := slices.IndexFunc(c.Generations, func(g observe.Generation) bool { return g.Vault.Id == vault })
	if i < 0 {
		return observe.Generation{}, false
	}
	return c.Generations[i], true
}

// Contract finds a contract by id.
func (v View) Contract(id uint64) (Contract, bool) {
	i := slices.IndexFunc(v.Contracts, func(c Contract) bool { return c.Id == id })
	if i < 0 {
		return Contract{}, false
	}
	return v.Contracts[i], true
}

// Index is an operator's place among a vault's signers; false for a stranger.
func Index(signers []multisigtypes.Signer, operator string) (int, bool) {
	i := slices.IndexFunc(signers, func(s multisigtypes.Signer) bool { return s.Operator == operator })
	return i, i >= 0
}

// Reader reads views. What never changes is asked for once. Read is not safe for concurrent use; the other methods are.
type Reader struct {
	node      *Node
	submitter string

	mu      sync.Mutex
	signers map[uint64][]multisigtypes.Signer

	operator string
	known    int64
	contract contracttypes.Params
}

// refreshBlocks is how often what changes rarely is asked for again: the operator behind the submitter and parameters.
const refreshBlocks = 25

// NewReader reads for the operator of a submitter.
func NewReader(node *Node, submitter string) *Reader {
	return &Reader{node: node, submitter: submitter, signers: map[uint64][]multisigtypes.Signer{}}
}

// Read returns the view of a height.
func (r *Reader) Read(ctx context.Context, at Moment) (View, error) {
	ctx = At(ctx, at.Height)
	if err := r.refresh(ctx, at.Height); err != nil {
		return View{}, err
	}
	view := View{Moment: at, Operator: r.operator, Observing: r.contract}
	for _, read := range []func(context.Context, *View) error{r.readContracts, r.readSessions, r.readCandidate} {
		if err := read(ctx, &view); err != nil {
			return View{}, fmt.Errorf("state at height %d: %w", at.Height, err)
		}
	}
	return view, nil
}

func (r *Reader) refresh(ctx context.Context, height int64) error {
	if r.operator != "" && r.known != 0 && height < r.known+refreshBlocks {
		return nil
	}
	operator, err := r.node.Operator(ctx, r.submitter)
	if err != nil {
		return err
	}
	contract, err := r.node.Contracts.Params(ctx, &contracttypes.QueryParamsRequest{})
	if err != nil {
		return fmt.Errorf("parameters of x/stakingcontract: %w", err)
	}
	r.operator, r.contract, r.known = operator, contract.Params, height
	return nil
}

// Operator for whom an account submits; empty where it is nobody's submitter.
func (n *Node) Operator(ctx context.Context, submitter string) (string, error) {
	response, err := n.SSV.Submitter(ctx, &ssvtypes.QuerySubmitterRequest{Submitter: submitter})
	if status.Code(err) == codes.NotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("operator of submitter %s: %w", submitter, err)
	}
	return response.Operator, nil
}

func (r *Reader) readCandidate(ctx context.Context, view *View) error {
	if view.Operator == "" {
		return nil
	}
	response, err := r.node.SSV.Candidate(ctx, &ssvtypes.QueryCandidateRequest{Operator: view.Operator})
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("candidate %s: %w", view.Operator, err)
	}
	view.Candidate = &response.Info
	era, err := r.node.SSV.Era(ctx, &ssvtypes.QueryEraRequest{})
	if err != nil {
		return fmt.Errorf("era: %w", err)
	}
	view.Era = era.Record.Era
	return nil
}

func (r *Reader) readSessions(ctx context.Context, view *View) error {
	live, err := r.node.Multisig.LiveSessions(ctx, &multisigtypes.QueryLiveSessionsRequest{})
	if err != nil {
		return fmt.Errorf("live sessions: %w", err)
	}
	view.Live, view.Signed = live.Sessions, live.Signed
	if view.Operator == "" {
		return nil
	}
	pending, err := r.node.Multisig.PendingSessions(ctx, &multisigtypes.QueryPendingSessionsRequest{Operator: view.Operator})
	if err != nil {
		return fmt.Errorf("pending sessions: %w", err)
	}
	view.Pending = pending.Sessions
	return nil
}

func (r *Reader) readContracts(ctx context.Context, view *View) error {
	var next []byte
	for {
		page, err := r.node.Contracts.Contracts(ctx, &contracttypes.QueryContractsRequest{Pagination: &query.PageRequest{Key: next}})
		if err != nil {
			return fmt.Errorf("contracts: %w", err)
		}
		for _, info := range page.Contracts {
			contract, err := r.contractAt(ctx, info)
			if err != nil {
				return fmt.Errorf("contract %d: %w", info.Contract.Id, err)
			}
			view.Contracts = append(view.Contracts, contract)
		}
		if page.Pagination == nil || len(page.Pagination.NextKey) == 0 {
			return nil
		}
		next = page.Pagination.NextKey
	}
}

func (r *Reader) contractAt(ctx context.Context, info contracttypes.ContractInfo) (Contract, error) {
	contract := Contract{Contract: info.Contract, State: info.State}
	ledgers, err := r.node.Contracts.Ledgers(ctx, &contracttypes.QueryLedgersRequest{Contract: contract.Id})
	if err != nil {
		return contract, fmt.Errorf("ledgers: %w", err)
	}
	for _, entry := range ledgers.Ledgers {
		signers, err := r.Signers(ctx, entry.Vault.Id)
		if err != nil {
			return contract, err
		}
		contract.Generations = append(contract.Generations,
			observe.Generation{Vault: entry.Vault, Signers: signers, Ledger: entry.Ledger})
	}
	proposals, err := r.node.Contracts.Proposals(ctx, &contracttypes.QueryProposalsRequest{Contract: contract.Id})
	if err != nil {
		return contract, fmt.Errorf("proposals: %w", err)
	}
	contract.Proposals = proposals.Proposals
	return contract, nil
}

// Contract reads one contract as of a height.
func (r *Reader) Contract(ctx context.Context, at Moment, id uint64) (Contract, error) {
	ctx = At(ctx, at.Height)
	answer, err := r.node.Contracts.Contract(ctx, &contracttypes.QueryContractRequest{Id: id})
	if err != nil {
		return Contract{}, fmt.Errorf("contract %d: %w", id, err)
	}
	return r.contractAt(ctx, answer.Info)
}

// Signers of a vault in its key order; they never change.
func (r *Reader) Signers(ctx context.Context, vault uint64) ([]multisigtypes.Signer, error) {
	r.mu.Lock()
	known, ok := r.signers[vault]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	response, err := r.node.Multisig.Vault(ctx, &multisigtypes.QueryVaultRequest{Id: vault})
	if err != nil {
		return nil, fmt.Errorf("vault %d: %w", vault, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signers[vault] = response.Signers
	return response.Signers, nil
}

// Books are this chain's sessions, for deriving observations.
type Books struct{ node *Node }

// Books answers observe's questions about sessions.
func (n *Node) Books() Books { return Books{node: n} }

// Session implements observe.Books.
func (b Books) Session(ctx context.Context, id uint64) (multisigtypes.Session, bool, error) {
	response, err := b.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: id})
	if status.Code(err) == codes.NotFound {
		return multisigtypes.Session{}, false, nil
	}
	if err != nil {
		return multisigtypes.Session{}, false, fmt.Errorf("session %d: %w", id, err)
	}
	return response.Session, true, nil
}

// SessionOfDigest implements observe.Books.
func (b Books) SessionOfDigest(ctx context.Context, digest [32]byte) (observe.Asked, bool, error) {
	first, err := b.node.Multisig.SessionOfDigest(ctx, &multisigtypes.QuerySessionOfDigestRequest{Digest: digest[:]})
	if status.Code(err) == codes.NotFound {
		return observe.Asked{}, false, nil
	}
	if err != nil {
		return observe.Asked{}, false, fmt.Errorf("session of digest %X: %w", digest, err)
	}
	whole, err := b.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: first.Session.Id})
	if err != nil {
		return observe.Asked{}, false, fmt.Errorf("session %d of digest %X: %w", first.Session.Id, digest, err)
	}
	return observe.Asked{Session: whole.Session, Payload: whole.Payload}, true, nil
}

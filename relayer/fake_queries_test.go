package relayer

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

type fakeMultisig struct {
	*multisigtypes.UnimplementedQueryServer
	f *fakeStafi
}

func (q fakeMultisig) Vault(_ context.Context, req *multisigtypes.QueryVaultRequest) (*multisigtypes.QueryVaultResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &multisigtypes.QueryVaultResponse{Vault: q.f.vaults[req.Id], Signers: q.f.signers[req.Id]}, nil
}

func (q fakeMultisig) Session(_ context.Context, req *multisigtypes.QuerySessionRequest) (*multisigtypes.QuerySessionResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	found := q.f.sessions[req.Id]
	if found == nil {
		return nil, status.Error(codes.NotFound, "no such session")
	}
	return &multisigtypes.QuerySessionResponse{Session: found.session, Tally: found.tally, Payload: found.payload}, nil
}

func (q fakeMultisig) PendingSessions(
	_ context.Context, req *multisigtypes.QueryPendingSessionsRequest,
) (*multisigtypes.QueryPendingSessionsResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	answer := &multisigtypes.QueryPendingSessionsResponse{}
	for _, found := range q.f.ordered() {
		_, member := stafi.Index(q.f.signers[found.session.Vault], req.Operator)
		if member && found.signed[req.Operator] == nil && found.session.Expires >= q.f.height {
			answer.Sessions = append(answer.Sessions, multisigtypes.SessionInfo{Session: found.session, Tally: found.tally})
		}
	}
	return answer, nil
}

func (f *fakeStafi) ordered() []*fakeSession {
	var all []*fakeSession
	for id := range uint64(100) {
		if found := f.sessions[id]; found != nil {
			all = append(all, found)
		}
	}
	return all
}

func (q fakeMultisig) LiveSessions(
	context.Context, *multisigtypes.QueryLiveSessionsRequest,
) (*multisigtypes.QueryLiveSessionsResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	answer := &multisigtypes.QueryLiveSessionsResponse{}
	for _, found := range q.f.ordered() {
		info := multisigtypes.SessionInfo{Session: found.session, Tally: found.tally}
		switch {
		case found.tally.Status == multisigtypes.SESSION_STATUS_PROVEN:
		case !q.f.followed(found.session):
			answer.Sessions = append(answer.Sessions, info)
		case len(found.signed) >= int(found.session.Threshold):
			answer.Signed = append(answer.Signed, info)
		}
	}
	return answer, nil
}

// followed says whether there is a later attempt of a session's series.
func (f *fakeStafi) followed(session multisigtypes.Session) bool {
	return slices.ContainsFunc(f.ordered(), func(other *fakeSession) bool {
		return other.session.Root == session.Root && other.session.Id > session.Id
	})
}

func (q fakeMultisig) SignedTransaction(
	_ context.Context, req *multisigtypes.QuerySignedTransactionRequest,
) (*multisigtypes.QuerySignedTransactionResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	found := q.f.sessions[req.Id]
	signers := q.f.signers[found.session.Vault]
	if found.payload.EthereumPayload() != nil {
		return signedSafeTx(found, signers)
	}
	keys := make([][]byte, len(signers))
	var signatures []vaultcosmos.IndexedSignature
	for i, signer := range signers {
		keys[i] = signer.Key
		if signature := found.signed[signer.Operator]; signature != nil && len(signatures) < int(found.session.Threshold) {
			signatures = append(signatures, vaultcosmos.IndexedSignature{Index: uint32(i), Signature: signature})
		}
	}
	raw, err := vaultcosmos.Assemble(found.payload.CosmosPayload().Plain(), found.session.Threshold, keys, signatures)
	return &multisigtypes.QuerySignedTransactionResponse{Transaction: raw, Hash: vaultcosmos.TxHash(raw)}, err
}

type fakeSSV struct {
	*ssvtypes.UnimplementedQueryServer
	f *fakeStafi
}

func (q fakeSSV) Submitter(_ context.Context, req *ssvtypes.QuerySubmitterRequest) (*ssvtypes.QuerySubmitterResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	operator, known := q.f.operators[req.Submitter]
	if !known {
		return nil, status.Error(codes.NotFound, "nobody's submitter")
	}
	return &ssvtypes.QuerySubmitterResponse{Operator: operator}, nil
}

func (q fakeSSV) Candidate(_ context.Context, req *ssvtypes.QueryCandidateRequest) (*ssvtypes.QueryCandidateResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &ssvtypes.QueryCandidateResponse{Info: q.f.candidates[req.Operator]}, nil
}

func (q fakeSSV) Era(context.Context, *ssvtypes.QueryEraRequest) (*ssvtypes.QueryEraResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &ssvtypes.QueryEraResponse{Record: ssvtypes.EraRecord{Era: q.f.era}, Current: q.f.era.Number}, nil
}

type fakeContracts struct {
	*contracttypes.UnimplementedQueryServer
	f *fakeStafi
}

func (q fakeContracts) Params(context.Context, *contracttypes.QueryParamsRequest) (*contracttypes.QueryParamsResponse, error) {
	return &contracttypes.QueryParamsResponse{Params: contracttypes.Params{MaxObservationEvents: 100, MaxObservationBytes: 100_000, ProposePatience: proposePatience, ObservationDeadline: 50, MaxReceipts: q.f.calls.limit(), MaxCallsPerClient: 1000}}, nil
}

func (q fakeContracts) Contracts(
	context.Context, *contracttypes.QueryContractsRequest,
) (*contracttypes.QueryContractsResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	if q.f.contract.Id == 0 {
		return &contracttypes.QueryContractsResponse{}, nil
	}
	return &contracttypes.QueryContractsResponse{
		Contracts: []contracttypes.ContractInfo{{Contract: q.f.contract, State: q.f.state}},
	}, nil
}

func (q fakeContracts) Contract(
	ctx context.Context, _ *contracttypes.QueryContractRequest,
) (*contracttypes.QueryContractResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	contract := q.f.contract
	if pinned := metadata.ValueFromIncomingContext(ctx, grpctypes.GRPCBlockHeightHeader); len(pinned) == 1 && q.f.formerly[pinned[0]] != nil {
		contract = *q.f.formerly[pinned[0]]
	}
	return &contracttypes.QueryContractResponse{Info: contracttypes.ContractInfo{Contract: contract, State: q.f.state}}, nil
}

func (q fakeContracts) Ledgers(context.Context, *contracttypes.QueryLedgersRequest) (*contracttypes.QueryLedgersResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	answer := &contracttypes.QueryLedgersResponse{}
	for id := range uint64(100) {
		if vault, ok := q.f.vaults[id]; ok {
			answer.Ledgers = append(answer.Ledgers, contracttypes.VaultLedger{Vault: vault, Ledger: q.f.ledgers[id]})
		}
	}
	return answer, nil
}

func (q fakeContracts) Proposals(
	context.Context, *contracttypes.QueryProposalsRequest,
) (*contracttypes.QueryProposalsResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &contracttypes.QueryProposalsResponse{Proposals: slices.Clone(q.f.proposals)}, nil
}

func (q fakeContracts) Batch(_ context.Context, req *contracttypes.QueryBatchRequest) (*contracttypes.QueryBatchResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &contracttypes.QueryBatchResponse{Batch: q.f.batches[req.Root]}, nil
}

func (q fakeContracts) Redemption(
	_ context.Context, req *contracttypes.QueryRedemptionRequest,
) (*contracttypes.QueryRedemptionResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	return &contracttypes.QueryRedemptionResponse{Info: contracttypes.RedemptionInfo{Redemption: q.f.redeemed[req.Id]}}, nil
}

type fakeAuth struct {
	*authtypes.UnimplementedQueryServer
	f *fakeStafi
}

func (q fakeAuth) AccountInfo(_ context.Context, req *authtypes.QueryAccountInfoRequest) (*authtypes.QueryAccountInfoResponse, error) {
	return &authtypes.QueryAccountInfoResponse{Info: &authtypes.BaseAccount{Address: req.Address, AccountNumber: 12, Sequence: 3}}, nil
}

type fakeBank struct {
	*banktypes.UnimplementedQueryServer
	f *fakeStafi
}

func (q fakeBank) Balance(context.Context, *banktypes.QueryBalanceRequest) (*banktypes.QueryBalanceResponse, error) {
	q.f.mu.Lock()
	defer q.f.mu.Unlock()
	balance := q.f.balance
	return &banktypes.QueryBalanceResponse{Balance: &balance}, nil
}
